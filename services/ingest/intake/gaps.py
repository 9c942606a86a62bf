"""Where footage should be and isn't: between two segments of a fixed camera, and inside a shift (NPA-02)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog import store as catalog
from services.ingest.catalog.footage import Footage
from services.ingest.ledger import Because, Ledger, timer
from services.ingest.registry.commands import FileShift
from services.kernel.events import RecordingGapFound
from services.kernel.ids import from_micros, micros
from services.runtime.database import db_now

TOLERANCE = timedelta(seconds=5)


async def before(tx: AsyncConnection, ledger: Ledger, camera_id: str, started_at: datetime) -> None:
    """Say what is missing between the newest footage of a fixed camera and the segment that begins now.

    Called before that segment is written. Footage that comes late or was taken over says nothing about silence.
    """
    reached = await catalog.latest_end(tx, camera_id, started_at)
    if reached is not None and started_at - from_micros(reached) > TOLERANCE:
        await _say(tx, ledger, camera_id, "rule.silence", starts=from_micros(reached), ends=started_at)


async def inside_shift(tx: AsyncConnection, ledger: Ledger, command: FileShift) -> None:
    """Say which parts of a filed shift have no footage, its breaks included."""
    rows = await catalog.between(tx, [command.device_id], command.shift_from, command.shift_to)
    for starts, ends in holes(rows, command.shift_from, command.shift_to):
        await _say(tx, ledger, command.device_id, f"rule.shift {command.shift}", starts=starts, ends=ends)


def holes(rows: list[Footage], starts: datetime, ends: datetime) -> list[tuple[datetime, datetime]]:
    """Return the parts of [starts, ends) that no segment covers and that are longer than the tolerance."""
    found, reached = list[tuple[datetime, datetime]](), starts
    for row in sorted(rows, key=lambda row: row.started_at):
        if row.started_at - reached > TOLERANCE:
            found.append((reached, row.started_at))
        reached = max(reached, row.ended_at)
    if ends - reached > TOLERANCE:
        found.append((reached, ends))
    return found


async def _say(
    tx: AsyncConnection, ledger: Ledger, camera_id: str, rule: str, *, starts: datetime, ends: datetime
) -> None:
    event = RecordingGapFound(camera_id=camera_id, gap_from=starts, gap_to=ends, found_by=rule)
    because = Because(actor=timer(rule), at=await db_now(tx))
    stream = f"gap/{camera_id}/{micros(starts)}"
    await ledger.append(tx, event, stream_id=stream, key=camera_id, because=because)
