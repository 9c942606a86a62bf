"""A wire that can be cut, slowed or stalled: a TCP proxy on loopback, one thread for all wires of a run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

CHUNK_BYTES = 65_536
CALL_SECONDS_MAX = 10.0


class Mode(StrEnum):
    """What a wire does with the bytes that it is given."""

    WHOLE = "whole"
    CUT = "cut"  # connections end at once, new ones are refused at the door
    SLOW = "slow"  # every piece waits
    STALLED = "stalled"  # nothing passes and nobody is told: packets are lost until they are sent again


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where a wire leads: a port on loopback, or a Unix socket if one is named."""

    port: int = 0
    socket: str = ""

    async def reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect."""
        if self.socket:
            return await asyncio.open_unix_connection(self.socket)
        return await asyncio.open_connection("127.0.0.1", self.port)


@dataclass(slots=True)
class Wire:
    """One listening port and all connections through it."""

    port: int
    upstream: Upstream
    mode: Mode = Mode.WHOLE
    delay_s: float = 0.0
    ended: int = 0  # connections that a cut ended
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _flows: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._flows.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either side ends it."""
        if self.mode is Mode.CUT:
            writer.transport.abort()
            return
        try:
            theirs, back = await self.upstream.reach()
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, back}
        try:
            await asyncio.gather(self._carry(reader, back), self._carry(theirs, writer))
        finally:
            self._open -= {writer, back}

    def turn(self, mode: Mode, delay_s: float = 0.0) -> None:
        """Let the wire do something else; called in the thread of the loop."""
        self.mode, self.delay_s = mode, delay_s
        (self._flows.clear if mode is Mode.STALLED else self._flows.set)()
        if mode is Mode.CUT:
            self.ended += len(self._open) // 2
            for writer in self._open:
                writer.transport.abort()

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK_BYTES):
                await self._obstacle()
                target.write(data)
                await target.drain()
        target.close()

    async def _obstacle(self) -> None:
        if self.mode is Mode.SLOW:
            await asyncio.sleep(self.delay_s)
        await self._flows.wait()


class Proxy:
    """All wires of a run, on an event loop in a thread of its own."""

    def __init__(self) -> None:
        self.wires: dict[str, Wire] = {}
        self._servers: list[asyncio.Server] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wires", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._shut())
        self._soon(self._loop.stop)
        self._thread.join(CALL_SECONDS_MAX)
        self._loop.close()

    def add(self, name: str, upstream: Upstream, port: int = 0) -> Wire:
        """Open a wire; ``port`` 0 takes a free one."""
        wire = self.wires[name] = Wire(port, upstream)
        self._call(self._listen(wire))
        return wire

    def turn(self, name: str, mode: Mode, delay_s: float = 0.0) -> None:
        """Cut, slow, stall or mend a wire."""
        self._soon(lambda: self.wires[name].turn(mode, delay_s))

    async def _listen(self, wire: Wire) -> None:
        server = await asyncio.start_server(wire.serve, "127.0.0.1", wire.port)
        self._servers.append(server)
        wire.port = server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        for wire in self.wires.values():
            wire.turn(Mode.CUT)
        for server in self._servers:
            server.close()
        running = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(running, timeout=1) if running else None

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_SECONDS_MAX)

    def _soon(self, work: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(work)
