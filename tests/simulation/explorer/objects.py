"""The real objects of a small world: its footage, facts, scopes and packs. Nothing here ever changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

from services.ingest.catalog.footage import Footage
from services.ingest.custody.facts import Filed, Worn
from services.kernel.batches import hour_of
from services.kernel.events import CameraKind
from services.kernel.ids import EPOCH, micros
from services.kernel.mark import CLOCK_MARGIN, SegmentState
from services.kernel.policy import Pack, pack_from
from services.kernel.scope import Scope
from services.retention.bucket import MICROSECOND, Bucket, BucketKey
from services.retention.facts import Filed as RetentionFiled
from services.retention.facts import Shift
from tests.simulation.explorer.world import World

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
# Six o'clock: retention's instant for a whole hour of footage may lie hours behind custody's for one segment.
TICK_ZERO = datetime(2026, 1, 5, 6, tzinfo=UTC)
POLICY, CLASS, OFFICER, OTHER = "explored", "standard", "officer-lin", "officer-wu"
KEEP_DAYS = {"base": 3, "longer": 4, "shorter": 1}
RECOVERY, NOTICE = DAY, DAY


def access_now(tick: int) -> datetime:
    """Return access' clock: behind custody's by the whole margin, which is the worst that is promised for."""
    return TICK_ZERO + tick * DAY


def custody_now(tick: int) -> datetime:
    """Return the clock of custody's database, and of retention's."""
    return access_now(tick) + CLOCK_MARGIN


def camera_id(number: int) -> str:
    """Return the name of a camera of the world."""
    return f"plaza-{number}"


def hold_id(number: int) -> UUID:
    """Return the id of a protection of the world; ``number_of`` reads it back."""
    return UUID(int=number + 1)


def number_of(hold: UUID) -> int:
    """Return which protection of the world has this id."""
    return hold.int - 1


@cache
def scope(world: World, number: int) -> Scope:
    """Return what a protection names."""
    cover = world.covers[number]
    cameras = () if cover.camera is None else (camera_id(cover.camera),)
    return Scope(cameras=cameras, officer=OFFICER if cover.officer else "", starts_at=EPOCH)


@cache
def footage(world: World, segment: int) -> Footage:
    """Return a segment as the catalog has it; the version in force at the beginning lets it go at its ``due``."""
    what = world.segments[segment]
    first = segment if what.again_of is None else what.again_of
    start = TICK_ZERO.replace(hour=first) + (what.due - KEEP_DAYS["base"]) * DAY - RECOVERY
    return Footage(
        camera_id=camera_id(what.camera),
        started_at=start,
        ended_at=start + MINUTE,
        generation=1 if what.again_of is None else 2,
        retention_class=CLASS,
        size_bytes=1,
        sha256=b"",
        container="mp4",
        codec="h264",
        width=1,
        height=1,
        has_audio=False,
        clock_source="attested",
        source_id="",
        treatment="",
        shift="",
        officer="",
        mask_version="",
        arrived_at=start + 2 * MINUTE,
        recorded_at=start + 2 * MINUTE,
        recovery_from=EPOCH,
        location=str(segment),
        state=SegmentState.KEPT,
        mark_seq=0,
    )


def filed(world: World, segment: int, *, known: bool) -> Filed:
    """Return what custody's registry knows; ``known``: the shift of this segment was filed."""
    found = footage(world, segment)
    worn = Worn(_wearer(world), micros(found.started_at), micros(found.ended_at), frozenset())
    kinds, places = {found.camera_id: _kind(world, segment)}, {found.camera_id: [(0, "plaza")]}
    return Filed(kinds, places, {found.camera_id: [worn]} if known else {})


def filed_at_retention(world: World, segment: int, *, known: bool) -> RetentionFiled:
    """Return the same as retention knows it."""
    found = footage(world, segment)
    shift = Shift(officer=_wearer(world), starts_at=found.started_at, ends_at=found.ended_at, incidents=frozenset())
    return RetentionFiled(
        kinds={found.camera_id: _kind(world, segment)},
        places={found.camera_id: [(EPOCH, "plaza")]},
        shifts={found.camera_id: [shift]} if known else {},
    )


@cache
def bucket(world: World, segment: int) -> Bucket:
    """Return the bucket of retention's wheel in which a segment lies alone."""
    found, minute = footage(world, segment), MINUTE // MICROSECOND
    key = BucketKey(camera_id=found.camera_id, hour=hour_of(found.started_at), generation=found.generation, chunk=1)
    return Bucket(
        key=key, retention_class=CLASS, officer="", shift="", offsets_us=(0,), lengths_us=(minute,), lags_us=(minute,)
    )


@cache
def pack(version: str, number: int) -> Pack:
    """Return the smallest pack: one minimum, one recovery window, and the change control that the worlds need."""
    return pack_from(
        {
            "id": POLICY,
            "version": number,
            "status": "adopted",
            "title": {"en": "p"},
            "language": "en",
            "agency": {"id": "spd", "name": {"en": "a"}},
            "effective": "2025-01-01",
            "enacted_by": [{"id": "i"}],
            "time": {"zone": "UTC", "readings": ["instant"]},
            "vocabulary": {"values": {}},
            "change_control": {"id": "c", "shorten": {"approvals": 2, "notice": "P1D"}},
            "retention": {
                "rules": [{"id": "r", "clock": "end", "keep_at_least": f"P{KEEP_DAYS[version]}D"}],
                "dispose": "at_minimum",
                "recovery": {"period": "P1D", "margin_days": 1},
                "open_request": {"blocks_for": "P90D"},
                "holds": [],
            },
        },
        digest=f"{version}-{number}",
    )


class Library:
    """The installed packs, as ingest and retention ask for them."""

    def version(self, policy_id: str, version: int, digest: str) -> Pack:
        """Return one version by what the protection log says of it."""
        assert policy_id == POLICY
        return pack(digest.partition("-")[0], version)


LIBRARY = Library()


def _kind(world: World, segment: int) -> str:
    return CameraKind.BODY_WORN if world.segments[segment].worn else CameraKind.FIXED


def _wearer(world: World) -> str:
    return OFFICER if world.shift_true else OTHER
