"""A wire to Postgres that breaks: after every n-th commit the reply is swallowed and the connection cut."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

COMMIT = b"COMMIT"


class CuttingProxy:
    """Forwards bytes both ways on a port of its own; ``cuts`` counts the replies that never arrived."""

    def __init__(self, dsn: str, every: int) -> None:
        self.cuts = 0
        self._every = every
        self._commits = 0
        self._parts = urlsplit(dsn)
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def dsn(self) -> str:
        port = self._server.sockets[0].getsockname()[1]
        return f"postgresql://{self._parts.username}@127.0.0.1:{port}/"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.close()
        for writer in self._open:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, back = await self._reach()
        self._open |= {writer, back}
        up = asyncio.create_task(self._upwards(reader, back, theirs, writer))
        with suppress(OSError):
            while data := await theirs.read(65536):
                writer.write(data)
                await writer.drain()
        up.cancel()
        for side in (writer, back):
            side.close()

    async def _upwards(
        self,
        reader: asyncio.StreamReader,
        back: asyncio.StreamWriter,
        theirs: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if COMMIT in data and self._is_due():
                    # The commit goes through; who waits for its reply only sees the connection end.
                    writer.transport.abort()
                    back.write(data)
                    await back.drain()
                    await theirs.read(1)
                    break
                back.write(data)
                await back.drain()

    def _is_due(self) -> bool:
        self._commits += 1
        due = self._commits % self._every == 0
        self.cuts += due
        return due

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        query = parse_qs(self._parts.query)
        if "host" in query:
            path = f"{query['host'][0]}/.s.PGSQL.{query.get('port', ['5432'])[0]}"
            return await asyncio.open_unix_connection(path)
        return await asyncio.open_connection(self._parts.hostname, self._parts.port)
