"""The live pictures that are open: one row a person, taken away with the event that closes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.live.decider import Asked, Point
from services.access.live.links import Seal
from services.access.tables import camera, live_session, stream

STREAM = "live/"
TURN = 4_201_002


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One open picture."""

    live_id: UUID
    person: str
    asked: Asked
    address: str
    secret: bytes
    opened_at: datetime
    ends_at: datetime | None
    seen_at: datetime

    @property
    def seal(self) -> Seal:
        return Seal(live_id=self.live_id, person=self.person, address=self.address, secret=self.secret)


def live_stream(live_id: UUID) -> str:
    """Return the stream of one picture: it is opened, and it is closed."""
    return f"{STREAM}{live_id}"


async def open_ones(tx: AsyncConnection) -> list[Picture]:
    """Return every picture that is open."""
    return [_picture(row) for row in (await tx.execute(select(live_session))).mappings()]


async def turn_of(tx: AsyncConnection, person: str) -> None:
    """Wait until nobody else opens a picture for this person; until the transaction ends."""
    await tx.execute(select(func.pg_advisory_xact_lock(TURN, func.hashtext(person))))


async def of_person(tx: AsyncConnection, person: str) -> Picture | None:
    """Return the one picture that a person has open, locked."""
    wanted = select(live_session).where(live_session.c.person == person).with_for_update()
    row = (await tx.execute(wanted)).mappings().first()
    return None if row is None else _picture(row)


async def one(tx: AsyncConnection, live_id: UUID) -> Picture | None:
    """Return a picture if it is open."""
    row = (await tx.execute(select(live_session).where(live_session.c.live_id == live_id))).mappings().first()
    return None if row is None else _picture(row)


async def begin(tx: AsyncConnection, picture: Picture) -> None:
    """Keep a picture that is being opened; a person has one."""
    row: dict[str, Any] = {
        "live_id": picture.live_id,
        "person": picture.person,
        "camera_id": picture.asked.camera_id,
        "project_id": picture.asked.project_id,
        "address": picture.address,
        "asked": dict(picture.asked.answers),
        "secret": picture.secret,
        "opened_at": picture.opened_at,
        "ends_at": picture.ends_at,
        "seen_at": picture.seen_at,
    }
    await tx.execute(insert(live_session).values(row))


async def seen(tx: AsyncConnection, live_id: UUID, now: datetime) -> None:
    """Note that somebody asked for the picture and got it."""
    await tx.execute(update(live_session).where(live_session.c.live_id == live_id).values(seen_at=now))


async def end(tx: AsyncConnection, live_id: UUID) -> bool:
    """Take a picture away; False if somebody else has done so: then the event is his."""
    gone = await tx.execute(
        delete(live_session).where(live_session.c.live_id == live_id).returning(live_session.c.person)
    )
    return gone.first() is not None


async def forgotten(tx: AsyncConnection) -> list[UUID]:
    """Return pictures that were opened and never closed, and that nobody knows to be open: after a restore."""
    known = select(live_session.c.live_id)
    opened = select(stream.c.stream_id).where(stream.c.stream_id.startswith(STREAM), stream.c.version == 1)
    ids = {UUID(each.removeprefix(STREAM)) for each in await tx.scalars(opened)}
    return sorted(ids - set(await tx.scalars(known)))


async def point(tx: AsyncConnection, camera_id: str) -> Point | None:
    """Return what is known of a camera; None if nobody registered it."""
    wanted = select(camera.c.retired, camera.c.mask_areas, camera.c.masks).where(camera.c.camera_id == camera_id)
    row = (await tx.execute(wanted)).first()
    if row is None:
        return None
    return Point(camera_id=camera_id, retired=row.retired, mask_areas=tuple(row.mask_areas), masks=tuple(row.masks))


def _picture(row: RowMapping) -> Picture:
    asked = Asked(camera_id=row["camera_id"], project_id=row["project_id"], answers=row["asked"])
    kept = {name: row[name] for name in ("live_id", "person", "address", "opened_at", "ends_at", "seen_at")}
    return Picture(**kept, asked=asked, secret=bytes(row["secret"]))
