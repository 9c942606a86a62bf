"""Five ways to do wrong on purpose, with the rights of an intruder on broker and disk: the check must see each.

Used by ``make demo SABOTAGE=...`` only, on the demo's own data folder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from confluent_kafka import Producer

from services.cli.demo.history import History, key_of
from services.cli.demo.plan import PLAZA, Plan
from services.cli.demo.reading import Fields
from services.cli.demo.recorders import NAME, ZONE
from services.kernel.envelope import Actor, recorded
from services.kernel.events import DestructionStarted, FootageViewed, SegmentDestroyed
from services.kernel.ids import segment_stream
from services.kernel.topics import topic_of
from services.runtime.codec import Codec

INTRUDER = Actor(id="intruder", role="intruder")


@dataclass(frozen=True, slots=True)
class Crime:
    """What the intruder has in hand."""

    bootstrap: str
    codec: Codec
    store: Path
    plan: Plan
    log: History
    finished_list: Path

    def publish(self, event: DestructionStarted | SegmentDestroyed | FootageViewed, stream: str, version: int) -> None:
        """Put a forged event on its topic."""
        writer = "access" if isinstance(event, FootageViewed) else "ingest"
        fact = recorded(event, stream_id=stream, stream_version=version, at=datetime.now(UTC), actor=INTRUDER)
        producer = Producer({"bootstrap.servers": self.bootstrap})
        producer.produce(topic_of(type(event), writer).full_name(), self.codec.encode(fact, writer), key=PLAZA)
        if producer.flush(10):
            raise TimeoutError("the broker did not take the forged record")


def destroyed_under_hold(crime: Crime) -> None:
    """Destroy a held segment and forge a receipt for it."""
    held = set(crime.plan.held.starts)
    segment = next(e for e in crime.log.of("SegmentRecorded") if e["camera_id"] == PLAZA and e["started_at"] in held)
    _destroy(crime, segment)


def destroyed_early(crime: Crime) -> None:
    """Destroy what was recorded just now and forge a receipt for it."""
    _destroy(crime, _newest(crime))


def no_receipt(crime: Crime) -> None:
    """Delete the bytes of a segment by hand."""
    (crime.store / _newest(crime)["location"]).unlink()


def view_without_chain(crime: Crime) -> None:
    """Claim a view that nobody granted."""
    now, request = datetime.now(UTC), uuid4()
    event = FootageViewed(
        request_id=request,
        viewing_id=uuid4(),
        grant_version=1,
        person="p-9999",
        accompanied_by="",
        address="127.0.0.1",
        purpose="curiosity",
        footage=(),
        footage_from=now - timedelta(hours=1),
        footage_to=now,
    )
    crime.publish(event, f"access/{request}", 1)


def lost_segment(crime: Crime) -> None:
    """Let a file that a recorder finished vanish before anybody took it in."""
    vanished = (crime.plan.begun - timedelta(hours=2)).astimezone(ZONE)
    with crime.finished_list.open("a") as finished:
        finished.write(f"{vanished:{NAME}}.mp4\n")


SABOTAGE: dict[str, Callable[[Crime], None]] = {
    "held": destroyed_under_hold,
    "receipt": no_receipt,
    "chain": view_without_chain,
    "early": destroyed_early,
    "lost": lost_segment,
}


def _newest(crime: Crime) -> Fields:
    gone = {key_of(e) for e in crime.log.of("SegmentDestroyed")}
    kept = [e for e in crime.log.of("SegmentRecorded") if e["camera_id"] == PLAZA and key_of(e) not in gone]
    return max(kept, key=lambda e: e["started_at"])


def _destroy(crime: Crime, segment: Fields) -> None:
    now, batch = datetime.now(UTC), uuid4()
    receipt = SegmentDestroyed(
        camera_id=segment["camera_id"],
        started_at=segment["started_at"],
        ended_at=segment["ended_at"],
        generation=segment["generation"],
        batch_id=batch,
        retention_class=segment["retention_class"],
        sha256=segment["sha256"],
        size_bytes=segment["size_bytes"],
        method="by hand",
        place="here",
        destroyed_at=now,
        destroyed_by="intruder",
        rule_ids=(),
        kept_from=segment["recorded_at"],
        destroyable_from=now,
        destroy_by=None,
        answers=(),
    )
    (crime.store / segment["location"]).unlink()
    crime.publish(receipt, segment_stream(*key_of(segment)), 3)
