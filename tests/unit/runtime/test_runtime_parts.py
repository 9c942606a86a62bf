"""What the runtime decides without a broker or a database: grants, topics, traces, bytes, headers, settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from services.kernel.events import HoldPlaced, SegmentRecorded
from services.kernel.policy.facts import instant
from services.kernel.scope import Scope
from services.kernel.topics import TOPICS
from services.runtime import acl, telemetry
from services.runtime.bodies import Instant
from services.runtime.codec import Codec, Undecodable
from services.runtime.database import dsn
from services.runtime.identity import People, PeopleFileBroken
from services.runtime.metric_names import METRICS
from services.runtime.received import key_bytes, key_text, printable
from services.runtime.registry import open_registry
from services.runtime.schemas.examples import example
from services.runtime.scope_header import SCOPE_HEADER, scope_from, scope_json
from services.runtime.settings import REPOSITORY, Settings

GUIDE = (REPOSITORY / "docs" / "runtime.md").read_text("utf-8")
CODEC = Codec(open_registry(Settings()))
ENDS = ["0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.9Z"]


def test_exactly_one_principal_may_write_each_topic() -> None:
    for topic in TOPICS:
        writers = [g.principal for g in acl.grants() if g.operation == acl.WRITE and g.name == topic.full_name()]
        assert writers == [acl.principal_of(topic.writer)]


def test_an_agency_reads_the_audit_log_and_nothing_else() -> None:
    grants = [grant for grant in acl.grants(agencies=["harbour"]) if grant.principal == "agency-harbour"]
    assert {grant.name for grant in grants if grant.resource == acl.TOPIC} == {"camledger.audit.log.v1"}
    assert acl.WRITE not in {grant.operation for grant in grants}


def test_dead_letters_are_read_by_their_owner_alone() -> None:
    readers = {(g.principal, g.name) for g in acl.grants() if g.operation == acl.READ and ".dead-letter." in g.name}
    assert readers == {
        (f"camledger-{s}", f"camledger.dead-letter.{s}.v1") for s in ("ingest", "retention", "access", "analytics")
    }


def test_every_grant_becomes_a_binding_and_a_command() -> None:
    for grant in acl.grants(agencies=["harbour"]):
        assert grant.binding().principal == f"User:{grant.principal}"
        assert grant.name in grant.command() or grant.resource == acl.CLUSTER


def test_events_of_one_stream_share_a_trace_and_others_do_not() -> None:
    first, second = (telemetry.context_of(telemetry.traceparent_of("segment/c/1/1", v)) for v in (1, 2))
    other = telemetry.context_of(telemetry.traceparent_of("segment/c/2/1", 1))
    assert first is not None
    assert second is not None
    assert other is not None
    assert first.trace_id == second.trace_id != other.trace_id
    assert first.span_id != second.span_id


@pytest.mark.parametrize("header", ["", "00", "00-x-y-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "a-b-c-d-e"])
def test_a_broken_traceparent_is_no_cause(header: str) -> None:
    assert telemetry.context_of(header) is None


def test_a_metric_that_is_not_on_the_list_cannot_be_counted() -> None:
    with pytest.raises(KeyError):
        telemetry.count("camledger_anything_total")


@given(st.binary(max_size=400))
def test_any_bytes_are_an_event_or_undecodable_and_nothing_else(noise: bytes) -> None:
    framed = CODEC.encode(example(SegmentRecorded, "segment.events"), "ingest")
    for value in (noise, framed[:5] + noise, framed + noise[:1] if noise else framed[:-1]):
        with pytest.raises(Undecodable):
            CODEC.decode(value)


@given(st.integers(0, 5), st.binary(min_size=1, max_size=30))
def test_a_cut_or_lengthened_record_is_never_taken_for_whole(cut: int, more: bytes) -> None:
    framed = CODEC.encode(example(SegmentRecorded, "segment.events"), "ingest")
    for value in (framed[: len(framed) - 1 - cut], framed + more):
        with pytest.raises(Undecodable):
            CODEC.decode(value)


@pytest.mark.parametrize(("end", "hours"), [("0001-01-01T00:00:00", 14), ("9999-12-31T23:59:59", -14)])
def test_an_instant_beyond_the_calendar_is_not_encoded_because_nobody_could_read_it_again(end: str, hours: int) -> None:
    """Who finds a record on his own log that he can't read doesn't start again."""
    told = example(HoldPlaced, "hold.events")
    assert isinstance(told.event, HoldPlaced)
    within = replace(told, event=replace(told.event, review_by=datetime.fromisoformat(end).replace(tzinfo=UTC)))
    assert CODEC.decode(CODEC.encode(within, "access")).event == within.event
    at = datetime.fromisoformat(end).replace(tzinfo=timezone(timedelta(hours=hours)))
    beyond = replace(told, event=replace(told.event, review_by=at))
    with pytest.raises(ValueError, match="outside the years"):
        CODEC.encode(beyond, "access")


@pytest.mark.parametrize("said", ENDS)
def test_an_instant_at_the_ends_of_the_calendar_is_neither_taken_nor_an_answer(said: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(said)
    assert instant(said, ZoneInfo("Asia/Taipei")) is None
    assert instant(said[:19], ZoneInfo("Asia/Taipei")) is None


def test_a_service_that_does_not_own_the_topic_cannot_encode_its_events() -> None:
    with pytest.raises(LookupError, match="retention writes no topic"):
        CODEC.encode(example(SegmentRecorded, "segment.events"), "retention")


@given(st.binary(max_size=60))
def test_a_key_of_any_bytes_comes_back_whole_and_prints(key: bytes) -> None:
    assert key_bytes(key_text(key)) == key
    assert "\x00" not in printable(key_text(key))


@given(st.sets(st.text(max_size=8), max_size=3), st.text(max_size=8), st.none() | st.integers(1, 10**6))
def test_a_scope_survives_its_header(cameras: set[str], area: str, seconds: int | None) -> None:
    began = datetime(2026, 3, 1, tzinfo=UTC)
    ended = None if seconds is None else began + timedelta(seconds=seconds)
    scope = Scope(cameras=tuple(sorted(cameras)), area=area, starts_at=began, ends_at=ended)
    assert scope_from({SCOPE_HEADER: scope_json(scope)}) == scope


@pytest.mark.parametrize("header", ["", "{}", "[]", "null", '{"cameras": 1}', '{"starts_at": "2026-01-01T00:00:00"}'])
def test_a_scope_that_cannot_be_read_is_none_so_that_custody_stops_everywhere(header: str) -> None:
    assert scope_from({SCOPE_HEADER: header}) is None


@pytest.mark.parametrize(
    ("base", "role", "expected"),
    [
        ("postgresql://u@h:5432/x", "", "postgresql://u@h:5432/camledger_ingest"),
        ("postgresql://u:p@h/", "camledger_{service}", "postgresql://camledger_ingest:p@h/camledger_ingest"),
        ("postgresql://u@/?host=/run/pg&port=5", "", "postgresql://u@/camledger_ingest?host=/run/pg&port=5"),
    ],
)
def test_every_service_has_its_own_database_and_role(base: str, role: str, expected: str) -> None:
    assert dsn(Settings(database=base, database_role=role), "ingest") == expected


def test_a_people_file_without_roles_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "people.yaml").write_text(yaml.safe_dump({"people": [{"person_id": str(uuid4())}]}))
    with pytest.raises(PeopleFileBroken, match="needs person_id, account, name and roles"):
        People.load(tmp_path / "people.yaml")


def test_the_guide_lists_every_setting_and_every_metric() -> None:
    missing = [
        f"CAMLEDGER_{name.upper()}" for name in Settings.model_fields if f"`CAMLEDGER_{name.upper()}`" not in GUIDE
    ]
    assert missing + [name for name in METRICS.by_name if f"`{name}`" not in GUIDE] == []
