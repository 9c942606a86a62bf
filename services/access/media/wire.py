"""Sends a part of a file straight from the page cache to the socket, where the server lets us: without a copy here.

uvicorn has no such extension of ASGI ("zerocopysend") yet. Its cycle of a request knows transport and state machine;
h11 takes the length of what somebody else writes. Anything unknown falls back to chunks.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import h11
from uvicorn.protocols.http.h11_impl import RequestResponseCycle

KEY: Final = "camledger.wire"


@dataclass(frozen=True, slots=True)
class Length:
    """Stands for so many bytes that h11 doesn't see."""

    bytes: int

    def __len__(self) -> int:
        return self.bytes


@dataclass(frozen=True, slots=True)
class Wire:
    """The socket of one request, beneath its server."""

    cycle: RequestResponseCycle

    @property
    def is_closed(self) -> bool:
        return self.cycle.disconnected or self.cycle.transport.is_closing()

    async def send(self, file: BinaryIO, start: int, length: int) -> None:
        """Send a part of a file as body; the answer's head is out already. Raises OSError when the peer is gone."""
        if self.is_closed:
            raise ConnectionResetError
        self.cycle.conn.send_with_data_passthrough(h11.Data(data=Length(length)))  # type: ignore[arg-type]
        await asyncio.get_running_loop().sendfile(self.cycle.transport, file, start, length)

    def abort(self) -> None:
        """Cut the connection: the peer sees that the answer isn't whole."""
        self.cycle.transport.abort()


def wire_of(send: Any) -> Wire | None:  # noqa: ANN401 - whatever the server calls us with
    """Return the wire behind a server's ``send``, None where the server is another one."""
    cycle = getattr(send, "__self__", None)
    return Wire(cycle) if isinstance(cycle, RequestResponseCycle) else None
