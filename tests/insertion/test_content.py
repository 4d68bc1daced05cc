"""What a text offers, and what of a former content is worth keeping."""

import pytest

from utterkey.insertion.content import SENSITIVE, TEXT_TARGETS, offered, text_content, worth_reading


def test_a_text_is_there_in_every_form() -> None:
    content = text_content("naïve", sensitive=False)
    assert set(content) == set(TEXT_TARGETS)
    assert content["UTF8_STRING"].data == content["text/plain"].data == "naïve".encode()
    assert content["STRING"].data == "naïve".encode("latin-1")


def test_what_latin_1_cannot_hold_is_not_offered_as_string() -> None:
    assert "STRING" not in text_content("日本", sensitive=False)


def test_half_a_surrogate_pair_does_not_break_a_text() -> None:
    assert text_content("a\ud83d", sensitive=False)["UTF8_STRING"].data == b"a?"


def test_a_sensitive_text_says_so_as_klipper_reads_it() -> None:
    assert text_content("a", sensitive=True)[SENSITIVE].data == b"secret"
    assert SENSITIVE not in text_content("a", sensitive=False)


def test_targets_list_the_obligatory_ones() -> None:
    assert {"TARGETS", "MULTIPLE", "TIMESTAMP", "UTF8_STRING"} <= set(offered(text_content("a", sensitive=False)))


WORTH_READING = {
    "a text": (["TARGETS", "TIMESTAMP", "UTF8_STRING", "STRING"], ["UTF8_STRING", "STRING"]),
    "HTML": (["text/html", "UTF8_STRING", "MULTIPLE"], ["text/html", "UTF8_STRING"]),
    "files": (["text/uri-list", "x-special/gnome-copied-files"], ["text/uri-list", "x-special/gnome-copied-files"]),
    "an image in one encoding": (["image/bmp"], ["image/bmp"]),
    "an image in many: PNG loses nothing": (["image/bmp", "image/png", "image/tiff"], ["image/png"]),
    "an image and its address": (["image/png", "image/jpeg", "text/html"], ["image/png", "text/html"]),
    "requests that do something": (["SAVE_TARGETS", "DELETE", "UTF8_STRING"], ["UTF8_STRING"]),
    "a pointer into another process": (["GTK_TEXT_BUFFER_CONTENTS", "UTF8_STRING"], ["UTF8_STRING"]),
    "named twice": (["UTF8_STRING", "UTF8_STRING"], ["UTF8_STRING"]),
    "nothing": ([], []),
}


@pytest.mark.parametrize(("targets", "expected"), WORTH_READING.values(), ids=WORTH_READING)
def test_worth_reading(targets: list[str], expected: list[str]) -> None:
    assert worth_reading(targets) == expected
