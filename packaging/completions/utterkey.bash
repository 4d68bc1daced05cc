# Made by documents.py. Completion of utterkey for bash.
_utterkey() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command="" words="" files="" i
    local settings="hotkey.key hotkey.mode hotkey.cancel hotkey.insert_last hotkey.grab hotkey.evdev hotkey.min_hold_ms hotkey.extra service.endpoint service.model service.languages service.keyterms service.prompt service.token_command service.linger_seconds audio.device audio.tail_ms audio.warm_seconds audio.cues audio.pause_media audio.max_seconds output.mode output.method output.trailing output.sentence output.restore_clipboard output.follow_focus output.as_you_speak output.spoken_commands output.replacements output.chords overlay.show overlay.position overlay.theme history.keep history.audio_mb"
    COMPREPLY=()
    case "$before" in
        --config) COMPREPLY=($(compgen -f -- "$word")); return ;;
        --set) compopt -o nospace; COMPREPLY=($(compgen -S = -W "$settings" -- "$word")); return ;;
        --port) return ;;
    esac
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "${COMP_WORDS[i]}" in
            --config|--set|--port) ((i++)) ;;
            -*) ;;
            *) if [[ -z "$command" ]]; then command=${COMP_WORDS[i]}
               elif [[ " config " == *" $command "* ]]; then command+=" ${COMP_WORDS[i]}"; fi ;;
        esac
    done
    case "$command" in
        "") words="run press release toggle cancel pause resume quit status retry last history stats listen transcribe devices config key doctor selftest autostart offline-server --help --version" ;;
        "run") words="--help --config --set --no-tray" ;;
        "press") words="--help" ;;
        "release") words="--help" ;;
        "toggle") words="--help" ;;
        "cancel") words="--help" ;;
        "pause") words="--help" ;;
        "resume") words="--help" ;;
        "quit") words="--help" ;;
        "status") words="--help --json --follow" ;;
        "retry") words="--help --insert" ;;
        "last") words="--help --copy --insert" ;;
        "history") words="--help --json --forget --discard" ;;
        "stats") words="--help --json" ;;
        "listen") words="--help --config --set" ;;
        "transcribe") words="--help --config --set" files=1 ;;
        "devices") words="--help --config --set --json" ;;
        "config") words="path get set edit --help --config" ;;
        "config path") words="--help --config" ;;
        "config get") words="--help --config $settings" ;;
        "config set") words="--help --config --press $settings" ;;
        "config edit") words="--help --config" ;;
        "key") words="set test clear --help --config --set" ;;
        "doctor") words="--help --config --set --json" ;;
        "selftest") words="--help" ;;
        "autostart") words="on off --help" ;;
        "offline-server") words="--help --port" ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    [[ -n "$files" ]] && COMPREPLY+=($(compgen -f -- "$word"))
}
complete -F _utterkey utterkey
