"""Looking into much viewing: by another person, once, in writing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.access.alarms.decider import WATCHERS, Alarm, decide_review
from services.access.refusals import AccessRefusal, NotEntitled, Unusable
from services.access.stepping_up import FRESH_WITHIN_S
from services.kernel.events import BulkViewingFound
from services.runtime.identity import INSIDERS, Person
from tests.api import callers

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
NOTE = "twelve cameras of one accident, as the order says"
ALARM = Alarm(
    found=BulkViewingFound(
        request_id=uuid4(),
        viewing_id=uuid4(),
        person="p-hsu",
        window_from=NOW - timedelta(days=1),
        viewings=4,
        clips=6_000,
        footage_s=7_200,
        clips_max=5_000,
        footage_s_max=172_800,
    ),
    found_at=NOW,
)


def person(name: str, account: str = "one") -> Person:
    return Person(person_id=name, account=account, name=name, roles=frozenset({"unit_head"}))


def test_another_person_says_what_he_found_and_it_names_what_it_is_about() -> None:
    event = decide_review(ALARM, person("p-lu"), "justified", NOTE)
    assert (event.viewing_id, event.request_id) == (ALARM.found.viewing_id, ALARM.found.request_id)
    assert (event.reviewer, event.finding, event.note) == ("p-lu", "justified", NOTE)


@pytest.mark.parametrize("account", ["one", "another"])
def test_nobody_looks_into_what_he_opened_himself_whichever_account_he_uses(account: str) -> None:
    with pytest.raises(NotEntitled, match="himself") as refused:
        decide_review(ALARM, person("p-hsu", account), "justified", NOTE)
    assert (refused.value.kind, refused.value.rule) == ("OwnViewing", "bulk_viewing.four_eyes")


def test_it_is_looked_into_once() -> None:
    reviewed = decide_review(ALARM, person("p-lu"), "not_justified", NOTE)
    done = Alarm(found=ALARM.found, found_at=NOW, reviewed=reviewed, reviewed_at=NOW)
    with pytest.raises(AccessRefusal, match="p-lu has looked") as refused:
        decide_review(done, person("p-tsai"), "justified", NOTE)
    assert refused.value.kind == "ReviewedAlready"


@pytest.mark.parametrize("note", ["", "fine", "x" * 501])
def test_without_words_that_say_what_was_found_it_stays_open(note: str) -> None:
    with pytest.raises(Unusable) as refused:
        decide_review(ALARM, person("p-lu"), "justified", note)
    assert refused.value.kind == "NoteMissing"


def test_who_looks_into_it_is_who_the_matrix_names_and_signs_in_afresh() -> None:
    matrix = callers.read()
    line = matrix.of("access", "POST", "/bulk-viewings/{viewing_id}/review")
    assert line is not None
    assert line.roles == WATCHERS <= INSIDERS
    assert "bulk_viewing.review" in FRESH_WITHIN_S
    assert ALARM.look_by == NOW + timedelta(days=1)
