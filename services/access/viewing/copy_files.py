"""The bytes of copies on disk: written whole, kept only while somebody may fetch them, never left behind by a crash."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import sys
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access import footage
from services.access.footage import Clip
from services.access.ledger import SYSTEM, Desk, access_stream, lock, request_stream
from services.access.requests import listing
from services.access.requests.file import Copy, RequestFile
from services.access.tables import copy_bytes, footage_copy, request_file
from services.kernel.events import CopyErased
from services.runtime.settings import Settings

AT_A_TIME = 100


class TooLarge(Exception):
    """More bytes came than a copy may have; its argument is how many that are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The bytes of one copy on disk, and what they are."""

    clip: Clip
    part: tuple[datetime, datetime]
    path: Path
    sha256: bytes
    size_bytes: int
    native_sha256: str = ""  # before the provenance was written in
    provenance: str = ""  # the hash of the C2PA manifest; empty where there is none


def folder_of(settings: Settings) -> Path:
    """Return where the bytes of copies lie."""
    folder = settings.home / "access" / "copies"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@asynccontextmanager
async def writing(settings: Settings) -> AsyncIterator[None]:
    """Keep the sweeper away from bytes that the log doesn't know yet; a killed process lets go of it."""
    with _guard(settings).open("ab") as guard:
        await asyncio.to_thread(fcntl.flock, guard, fcntl.LOCK_SH)
        yield


async def write(settings: Settings, clip: Clip, part: tuple[datetime, datetime]) -> Written:
    """Write one recording, cut to its part, under a new id; call it inside ``writing``."""
    cut = None if part == (clip.started_at, clip.ended_at) else part
    path = new_file(settings)
    async with footage.media(settings, clip, {}, cut) as answer:
        digest, size = await keep(path, answer.aiter_bytes(), sys.maxsize)
    return Written(clip=clip, part=part, path=path, sha256=digest, size_bytes=size, native_sha256=digest.hex())


def new_file(settings: Settings) -> Path:
    """Return where the bytes of the next copy go; the name becomes its id."""
    return folder_of(settings) / f"{uuid4()}.bin"


async def keep(path: Path, chunks: AsyncIterable[bytes], bytes_max: int) -> tuple[bytes, int]:
    """Write what comes in and return its hash and size. Raises TooLarge; the sweeper takes what is left then."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        async for chunk in chunks:
            size = _within(size + len(chunk), bytes_max)
            file.write(chunk)
            digest.update(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.digest(), size


def _within(size: int, bytes_max: int) -> int:
    if size > bytes_max:
        raise TooLarge(bytes_max)
    return size


def measured(path: Path) -> tuple[bytes, int]:
    """Return hash and size of a file that another process wrote, once it is on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").digest(), path.stat().st_size


class CopyKeeper:
    """One turn erases the bytes that are due and whatever a crash left behind; it runs where the bytes lie."""

    def __init__(self, desk: Desk, settings: Settings) -> None:
        self._desk, self._settings = desk, settings

    async def turn(self, engine: AsyncEngine) -> None:
        """Erase copies that came back, fell due or lost their grant; then files that no copy is known for."""
        for copy_id, location in await self._due(engine):
            await self._erase(engine, copy_id, location)
        await self._sweep(engine)

    async def _due(self, engine: AsyncEngine) -> list[tuple[UUID, str]]:
        held = copy_bytes.join(footage_copy, footage_copy.c.copy_id == copy_bytes.c.copy_id)
        held = held.join(request_file, request_file.c.request_id == footage_copy.c.request_id)
        async with engine.connect() as tx:
            over = or_(copy_bytes.c.due_at <= await self._desk.clock(tx), ~request_file.c.is_open)
            found = select(copy_bytes.c.copy_id, copy_bytes.c.location).select_from(held).where(over)
            return [(row.copy_id, row.location) for row in await tx.execute(found.limit(AT_A_TIME))]

    async def _erase(self, engine: AsyncEngine, copy_id: UUID, location: str) -> None:
        # The bytes first: the event tells what is so. If we die between, the next turn finds the row and tells it.
        await asyncio.to_thread(Path(location).unlink, missing_ok=True)
        async with engine.begin() as tx:
            request_id = await tx.scalar(select(footage_copy.c.request_id).where(footage_copy.c.copy_id == copy_id))
            assert request_id is not None
            await lock(tx, request_stream(request_id))
            row = (await tx.execute(select(copy_bytes).where(copy_bytes.c.copy_id == copy_id))).mappings().first()
            if row is not None:
                await self._tell(tx, await listing.load(tx, self._desk.codec, request_id), row)

    async def _tell(self, tx: AsyncConnection, file: RequestFile, row: RowMapping) -> None:
        copy = file.copy(row["copy_id"])
        assert copy is not None, row
        ledger = await self._desk.ledger(tx, SYSTEM, policy_version=file.policy_version)
        why = why_over(file, copy, ledger.now)
        event = CopyErased(request_id=file.request_id, copy_id=row["copy_id"], why=why, due_at=row["due_at"])
        await ledger.append(access_stream(file.request_id), event, str(file.request_id))
        await tx.execute(delete(copy_bytes).where(copy_bytes.c.copy_id == row["copy_id"]))
        await listing.refresh(tx, self._desk.codec, file.request_id)

    async def _sweep(self, engine: AsyncEngine) -> None:
        with _nobody_writes(self._settings) as alone:
            if not alone:
                return
            lying = {path.name: path for path in folder_of(self._settings).glob("*.bin")}
            async with engine.connect() as tx:
                known = {each.rpartition("/")[2] for each in await tx.scalars(select(copy_bytes.c.location))}
            for name in lying.keys() - known:
                await asyncio.to_thread(lying[name].unlink, missing_ok=True)


def why_over(file: RequestFile, copy: Copy, now: datetime) -> str:
    """Return why nobody may fetch this copy any more; the first reason that holds."""
    if copy.returned is not None:
        return "returned"
    if not file.is_open:
        return "request_closed"
    return "due" if copy.made.return_by is not None and copy.made.return_by <= now else "grant_ended"


def _guard(settings: Settings) -> Path:
    return folder_of(settings) / ".writing"


@contextmanager
def _nobody_writes(settings: Settings) -> Iterator[bool]:
    with _guard(settings).open("ab") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
