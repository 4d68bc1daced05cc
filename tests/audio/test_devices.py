"""Which microphones are told of, and whether the system lets us record."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from fake_macos import fake_macos, module
from fake_windows import fake_windows
from utterkey import audio
from utterkey.audio import macos, windows
from utterkey.audio.devices import MME, WASAPI, Device, each_once

if TYPE_CHECKING:
    from collections.abc import Iterator

YETI = "Microphone (Yeti Stereo Microphone)"
HEADSET = "Headset (WH-1000XM4)"
ARRAY_1, ARRAY_2 = "Microphone Array (Realtek(R) Audio)", "Microphone Array (Realtek(R) Audio) 2"


def mme(name: str, index: int, *, default: bool = False) -> Device:
    return Device(name[:31], MME, index, default, 44100)


def wasapi(name: str, index: int) -> Device:
    return Device(name, WASAPI, index, False, 48000)


def other(name: str, index: int, *, default: bool = False) -> Device:
    return Device(name, "ALSA", index, default, 44100)


PRESENT: dict[str, tuple[list[Device], list[tuple[str, int]]]] = {
    "one system, one host": ([other("pulse", 1, default=True), other("hw", 2)], [("pulse", 1), ("hw", 2)]),
    "no default": ([other("hw", 2)], [("hw", 2)]),
    "MME opens, WASAPI names": (
        [mme(HEADSET, 1, default=True), mme(YETI, 2), wasapi(HEADSET, 5), wasapi(YETI, 6)],
        [(HEADSET, 1), (YETI, 2)],
    ),
    "a cut name without a full one": ([mme(YETI, 1, default=True)], [(YETI[:31], 1)]),
    "a cut name of two": (
        [mme(HEADSET, 1, default=True), mme(ARRAY_1, 2), mme(ARRAY_2, 3), wasapi(ARRAY_1, 6), wasapi(ARRAY_2, 7)],
        [(HEADSET, 1), (ARRAY_1, 6), (ARRAY_2, 7)],
    ),
    "a cut name of two, one of them the default": (
        [mme(ARRAY_1, 2, default=True), mme(ARRAY_2, 3), wasapi(ARRAY_1, 6), wasapi(ARRAY_2, 7)],
        [(ARRAY_1[:31], 2), (ARRAY_1, 6), (ARRAY_2, 7)],
    ),
    "WASAPI is the default": (
        [mme(YETI, 1), Device(YETI, WASAPI, 6, True, 48000)],
        [(YETI, 6)],
    ),
}


@pytest.mark.parametrize(("present", "told"), PRESENT.values(), ids=PRESENT.keys())
def test_each_microphone_once(present: list[Device], told: list[tuple[str, int]]) -> None:
    assert [(device.name, device.index) for device in each_once(present)] == told


def test_linux_has_nothing_to_ask() -> None:
    assert audio.forbidden() == ""


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, ""),
        ({windows.CONSENT: "Allow", windows.CONSENT + r"\NonPackaged": "Allow"}, ""),
        ({windows.CONSENT: "Deny"}, windows.NOT_ALLOWED),
        ({windows.CONSENT: "Allow", windows.CONSENT + r"\NonPackaged": "Deny"}, windows.NOT_ALLOWED),
    ],
    ids=["undecided", "allowed", "forbidden to all", "forbidden to programs that are no packages"],
)
def test_what_windows_allows(values: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def open_key(root: int, key: str) -> Iterator[str]:
        if key not in values:
            raise FileNotFoundError
        yield key

    registry = module("winreg", HKEY_CURRENT_USER=1, OpenKey=open_key, QueryValueEx=lambda key, name: (values[key], 1))
    with fake_windows():
        monkeypatch.setitem(sys.modules, "winreg", registry)
        assert audio.forbidden() == sentence


@pytest.mark.parametrize(
    ("status", "asks", "sentence"),
    [(0, True, ""), (1, False, macos.NOT_ALLOWED), (2, False, macos.NOT_ALLOWED), (3, False, "")],
    ids=["undecided", "restricted", "denied", "allowed"],
)
def test_what_macos_allows(status: int, asks: bool, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    device = SimpleNamespace(
        authorizationStatusForMediaType_=lambda kind: status,
        requestAccessForMediaType_completionHandler_=lambda kind, done: asked.append(kind),
    )
    with fake_macos():
        foundation = module("AVFoundation", AVCaptureDevice=device, AVMediaTypeAudio="soun")
        monkeypatch.setitem(sys.modules, "AVFoundation", foundation)
        assert audio.forbidden() == sentence
    assert asked == (["soun"] if asks else [])
