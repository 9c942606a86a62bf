"""What leaves on the audit log: only what a rule names, and never a person's name, whatever field it stands in."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.audit.entry import WITHHELD, NoRule, entry, rule_of_unknown_fields
from services.analytics.audit.redaction import ENVELOPE, PARTS, RULES
from services.kernel.envelope import Envelope, Recorded
from services.kernel.events import AuditEntry, FootageViewed, SegmentDestroyed, SegmentRecorded, StepApproved
from services.kernel.topics import TOPICS
from services.runtime.schemas.examples import example
from tests.fakes.facts import told

FOREIGN = {event: topic.name for topic in TOPICS if topic.writer != "analytics" for event in topic.events}

NAMES = st.one_of(
    st.text("王林陳張李黃吳劉蔡楊許鄭小明淑芬家豪怡君志", min_size=2, max_size=4),
    st.tuples(
        st.sampled_from(["Mei-Ling", "Ada", "José", "Anne Marie"]), st.sampled_from(["Chen", "O'Neil", "Lin"])
    ).map(" ".join),
    st.sampled_from(["Lin, Ada", "ada.lin (sergeant)", "Ｌｉｎ", "林 小明", "Dr. Novak"]),
)


def with_every_string(value: Any, text: str) -> Any:  # noqa: ANN401 - a fact or any part of one
    """Return the same fact with ``text`` in each of its strings, however deep."""
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(with_every_string(item, text) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {field.name: with_every_string(getattr(value, field.name), text) for field in fields(value)}
        return replace(value, **changed)
    return value


def parsed(fact: Recorded) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(entry(fact))
    return found


@pytest.mark.parametrize("event", FOREIGN, ids=lambda event: event.__name__)
def test_every_event_of_another_service_has_a_rule_that_names_real_fields(event: type) -> None:
    assert event in RULES, f"decide what outsiders may see of {event.__name__}"
    assert not rule_of_unknown_fields(event, RULES[event])


def test_parts_and_envelope_name_real_fields_too() -> None:
    assert not rule_of_unknown_fields(Envelope, ENVELOPE)
    assert not any(rule_of_unknown_fields(part, rule) for part, rule in PARTS.items())


@pytest.mark.parametrize("event", FOREIGN, ids=lambda event: event.__name__)
def test_every_event_has_an_entry_with_its_id_and_type(event: type) -> None:
    fact = example(event, FOREIGN[event])
    assert parsed(fact)["type"] == event.__name__
    assert parsed(fact)["envelope"]["event_id"] == str(fact.envelope.event_id)


@given(event=st.sampled_from(list(FOREIGN)), name=NAMES)
def test_no_name_passes_in_any_field_of_any_event(event: type, name: str) -> None:
    written = entry(with_every_string(example(event, FOREIGN[event]), name)).decode()
    assert name not in written
    assert json.dumps(name)[1:-1] not in written


@pytest.mark.parametrize("person", ["Lin", "officer", "chen", "王小明", "p-12 Lin", "lin-chen"])
def test_a_person_field_holds_a_pseudonym_or_nothing(person: str) -> None:
    assert parsed(told(StepApproved, person=person))["event"]["person"] == WITHHELD


def test_a_pseudonym_passes_so_that_four_eyes_can_be_checked() -> None:
    assert parsed(told(StepApproved, person="p-0012"))["event"]["person"] == "p-0012"


def test_a_receipt_names_its_rule_and_the_custodian_of_record() -> None:
    by = "retention.month; custodian p-0003"
    assert parsed(told(SegmentDestroyed, destroyed_by=by))["event"]["destroyed_by"] == by
    named = told(SegmentDestroyed, destroyed_by="retention.month; custodian Lin")
    assert parsed(named)["event"]["destroyed_by"] == WITHHELD


def test_how_footage_was_destroyed_is_told_in_the_words_of_our_code() -> None:
    receipt = told(SegmentDestroyed, method="unlinked, folder synced")
    assert parsed(receipt)["event"]["method"] == "unlinked, folder synced"
    assert parsed(told(SegmentRecorded, container="mov,mp4,m4a"))["event"]["container"] == "mov,mp4,m4a"


def test_a_timer_is_told_by_its_rule_and_a_person_only_by_a_pseudonym() -> None:
    timer = told(SegmentRecorded, {"actor_id": "npa.retention", "actor_role": "system"})
    somebody = told(SegmentRecorded, {"actor_id": "npa.retention", "actor_role": "clerk"})
    assert parsed(timer)["envelope"]["actor_id"] == "npa.retention"
    assert parsed(somebody)["envelope"]["actor_id"] == WITHHELD


def test_the_network_address_of_a_viewer_stays_inside() -> None:
    assert "10.0.0.7" not in entry(told(FootageViewed, address="10.0.0.7")).decode()


def test_the_bytes_are_the_same_each_time_and_without_spaces() -> None:
    fact = example(SegmentRecorded, "segment.events")
    assert entry(fact) == entry(fact)
    assert json.dumps(parsed(fact), separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode() == entry(fact)


def test_an_event_without_a_rule_stops_the_log_instead_of_leaving_whole() -> None:
    with pytest.raises(NoRule):
        entry(example(AuditEntry, "audit.log"))
