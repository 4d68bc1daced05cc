# Shared by packaging/run, tests/run and the scripts that build packages, which source it from the root of the checkout.
# shellcheck shell=bash

say() { printf 'utterkey: %s\n' "$*" >&2; }
have() { command -v "$1" > /dev/null 2>&1; }

# The system's package manager, and what pip needs to build evdev and PortAudio needs to reach a microphone.
manager=""
for name in apt-get dnf pacman zypper; do
    [[ -z "$manager" ]] && have "$name" && manager=$name
done
case "$manager" in
    apt-get) packages="python3 python3-venv python3-dev gcc libc6-dev linux-libc-dev libportaudio2 libasound2-plugins" ;;
    dnf) packages="python3 python3-devel gcc glibc-devel kernel-headers portaudio alsa-plugins-pulseaudio" ;;
    pacman) packages="python gcc linux-api-headers portaudio alsa-plugins" ;;
    zypper) packages="python3 python3-devel gcc glibc-devel linux-glibc-devel libportaudio2 alsa-plugins-pulse" ;;
    *) packages="" ;; # macOS and others: the wheels carry what they need
esac

installed() {
    case "$manager" in
        apt-get) [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" == installed ]] ;;
        pacman) pacman -Q "$1" > /dev/null 2>&1 ;;
        *) rpm -q --whatprovides "$1" > /dev/null 2>&1 ;;
    esac
}

as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

may_install() { # root, or sudo without a password, or sudo with somebody there to type it
    ((EUID == 0)) || { have sudo && { sudo -n true 2> /dev/null || [[ -t 0 && -t 2 ]]; }; }
}

# Install those of $packages that are missing; without the rights to, say the exact command and stop.
need_packages() {
    local missing="" package command
    for package in $packages; do
        installed "$package" || missing+=" $package"
    done
    [[ -n "$missing" ]] || return 0
    case "$manager" in
        apt-get) command="apt-get install --no-install-recommends" ;;
        pacman) command="pacman -S --needed" ;;
        *) command="$manager install" ;;
    esac
    if [[ "$manager" == apt-get ]] && may_install; then
        say "installing$missing"
        as_root apt-get update -qq > /dev/null || say "the package lists could not be refreshed; trying with those at hand"
        # shellcheck disable=SC2086 # the words of both are meant
        as_root env DEBIAN_FRONTEND=noninteractive $command -y -qq $missing < /dev/null > /dev/null && return 0
    fi
    say "system packages are missing. Please run:  sudo $command$missing"
    exit 1
}

# The first Python that is new enough and can make a virtual environment.
find_python() {
    local python
    for python in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
            printf '%s\n' "$python"
            return
        fi
    done
    say "Python 3.11 or newer with its venv module is missing. Please install it and start again."
    exit 1
}

pip_of() { # pip_of FOLDER ARGUMENTS...
    local folder=$1
    shift
    "$(programs_of "$folder")/python" -m pip --quiet --disable-pip-version-check "$@"
}

programs_of() { # where the virtual environment FOLDER has its programs
    if [[ -d "$1/Scripts" ]]; then printf '%s\n' "$1/Scripts"; else printf '%s\n' "$1/bin"; fi # Scripts: on Windows
}

# need_environment FOLDER NAME PIP-ARGUMENTS...: bring FOLDER up to date, once per content of pyproject.toml.
need_environment() {
    local folder=$1 stamp="$1/installed-$2" python
    shift 2
    if ! "$(programs_of "$folder")/python" -c '' 2> /dev/null; then
        python=$(find_python)
        say "making a virtual environment with $python"
        "$python" -m venv --clear "$folder"
    fi
    cmp -s pyproject.toml "$stamp" && return
    say "installing the Python packages"
    pip_of "$folder" install --upgrade 'pip>=25.1' # it knows --group
    pip_of "$folder" install "$@"
    cp pyproject.toml "$stamp"
}

# The version, from the one place that has it.
version() { sed -n 's/^__version__ = "\(.*\)"$/\1/p' daemon/utterkey/__init__.py; }

# need_wheel: an up-to-date wheel in dist/, and in build/wheels that and all libraries it needs.
need_wheel() {
    local wheel
    wheel="dist/utterkey-$(version)-py3-none-any.whl"
    if [[ ! -f "$wheel" || -n "$(find daemon assets pyproject.toml -newer "$wheel" -type f ! -name '*.pyc' -print -quit)" ]]; then
        packaging/build
    fi
}
