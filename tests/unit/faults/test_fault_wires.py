"""The wires of ``make faults`` carry bytes, and do what they are told: cut, slow, stalled, whole again."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.faults.proxy import Mode, Proxy, Upstream

PATIENCE_S = 10.0


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that sends back what it gets."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                one, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(one,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


def answer(one: socket.socket) -> None:
    with one, suppress(ConnectionError):
        while data := one.recv(4096):
            one.sendall(data)


@pytest.fixture
def proxy(echo: int) -> Iterator[Proxy]:
    with Proxy() as wires:
        wires.add("echo", Upstream(port=echo))
        yield wires


def connected(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.wires["echo"].port), timeout=PATIENCE_S)


def said(line: socket.socket) -> bytes:
    line.sendall(b"hello")
    return line.recv(16)


def test_a_whole_wire_carries_bytes_both_ways(proxy: Proxy) -> None:
    with connected(proxy) as line:
        assert said(line) == b"hello"


def test_a_cut_wire_ends_what_is_open_and_takes_nobody_new(proxy: Proxy) -> None:
    with connected(proxy) as line:
        assert said(line) == b"hello"
        proxy.turn("echo", Mode.CUT)
        assert ended(line)
    with connected(proxy) as late:
        assert ended(late)
    proxy.turn("echo", Mode.WHOLE)
    with connected(proxy) as again:
        assert said(again) == b"hello"


def ended(line: socket.socket) -> bool:
    try:
        return line.recv(16) == b""
    except ConnectionError:
        return True


def test_a_slow_wire_makes_every_piece_wait(proxy: Proxy) -> None:
    with connected(proxy) as line:
        proxy.turn("echo", Mode.SLOW, 0.2)
        began = time.monotonic()
        assert said(line) == b"hello"
        assert time.monotonic() - began >= 0.4  # there and back


def test_a_stalled_wire_loses_nothing_and_delivers_when_it_flows_again(proxy: Proxy) -> None:
    with connected(proxy) as line:
        assert said(line) == b"hello"
        proxy.turn("echo", Mode.STALLED)
        line.settimeout(0.3)
        with pytest.raises(TimeoutError):
            said(line)
        proxy.turn("echo", Mode.WHOLE)
        line.settimeout(PATIENCE_S)
        assert line.recv(16) == b"hello"
