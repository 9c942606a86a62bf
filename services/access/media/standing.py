"""How a viewing stands this moment: its file kept in memory, and one look whether anything changed since."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access import footage
from services.access.footage import Clip
from services.access.ledger import Desk, access_stream, approval_stream, request_stream
from services.access.refusals import Unknown
from services.access.requests import listing
from services.access.requests.file import RequestFile, Viewing
from services.access.requests.packs import pack_of
from services.access.viewing import store
from services.access.viewing.clips import key_of
from services.access.viewing.decider import CameraFacts
from services.kernel.batches import SegmentKey, keys
from services.kernel.policy import Pack
from services.runtime.database import db_now
from services.runtime.settings import Settings

KEPT_MAX: Final = 500
# Everything that can take a viewing away raises one of these numbers, or is one of these values.
_LOOK: Final = text("""
select clock_timestamp() as now,
       (select coalesce(sum(version), 0) from stream where stream_id = any(:streams)) as events,
       (select coalesce(sum(version), 0) from camera where camera_id = any(:cameras)) as cameras,
       (select accompanied from viewing_session where viewing_id = :viewing) as accompanied,
       (select ended_at from programme_end where policy_id = :policy) as programme_ended_at
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """A viewing as it stood when its file was last read."""

    viewing_id: UUID
    file: RequestFile
    viewing: Viewing
    pack: Pack
    clips: tuple[Clip | None, ...]  # as the viewing's event lists them; None for what is gone
    cameras: dict[str, CameraFacts]
    events: int
    camera_events: int

    def number_of(self, key: SegmentKey) -> int | None:
        """Return the place of a clip in the viewing."""
        return next((at for at, clip in enumerate(self.clips) if clip is not None and key_of(clip) == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A viewing as it stands now."""

    footage: Footage
    now: datetime
    accompanied: bool
    programme_ended_at: datetime | None
    logged: bool = True  # a token is only sealed after the broker has acknowledged the viewing

    @property
    def programme_over(self) -> bool:
        return self.programme_ended_at is not None and self.now >= self.programme_ended_at


@dataclass(slots=True)
class Standings:
    """Viewings of one process; a change on the log, by whichever process, makes it read the file again."""

    desk: Desk
    settings: Settings
    _known: OrderedDict[UUID, Footage] = field(default_factory=OrderedDict)

    async def look(self, engine: AsyncEngine, viewing_id: UUID) -> Standing:
        """Return how a viewing stands. Raises Unknown for one that was never opened."""
        async with store.by_statement(engine).connect() as tx:
            known = self._known.get(viewing_id)
            row = None if known is None else await self._row(tx, known)
            if known is None or row is None or (row["events"], row["cameras"]) != _versions(known):
                known = await self._read(tx, viewing_id)
                row = await self._row(tx, known)
            now = row["now"] if self.desk.clock is db_now else await self.desk.clock(tx)
        return Standing(
            footage=known,
            now=now,
            accompanied=bool(row["accompanied"]),
            programme_ended_at=row["programme_ended_at"],
        )

    async def _row(self, tx: AsyncConnection, known: Footage) -> RowMapping:
        request_id = known.file.request_id
        assert known.file.submitted is not None
        about = {
            "streams": _streams(request_id),
            "cameras": list(known.cameras),
            "viewing": known.viewing_id,
            "policy": known.file.submitted.policy_id,
        }
        return (await tx.execute(_LOOK, about)).mappings().one()

    async def _read(self, tx: AsyncConnection, viewing_id: UUID) -> Footage:
        request_id = await store.request_of_viewing(tx, viewing_id)
        versions = await _sums(tx, request_id)
        file = await listing.load(tx, self.desk.codec, request_id)
        viewing = file.viewing(viewing_id)
        if viewing is None or viewing.opened is None:
            raise Unknown(f"viewing {viewing_id} isn't open", remedy="open it: POST /api/v1/viewings/ID/token")
        listed = list(keys(viewing.opened.footage))
        names = sorted({each.camera_id for each in listed})
        camera_events = await _camera_sum(tx, names)
        known = Footage(
            viewing_id=viewing_id,
            file=file,
            viewing=viewing,
            pack=pack_of(self.desk, file),
            clips=await self._clips(listed, viewing),
            cameras={name: await store.camera_facts(tx, name) for name in names},
            events=versions,
            camera_events=camera_events,
        )
        self._keep(known)
        return known

    async def _clips(self, listed: list[SegmentKey], viewing: Viewing) -> tuple[Clip | None, ...]:
        assert viewing.opened is not None
        known = next((each for each in reversed(self._known.values()) if each.viewing.opened == viewing.opened), None)
        if known is not None:
            return known.clips
        cameras = tuple(sorted({each.camera_id for each in listed}))
        found = await footage.clips(self.settings, cameras, viewing.opened.footage_from, viewing.opened.footage_to)
        by_key = {key_of(each): each for each in found if each.state != "gone"}
        return tuple(by_key.get(each) for each in listed)

    def _keep(self, known: Footage) -> None:
        self._known[known.viewing_id] = known
        self._known.move_to_end(known.viewing_id)
        while len(self._known) > KEPT_MAX:
            self._known.popitem(last=False)


def _versions(known: Footage) -> tuple[int, int]:
    return known.events, known.camera_events


def _streams(request_id: UUID) -> list[str]:
    return [request_stream(request_id), approval_stream(request_id), access_stream(request_id)]


async def _sums(tx: AsyncConnection, request_id: UUID) -> Any:  # noqa: ANN401 - a number of Postgres
    wanted = text("select coalesce(sum(version), 0) from stream where stream_id = any(:streams)")
    return await tx.scalar(wanted, {"streams": _streams(request_id)})


async def _camera_sum(tx: AsyncConnection, names: list[str]) -> Any:  # noqa: ANN401 - a number of Postgres
    wanted = text("select coalesce(sum(version), 0) from camera where camera_id = any(:cameras)")
    return await tx.scalar(wanted, {"cameras": names})
