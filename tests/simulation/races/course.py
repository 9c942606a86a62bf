"""One course of races: a camera, an old segment, a cleared batch and a hold for each, and what C1 and C3 run on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from services.ingest.custody.forbids import Forbids
from services.ingest.custody.marking import Marker
from services.ingest.custody.reading import ProtectionReader, Standing
from services.ingest.ledger import Ledger
from services.ingest.wiring import SERVICE
from services.kernel.batches import SegmentKey, lines
from services.kernel.envelope import Actor, recorded
from services.kernel.events import (
    CameraBound,
    DeletionCleared,
    Event,
    HoldPlaced,
    PolicyInForce,
    SegmentRecorded,
    Sha256,
)
from services.kernel.ids import EPOCH, PROTECTION_LOG
from services.kernel.scope import Scope
from services.runtime.codec import Codec
from services.runtime.kept_packs import KeptPacks
from services.runtime.outbox import Outbox
from services.runtime.packs import load_pack
from services.runtime.received import Received
from services.runtime.registry import open_registry
from services.runtime.settings import Settings

NAMES = UUID("7a7c1c1e-0000-4000-8000-000000000000")
PACK = "daan-cctv"
# Older than any minimum, so that nothing but the hold stands in the way.
OLD = timedelta(days=400)
LENGTH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """``races`` races on tables of their own; ids follow from ``number``, so that both processes know them."""

    number: int
    races: int
    begins: datetime

    @property
    def start_id(self) -> UUID:
        return uuid5(NAMES, f"start/{self.number}")

    def hold_id(self, race: int) -> UUID:
        return uuid5(NAMES, f"hold/{self.number}/{race}")

    def key(self, race: int) -> SegmentKey:
        return SegmentKey(camera_id=f"camera-{race}", started_at=self.begins - OLD, generation=1)


class Sides:
    """What both processes share by construction: codec, ledger, packs, and the records of the protection log."""

    def __init__(self, settings: Settings, home: Path) -> None:
        self.codec = Codec(open_registry(settings))
        self.ledger = Ledger(Outbox(SERVICE, self.codec, settings))
        self._packs = KeptPacks(settings.policies, home / "policies")
        self._pack = load_pack(settings.policies / PACK)

    def reader(self, course: Course) -> ProtectionReader:
        """Return C1 as the service wires it."""
        return ProtectionReader(self.ledger, Forbids(self.codec), Standing(course.start_id))

    def marker(self, course: Course) -> Marker:
        """Return C3 as the service wires it."""
        return Marker(self.ledger, Forbids(self.codec), self._packs, Standing(course.start_id))

    def opening(self, course: Course) -> list[Received]:
        """Return what stands on the protection log before the races: a policy, its binding, a clearance for each."""
        since = datetime(2000, 1, 1, tzinfo=UTC)
        pack = self._pack
        events: list[Event] = [
            PolicyInForce(
                seq=1, policy_id=pack.id, version=pack.version, digest=pack.digest, binding_from=since, shortens=False
            )
        ]
        for race in range(course.races):
            camera = course.key(race).camera_id
            events.append(
                CameraBound(
                    seq=len(events) + 1, policy_id=pack.id, camera_id=camera, retention_class="", binding_from=since
                )
            )
        events += [self._clearance(course, race, len(events) + 1 + race) for race in range(course.races)]
        return [self._received(event, number) for number, event in enumerate(events, 1)]

    def hold(self, course: Course, race: int) -> Received:
        """Return the hold of one race, the next record of the log."""
        seq = 1 + 2 * course.races + race + 1
        event = HoldPlaced(
            hold_id=course.hold_id(race),
            seq=seq,
            kind="hold",
            hold_kind="court_order",
            scope=Scope(cameras=(course.key(race).camera_id,), starts_at=course.begins - OLD - LENGTH),
            matter=f"race {race}",
            authority="race",
            review_by=None,
            protects_until=None,
            request_id="",
        )
        return self._received(event, seq)

    @staticmethod
    def footage(course: Course, race: int) -> SegmentRecorded:
        """Return the recording that hold and deletion race for."""
        key = course.key(race)
        return SegmentRecorded(
            camera_id=key.camera_id,
            started_at=key.started_at,
            ended_at=key.started_at + LENGTH,
            generation=1,
            retention_class="standard",
            size_bytes=1_000,
            sha256=Sha256(race.to_bytes(32, "big")),
            container="mp4",
            codec="h264",
            width=640,
            height=360,
            has_audio=False,
            clock_source="metadata",
            source_id="races",
            arrived_at=key.started_at + LENGTH,
            recovery_from=EPOCH,
            treatment="",
            location=f"{key.camera_id}.mp4",
            shift="",
            officer="",
            mask_version="",
        )

    def _clearance(self, course: Course, race: int, seq: int) -> DeletionCleared:
        key = course.key(race)
        return DeletionCleared(
            batch_id=uuid5(NAMES, f"batch/{course.number}/{race}"),
            seq=seq,
            camera_id=key.camera_id,
            lines=lines([key]),
            policy_id=self._pack.id,
            policy_version_expected=self._pack.version,
        )

    def _received(self, event: Event, seq: int) -> Received:
        actor = Actor(id="access", role="service")
        record = recorded(event, stream_id=PROTECTION_LOG, stream_version=seq, at=datetime.now(UTC), actor=actor)
        raw = self.codec.encode(record, "access")
        return Received(topic="hold.events", partition=0, offset=seq, key="", headers={}, recorded=record, raw=raw)
