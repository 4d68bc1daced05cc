"""`key`: tried with a real session, kept where it belongs, never shown."""

import pytest

from cli.conftest import CommandLine
from modes import for_its_owner_only
from service import At, Fault, Kind, Service
from utterkey import credentials, paths
from utterkey.errors import GET_A_KEY

KEY = "0123456789abcdef0123456789abcdef"
REFUSAL = Fault(Kind.ERROR, At.BEFORE_BEGIN, code=1008, text="Unauthorized Connection: Invalid API key")


def test_a_good_key_is_tried_and_kept(utterkey: CommandLine) -> None:
    with Service() as service:
        done = utterkey("key", "set", "--set", f"service.endpoint={service.url}", text=f"{KEY}\n")
        session = service.wait_session(1).wait_closed()
    assert session.headers["authorization"] == KEY
    assert session.frames == []
    assert session.texts == ["Terminate"]
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == f"The key is in {paths.key_file()}, which only you can read."
    assert KEY not in done.stdout + done.stderr
    assert for_its_owner_only(paths.key_file())
    assert paths.key_file().read_text().strip() == KEY
    assert utterkey("key").stdout == f"The API key is in {paths.key_file()}.\n"


def test_a_bad_key_is_not_kept(utterkey: CommandLine) -> None:
    with Service(faults=[REFUSAL]) as service:
        done = utterkey("key", "set", "--set", f"service.endpoint={service.url}", text=f"{KEY}\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert KEY not in done.stderr
    assert not paths.key_file().exists()


def test_without_a_network_the_key_is_kept_untried(utterkey: CommandLine) -> None:
    with Service() as service:
        service.refuse()
        done = utterkey("key", "set", "--set", f"service.endpoint={service.url}", text=f"{KEY}\n")
    assert done.returncode == 0
    assert "could not be tried" in done.stderr
    assert paths.key_file().read_text().strip() == KEY


@pytest.mark.parametrize("text", ["", "\n", "two words\n"])
def test_what_cannot_be_a_key_is_refused_untried(text: str, utterkey: CommandLine) -> None:
    done = utterkey("key", "set", text=text)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("utterkey: That is no API key")


def test_the_key_at_hand_is_tried(utterkey: CommandLine) -> None:
    assert utterkey("key", "test").stderr == f"utterkey: There is no API key; {GET_A_KEY}.\n"
    variable = {credentials.VARIABLE: KEY}
    with Service(faults=[None, REFUSAL]) as service:
        option = ("--set", f"service.endpoint={service.url}")
        good = utterkey("key", "test", *option, **variable)
        bad = utterkey("key", "test", *option, **variable)
    source = "takes the key from the environment (ASSEMBLYAI_API_KEY).\n"
    assert (good.returncode, good.stdout.endswith(source), good.stderr) == (0, True, "")
    assert (bad.returncode, bad.stdout, bad.stderr.count("\n")) == (1, "", 1)


def test_a_key_is_forgotten(utterkey: CommandLine) -> None:
    credentials.store(credentials.Secret(KEY))
    assert utterkey("key", "clear").stdout == f"The key is removed from {paths.key_file()}.\n"
    assert utterkey("key", "clear").stdout == "There was no key to remove.\n"
    assert utterkey("key", "clear", **{credentials.VARIABLE: KEY}).stderr.endswith("only you can remove it there.\n")
