"""What the registers keep of each event, and that the order of reading makes no difference."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.analytics.projector import project
from services.analytics.projector.requests import stated
from services.analytics.rows import Row
from services.analytics.tables import METADATA
from services.kernel.batches import SegmentKey, lines
from services.kernel.envelope import Recorded
from services.kernel.events import (
    CopyMade,
    CopySigned,
    FieldValue,
    FootageViewed,
    HoldApplied,
    LiveOpened,
    OverdueFound,
    RequestSubmitted,
    SegmentDestroyed,
    SegmentRecorded,
    SegmentTransferred,
    StepApproved,
)
from services.kernel.topics import TOPICS
from services.runtime.schemas.examples import example
from tests.fakes.facts import told

EVENTS = {event: topic.name for topic in TOPICS if topic.writer != "analytics" for event in topic.events}
AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def rows(fact: Recorded) -> list[Row]:
    return list(project([fact]))


def only(fact: Recorded, table: str) -> Row:
    (row,) = [row for row in rows(fact) if row.table == table]
    return row


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_row_fits_its_table_and_names_its_whole_key(event: type) -> None:
    for row in rows(example(event, EVENTS[event])):
        table = METADATA.tables[row.table]
        assert set(row.values) <= set(table.columns.keys())
        assert {column.name for column in table.primary_key} <= set(row.values)
        assert not row.newest or row.newest in row.values


def test_footage_and_its_receipt_share_a_row_and_no_column() -> None:
    stored = only(example(SegmentRecorded, "segment.events"), "segment")
    fact = example(SegmentDestroyed, "segment.events")
    receipt = only(fact, "segment")
    assert set(stored.values) & set(receipt.values) == {"camera_id", "started_at", "generation"}
    assert receipt.values["receipt_event"] == fact.envelope.event_id


def test_an_overdue_line_marks_each_of_its_segments() -> None:
    keys = [SegmentKey(camera_id="cam-1", started_at=AT + timedelta(minutes=n)) for n in range(3)]
    found = rows(told(OverdueFound, lines=lines(keys)))
    assert [row.values["started_at"] for row in found] == [key.started_at for key in keys]


def test_a_request_keeps_its_purpose_and_nothing_of_the_vault() -> None:
    facts = (FieldValue(name="request.purpose", value='"traffic accident"'), FieldValue(name="x", value="1"))
    row = only(told(RequestSubmitted, facts=facts), "request")
    assert row.values["purpose"] == "traffic accident"
    assert not {"personal_ref", "facts", "documents"} & set(row.values)


def test_a_list_of_purposes_reads_as_words() -> None:
    assert stated((FieldValue(name="purposes", value='["media","training"]'),), "purposes") == "media, training"


def test_a_signature_is_kept_without_its_note() -> None:
    row = only(told(StepApproved, note="call Ms Lin"), "request_step")
    assert "call Ms Lin" not in row.values.values()


def test_each_view_is_a_line_of_its_own_even_in_one_viewing() -> None:
    first, second = told(FootageViewed), told(FootageViewed, {"event_id": UUID(int=2)})
    acts = [only(fact, "access_act") for fact in (first, second)]
    assert acts[0].values["act_id"] != acts[1].values["act_id"]
    assert acts[0].values["viewing_id"] == acts[1].values["viewing_id"]


def test_the_signature_for_a_copy_lands_on_the_copy() -> None:
    made, signed = told(CopyMade, copy_id=UUID(int=1)), told(CopySigned, copy_id=UUID(int=1))
    assert only(made, "access_act").values["act_id"] == only(signed, "access_act").values["act_id"]


def test_an_answer_to_a_hold_is_counted_in_segments() -> None:
    row = only(example(HoldApplied, "custody.events"), "hold_answer")
    assert {"secured", "destroying", "gone"} <= set(row.values)


def test_a_live_view_keeps_its_project_its_ground_its_basis_and_where_it_was_opened_from() -> None:
    opened = told(LiveOpened, {"legal_basis": "act art. 18"}, project_id="parade", ground="duty", address="::1")
    row = only(opened, "access_act")
    kept = [row.values[name] for name in ("act", "project", "purpose", "legal_basis", "address")]
    assert kept == ["live", "parade", "duty", "act art. 18", "::1"]


def test_a_transfer_completes_the_row_of_its_footage() -> None:
    row = only(told(SegmentTransferred, case_number="26-1", repository_id="evidence"), "segment")
    assert (row.values["transfer_case"], row.values["transfer_repository"]) == ("26-1", "evidence")


def test_what_a_form_says_of_cause_ground_and_unit_is_kept_and_a_name_is_not() -> None:
    said = {"request.cause": "theft", "request.ground": "warrant", "requester.unit": "second", "requester.name": "Lin"}
    facts = tuple(FieldValue(name=name, value=f'"{value}"') for name, value in said.items())
    row = only(told(RequestSubmitted, facts=facts), "request")
    assert [row.values[name] for name in ("cause", "ground", "unit", "title")] == ["theft", "warrant", "second", ""]
    assert "Lin" not in map(str, row.values.values())
