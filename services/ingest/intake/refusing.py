"""Say why a file was not taken, once for the same bytes and reason; keep doubtful footage aside for a person."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from uuid import uuid5

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest import streams
from services.ingest.intake import store
from services.ingest.intake.commands import Came, Outcome, TakeIn
from services.ingest.intake.decider import Refuse
from services.ingest.ledger import INTAKE, Because, Ledger
from services.ingest.storage.adapter import LocationTaken, StorageError, StorageExhausted, Store
from services.ingest.storage.copies import sha256_of
from services.ingest.storage.naming import checked, safe_segment
from services.kernel import events as e
from services.kernel.envelope import Actor
from services.kernel.ids import NAMESPACE
from services.runtime.database import db_now

PATH_CHARS_MAX = 1_000
EXPLANATION_CHARS_MAX = 2_000


async def refuse(
    engine: AsyncEngine, ledger: Ledger, quarantine: Store, *, command: TakeIn, reason: Refuse, actor: Actor
) -> Outcome:
    """Record SegmentRefused and answer. The bytes stay at the source; doubtful footage is copied into quarantine."""
    size, sha256 = await asyncio.to_thread(_identity, command.path)
    name = command.source_path or str(command.path)
    # The same bytes refused for the same reason are one refusal, however often a source offers them.
    same = f"{command.camera_id}|{reason.refusal}|{reason.clause}|{sha256 or name}"
    stream = f"refusal/{uuid5(NAMESPACE, same)}"
    aside = await asyncio.to_thread(_set_aside, quarantine, command, sha256) if reason.quarantine and sha256 else ""
    event = e.SegmentRefused(
        camera_id=command.camera_id,
        source_id=command.source_id,
        source_path=name[:PATH_CHARS_MAX],
        size_bytes=size,
        sha256=sha256,
        refusal=reason.refusal,
        explanation=reason.explanation[:EXPLANATION_CHARS_MAX],
        clause=reason.clause,
        quarantined_at=aside,
    )
    async with engine.begin() as tx:
        await store.lock_start(tx, stream, 0)
        if await streams.version_of(tx, stream) == 0:
            because = Because(actor=actor, at=await db_now(tx), reason=reason.refusal)
            await ledger.append(tx, event, stream_id=stream, key=command.camera_id, because=because)
    return Outcome(
        came=Came.REFUSED,
        sha256=sha256,
        size_bytes=size,
        refusal=reason.refusal,
        explanation=reason.explanation,
        clause=reason.clause,
        remedy=reason.remedy,
        message=reason.message,
        quarantined_at=aside,
    )


async def exhausted(tx: AsyncConnection, ledger: Ledger, camera_id: str, full: StorageExhausted, needed: int) -> None:
    """Say StorageExhausted once, when room runs out; not again until there was room in between."""
    now = await db_now(tx)
    if await store.note_full(tx, full.store, now):
        event = e.StorageExhausted(
            camera_id=camera_id, store=full.store, free_bytes=full.free_bytes, needed_bytes=full.needed_bytes or needed
        )
        because = Because(actor=INTAKE, at=now, reason=str(full)[:EXPLANATION_CHARS_MAX])
        await ledger.append(tx, event, stream_id=f"store/{full.store}", key=camera_id, because=because)


async def recovered(tx: AsyncConnection, ledger: Ledger, camera_id: str, name: str) -> None:
    """Say StorageRecovered once, when a store that was exhausted has taken footage again."""
    since = await store.full_since(tx, name)
    if since is not None and await store.note_room(tx, name):
        event = e.StorageRecovered(camera_id=camera_id, store=name, exhausted_at=since)
        because = Because(actor=INTAKE, at=await db_now(tx))
        await ledger.append(tx, event, stream_id=f"store/{name}", key=camera_id, because=because)


def _identity(path: Path) -> tuple[int, str]:
    """A link isn't followed, a pipe isn't waited for, a device never ends: only a plain file has size and hash."""
    try:
        seen = path.lstat()
        return (seen.st_size, sha256_of(path)) if stat.S_ISREG(seen.st_mode) else (0, "")
    except OSError:
        return 0, ""


def _set_aside(quarantine: Store, command: TakeIn, sha256: str) -> str:
    suffix = command.path.suffix if command.path.suffix[1:].isalnum() else ".bin"
    location = checked(f"{safe_segment(command.camera_id or 'unknown')}/{sha256}{suffix}")
    try:
        quarantine.put(command.path, location)
    except LocationTaken:
        pass  # Its name is its hash: the same bytes lie there.
    except (StorageError, OSError):
        return ""
    return f"{quarantine.name}:{location}"
