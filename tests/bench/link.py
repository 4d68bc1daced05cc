"""A bad line: two network namespaces joined in userspace, with delay and loss. Needs root, iproute2 and /dev/net/tun.

TCP on both ends is the kernel's own. A contender lives in the namespace on this side; the service stays where it is,
and a thread on the far side hands the bytes on to it.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import os
import random
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from threading import Condition, Thread
from time import monotonic
from typing import Self

NEAR, FAR = ("utterkey-near", "10.77.0.1"), ("utterkey-far", "10.77.0.2")
PORT = 7000

_TUNSETIFF = 0x400454CA
_TUN_WITHOUT_HEADER = 0x1001
_CLONE_NEWNET = 0x40000000


class Link:
    """`seconds` is the delay of each way, `loss` the share of packets that never arrive."""

    def __init__(self, seconds: float, loss: float) -> None:
        self._seconds = seconds
        self._loss = loss
        self._parts = ExitStack()
        self._port = 0
        self.address = f"wss://{FAR[1]}:{PORT}"
        self.prefix = ["nsenter", f"--net=/var/run/netns/{NEAR[0]}"]
        """Before a command line: the program then lives on this side of the line."""

    @staticmethod
    def missing() -> str:
        """Why there can be no link here; "" if there can."""
        if os.geteuid() != 0:
            return "the line between two network namespaces needs root"
        return "" if os.path.exists("/dev/net/tun") else "the line between two network namespaces needs /dev/net/tun"

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            near, far = (_end_of_line(stack, *end) for end in (NEAR, FAR))
            for source, sink in ((near, far), (far, near)):
                Thread(target=self._carry, args=(source, sink), daemon=True).start()
            with _inside(FAR[0]):
                self._door = socket.create_server((FAR[1], PORT))
            stack.callback(self._door.close)
            Thread(target=self._accept, daemon=True).start()
            self._parts = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._parts.close()

    def lead_to(self, port: int) -> None:
        """Hand the next connections on to that port of this machine."""
        self._port = port

    def _accept(self) -> None:
        with suppress(OSError):  # the door was closed
            while True:
                outside, _ = self._door.accept()
                inside = socket.create_connection(("127.0.0.1", self._port))
                for source, sink in ((outside, inside), (inside, outside)):
                    source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    Thread(target=_hand_on, args=(source, sink), daemon=True).start()

    def _carry(self, source: int, sink: int) -> None:
        """One way of the line: a thread takes packets in, another lets each out when its time has come."""
        under_way: list[tuple[float, int, bytes]] = []
        changed = Condition()
        Thread(target=_let_out, args=(under_way, changed, sink), daemon=True).start()
        with suppress(OSError):  # the line was cut
            for number in count():
                packet = os.read(source, 2048)
                if random.random() >= self._loss:
                    with changed:
                        heapq.heappush(under_way, (monotonic() + self._seconds, number, packet))
                        changed.notify()


def _let_out(under_way: list[tuple[float, int, bytes]], changed: Condition, sink: int) -> None:
    with suppress(OSError):
        while True:
            with changed:
                changed.wait_for(lambda: under_way)
                wait = under_way[0][0] - monotonic()
                if wait > 0:
                    changed.wait(wait)
                    continue
                packet = heapq.heappop(under_way)[2]
            os.write(sink, packet)


def _hand_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)


def _end_of_line(stack: ExitStack, namespace: str, address: str) -> int:
    """Make a namespace with one interface; the descriptor that its packets come out of."""
    subprocess.run(["ip", "netns", "add", namespace], check=True)
    stack.callback(subprocess.run, ["ip", "netns", "del", namespace], check=True)
    with _inside(namespace):
        line = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(line, _TUNSETIFF, struct.pack("16sH22s", b"line", _TUN_WITHOUT_HEADER, b""))
        for command in (["addr", "add", f"{address}/24", "dev", "line"], ["link", "set", "line", "up"]):
            subprocess.run(["ip", *command], check=True)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    stack.callback(os.close, line)
    return line


@contextmanager
def _inside(namespace: str) -> Iterator[None]:
    """This thread, and what it makes meanwhile, belongs to that namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/var/run/netns/{namespace}", os.O_RDONLY)
    try:
        _enter(libc, there)
        yield
    finally:
        _enter(libc, home)
        os.close(there)
        os.close(home)


def _enter(libc: ctypes.CDLL, namespace: int) -> None:
    if libc.setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
