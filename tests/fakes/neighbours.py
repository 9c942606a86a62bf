"""The neighbours of retention in a test: writes what ingest and access would write, and reads what retention says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from confluent_kafka import Producer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kernel.batches import HourLine, keys
from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import (
    BatchAnswered,
    CameraBound,
    CameraRegistered,
    DeletionCleared,
    DeletionCommanded,
    DestructionStarted,
    Event,
    HoldPlaced,
    HoldReleased,
    LineAnswer,
    PolicyInForce,
    SegmentDestroyed,
    SegmentRecorded,
    Sha256,
)
from services.kernel.ids import EPOCH, PROTECTION_LOG, segment_stream
from services.kernel.scope import Scope
from services.kernel.topics import topic_of
from services.runtime import database, kafka_read
from services.runtime.codec import Codec
from services.runtime.consumer import producer_settings
from services.runtime.packs import folder_digest, load_pack
from services.runtime.received import Received
from services.runtime.registry import open_registry
from services.runtime.settings import Settings
from tests.fakes.served import Served

T = TypeVar("T")
REPOSITORY = Path(__file__).parents[2]
ACTOR = Actor(id="test", role="test", agency="test")


def segment(
    camera_id: str,
    started_at: datetime,
    *,
    seconds: float = 60,
    generation: int = 1,
    **facts: Any,  # noqa: ANN401
) -> Recorded:
    """Return the recording of one segment; ``facts`` are fields of SegmentRecorded that matter to the test."""
    ended_at = started_at + timedelta(seconds=seconds)
    values: dict[str, Any] = {
        "retention_class": "standard",
        "size_bytes": 1,
        "sha256": Sha256(b"\x01" * 32),
        "container": "mp4",
        "codec": "h264",
        "width": 768,
        "height": 576,
        "has_audio": False,
        "clock_source": "metadata",
        "source_id": "test",
        "arrived_at": ended_at,
        "recovery_from": EPOCH,
        "treatment": "",
        "location": f"{camera_id}/{started_at:%H%M%S}",
        "shift": "",
        "officer": "",
        "mask_version": "",
    }
    event = SegmentRecorded(
        camera_id=camera_id, started_at=started_at, ended_at=ended_at, generation=generation, **values | facts
    )
    stream = segment_stream(camera_id, started_at, generation)
    return recorded(event, stream_id=stream, stream_version=1, at=ended_at + timedelta(seconds=1), actor=ACTOR)


class Service:
    """Retention as a process that can be killed."""

    def __init__(self, settings: Settings) -> None:
        fields = ("kafka", "topic_prefix", "database", "database_prefix", "http_port", "people", "home")
        self._environment = {f"CAMLEDGER_{name.upper()}": str(getattr(settings, name)) for name in fields}
        self._log = settings.home / "retention.log"
        self._processes: list[Served] = []

    def start(self, role: str = "all", **environment: str) -> Served:
        quick = {"CAMLEDGER_RETENTION_SWEEP_EVERY_S": "0.2", "CAMLEDGER_RETENTION_ASK_AGAIN_S": "0.3"}
        own = self._environment | quick | environment
        process = Served("services.retention", role, log=self._log, environment=own)
        self._processes.append(process)
        return process

    def close(self) -> None:
        for process in self._processes:
            process.kill()


class Neighbours:
    """Ingest and access as retention sees them: records on their topics, one writer each."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.codec = Codec(open_registry(settings))
        self.seq = 0
        self._producer = Producer(producer_settings(settings))

    def feed(self, facts: Iterable[Recorded], writer: str = "ingest") -> None:
        """Put facts on their topics and wait for the broker."""
        for fact in facts:
            event: Any = fact.event
            key = getattr(event, "camera_id", "") or str(getattr(event, "hold_id", getattr(event, "batch_id", "")))
            name = self.settings.topic(topic_of(type(event), writer).name)
            self._producer.produce(name, key=key, value=self.codec.encode(fact, writer))
        assert self._producer.flush(30) == 0

    def protect(self, make: Callable[[int], Event], at: datetime | None = None) -> int:
        """Append the next record to the protection log and return its position."""
        self.seq += 1
        fact = recorded(
            make(self.seq), stream_id=PROTECTION_LOG, stream_version=self.seq, at=at or datetime.now(UTC), actor=ACTOR
        )
        self.feed([fact], "access")
        return self.seq

    def bind(self, policy_id: str, *cameras: str) -> None:
        """Put a shipped pack in force and bind cameras to it."""
        folder = self.settings.policies / policy_id
        version, digest = load_pack(folder).version, folder_digest(folder)
        self.protect(
            lambda seq: PolicyInForce(
                seq=seq, policy_id=policy_id, version=version, digest=digest, binding_from=EPOCH, shortens=False
            )
        )
        for camera_id in cameras:
            self.protect(
                lambda seq, camera_id=camera_id: CameraBound(  # type: ignore[misc]
                    seq=seq, policy_id=policy_id, camera_id=camera_id, retention_class="", binding_from=EPOCH
                )
            )

    def register(self, camera_id: str, kind: str = "fixed", area: str = "A") -> None:
        event = CameraRegistered(
            camera_id=camera_id,
            kind=kind,
            agency="test",
            area=area,
            place="",
            direction="",
            mask_areas=(),
            device_owner="",
            values=(),
        )
        self.feed(
            [recorded(event, stream_id=f"camera/{camera_id}", stream_version=1, at=datetime.now(UTC), actor=ACTOR)]
        )

    def hold(self, *cameras: str, since: datetime = EPOCH, until: datetime | None = None) -> UUID:
        hold_id = uuid4()
        self.protect(
            lambda seq: HoldPlaced(
                hold_id=hold_id,
                seq=seq,
                kind="hold",
                hold_kind="investigation",
                scope=Scope(cameras=cameras, starts_at=since, ends_at=until),
                matter="112-1",
                authority="court",
                review_by=None,
                protects_until=None,
                request_id="",
            )
        )
        return hold_id

    def spoil(self) -> None:
        """Append a record to the protection log that nobody can read."""
        self.seq += 1
        self._producer.produce(self.settings.topic("hold.events"), key=str(uuid4()), value=b"\x00\xff\xff\xff\xff?")
        assert self._producer.flush(30) == 0

    def release(self, hold_id: UUID, protects_until: datetime) -> None:
        self.protect(
            lambda seq: HoldReleased(
                hold_id=hold_id, seq=seq, proposed_by="a", confirmed_by="b", protects_until=protects_until
            )
        )

    def clear(self, command: DeletionCommanded) -> int:
        return self.protect(
            lambda seq: DeletionCleared(
                batch_id=command.batch_id,
                seq=seq,
                camera_id=command.camera_id,
                lines=command.lines,
                policy_id=command.policy_id,
                policy_version_expected=command.policy_version_expected,
            )
        )

    def answer(
        self,
        command: DeletionCommanded,
        outcome: str,
        *,
        seq: int = 0,
        not_before: datetime | None = None,
        lines: tuple[HourLine, ...] | None = None,
    ) -> None:
        reason = "protected" if outcome == "refused" else ""
        told = LineAnswer(
            outcome=outcome,
            reason=reason,
            seq=seq,
            not_before=not_before,
            lines=command.lines if lines is None else lines,
        )
        event = BatchAnswered(batch_id=command.batch_id, camera_id=command.camera_id, answers=(told,))
        stream = f"batch/{command.batch_id}/answer"
        self.feed([recorded(event, stream_id=stream, stream_version=1, at=datetime.now(UTC), actor=ACTOR)])

    def destroy(self, command: DeletionCommanded) -> None:
        """Start and finish the destruction of everything that a command names."""
        facts: list[Recorded] = []
        for key in keys(command.lines):
            stream, now = segment_stream(key.camera_id, key.started_at, key.generation), datetime.now(UTC)
            started = DestructionStarted(
                camera_id=key.camera_id,
                started_at=key.started_at,
                generation=key.generation,
                batch_id=command.batch_id,
                mark_seq=self.seq,
                destroyable_from=key.started_at,
                rule_ids=command.rule_ids,
            )
            gone = SegmentDestroyed(
                camera_id=key.camera_id,
                started_at=key.started_at,
                ended_at=key.started_at,
                generation=key.generation,
                batch_id=command.batch_id,
                retention_class="standard",
                sha256=Sha256(b"\x01" * 32),
                size_bytes=1,
                method="unlink",
                place="test",
                destroyed_at=now,
                destroyed_by="test",
                rule_ids=command.rule_ids,
                kept_from=key.started_at,
                destroyable_from=key.started_at,
                destroy_by=None,
                answers=(),
            )
            facts += [
                recorded(event, stream_id=stream, stream_version=version, at=now, actor=ACTOR)
                for version, event in ((2, started), (3, gone))
            ]
        self.feed(facts)

    def said(self, topic: str, kind: type[T]) -> list[T]:
        """Return the events of one type that retention has put on a topic."""
        found = kafka_read.read_to_end(self.settings, topic, self.codec)
        return [r.recorded.event for r in found if isinstance(r, Received) and isinstance(r.recorded.event, kind)]

    def commands(self) -> list[DeletionCommanded]:
        return self.said("deletion.commands", DeletionCommanded)

    def rows(self, query: str, **values: object) -> list[Any]:
        """Return what a query finds in retention's database."""
        return asyncio.run(self._rows(query, values))

    async def _rows(self, query: str, values: dict[str, object]) -> list[Any]:
        engine = database.engine(self.settings, "retention", pool=1)
        try:
            return await _all(engine, query, values)
        finally:
            await engine.dispose()


async def _all(engine: AsyncEngine, query: str, values: dict[str, object]) -> list[Any]:
    async with engine.begin() as tx:
        return list((await tx.execute(text(query), values)).all())


def named(commands: Sequence[DeletionCommanded]) -> set[tuple[str, datetime]]:
    """Return camera and start of every segment that these commands name."""
    return {(key.camera_id, key.started_at) for command in commands for key in keys(command.lines)}
