"""What somebody who may write one topic, or none, can't bring a service to do."""

from __future__ import annotations

from dataclasses import replace
from typing import cast
from uuid import uuid4

import pytest

from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import ActRefused, HoldReleased, SegmentRecorded
from services.kernel.ids import EPOCH, PROTECTION_LOG
from services.runtime.aside import Aside
from services.runtime.codec import RECORD_BYTES_MAX, Codec, Undecodable
from services.runtime.outbox import Outbox, TooMuchToRecord
from services.runtime.received import Rejected, Spoiled
from services.runtime.refusal import Refusal
from services.runtime.registry import open_registry
from services.runtime.schemas.examples import example
from services.runtime.settings import Settings

SETTINGS = Settings()
CODEC = Codec(open_registry(SETTINGS))
BY = Actor(id="p-0001", role="custodian", agency="spd")


def own(event: object, stream_id: str = "refusal/1", version: int = 1) -> Recorded:
    return recorded(cast("ActRefused", event), stream_id=stream_id, stream_version=version, at=EPOCH, actor=BY)


def refused(subject: str = "cam-1") -> ActRefused:
    return ActRefused(act="a", subject=subject, refusal="R", rule="", clause="", explanation="")


def spoiled(raw: bytes, headers: dict[str, str] | None = None) -> Spoiled:
    return Spoiled(
        topic="segment.events", partition=0, offset=7, key="cam-1", headers=headers or {}, raw=raw, reason="no event"
    )


def published(record: Spoiled) -> dict[str, object]:
    return Aside("retention.log", "retention", SETTINGS)._publication(record)


def test_an_event_on_the_topic_of_another_writer_is_no_event() -> None:
    framed = CODEC.encode(own(example(HoldReleased, "hold.events").event, PROTECTION_LOG, 3), "access")
    assert isinstance(CODEC.decode(framed, "hold.events").event, HoldReleased)
    for topic in ("segment.events", "audit.log", "deletion.commands"):
        with pytest.raises(Undecodable, match="doesn't belong"):
            CODEC.decode(framed, topic)


def test_nobody_else_takes_a_number_of_the_protection_log() -> None:
    framed = CODEC.encode(own(example(SegmentRecorded, "segment.events").event, PROTECTION_LOG, 9), "ingest")
    with pytest.raises(Undecodable, match="protection log"):
        CODEC.decode(framed, "segment.events")


def test_nobody_takes_the_id_of_an_event_to_come() -> None:
    honest = own(refused())
    forged = replace(honest, envelope=replace(honest.envelope, event_id=uuid4()))
    with pytest.raises(Undecodable, match="event id"):
        CODEC.decode(CODEC.encode(forged, "ingest"), "camera.events")


def test_a_record_larger_than_any_event_is_not_unpacked() -> None:
    framed = CODEC.encode(own(refused("x" * RECORD_BYTES_MAX)), "ingest")
    with pytest.raises(Undecodable, match="more than any event"):
        CODEC.decode(framed)


@pytest.mark.parametrize("record", [spoiled(b"\x00" * 990_000), spoiled(b"", {"h": "x" * 990_000})])
def test_a_bad_record_as_large_as_the_broker_takes_does_not_end_the_relay(record: Spoiled) -> None:
    row = published(record)
    assert row["value"] == b""
    assert row["headers"] == {
        "dead_letter_consumer": "retention.log",
        "dead_letter_reason": "no event",
        "dead_letter_position": "segment.events/0/7",
        "dead_letter_bytes": str(len(record.raw)),
    }


def test_a_bad_record_is_published_as_it_was() -> None:
    row = published(spoiled(b"bytes", {"theirs": "1"}))
    assert row["value"] == b"bytes"
    assert cast("dict[str, str]", row["headers"])["theirs"] == "1"


def test_an_event_that_no_broker_takes_never_reaches_the_outbox() -> None:
    outbox = Outbox("ingest", CODEC, SETTINGS)
    with pytest.raises(TooMuchToRecord) as found:
        outbox._row(own(refused("x" * 900_000)), "cam-1", [])
    assert isinstance(found.value, Refusal)  # to whoever asked for it
    assert isinstance(found.value, Rejected)  # for whoever reads a record that leads to it
    assert found.value.problem()["refusal"] == "TooMuchToRecord"
