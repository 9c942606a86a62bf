"""Break-glass: a role for a while, seen by a second person before or after, and never a way to let anything go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import yaml

from services.access.emergency import decider
from services.access.emergency.decider import Event, Session, fold
from services.access.emergency.office import with_role
from services.access.emergency.terms import ACTS, MAY_AGREE, MAY_ASK, MAY_REVIEW, NEVER, ROLES
from services.access.refusals import AccessRefusal, NotEntitled, Unknown, Unusable
from services.access.stepping_up import FRESH_WITHIN_S
from services.kernel.envelope import Actor, recorded
from services.kernel.events import (
    BreakGlassAsked,
    BreakGlassEnded,
    BreakGlassOpened,
    BreakGlassReviewed,
    BreakGlassReviewOverdue,
)
from services.runtime.identity import Person
from services.runtime.settings import REPOSITORY

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def person(name: str, *roles: str) -> Person:
    return Person(person_id=name, account=f"{name}-1", name=name, roles=frozenset(roles))


HEAD, CHIEF, AUDITOR = person("p-chen", "unit_head"), person("p-tsai", "director"), person("p-audit", "auditor")
HEAD_AGAIN = person("p-chen", "director")


class Log:
    """The stream of break-glass, decided and folded as the office does it."""

    def __init__(self) -> None:
        self.records: list[Event] = []
        self.times: list[datetime] = []

    def sessions(self) -> list[Session]:
        return fold(
            recorded(event, stream_id="break-glass", stream_version=n, at=at, actor=Actor(id="p", role="r"))
            for n, (event, at) in enumerate(zip(self.records, self.times, strict=True), 1)
        )

    def add(self, events: Sequence[Event], at: datetime) -> None:
        self.records += events
        self.times += [at] * len(events)

    def ask(self, who: Person = HEAD, at: datetime = NOW, *, at_once: bool = True, **said: object) -> UUID:
        told = {"role": "custodian", "why": "the custodian is ill", "minutes": 60} | said
        asked = BreakGlassAsked(session_id=uuid4(), person=who.person_id, at_once=at_once, **told)  # type: ignore[arg-type]
        self.add(decider.decide_asking(self.sessions(), asked, who, at), at)
        return asked.session_id

    def one(self, session_id: UUID) -> Session:
        return decider.one(self.sessions(), session_id)


@pytest.fixture
def log() -> Log:
    return Log()


def test_at_once_it_gives_one_role_for_its_time_and_must_be_reviewed(log: Log) -> None:
    session = log.one(log.ask())
    assert session.is_open(NOW + timedelta(minutes=59))
    assert not session.is_open(NOW + HOUR)
    assert session.review_by == NOW + timedelta(hours=72)
    assert with_role(HEAD, session).roles == {"unit_head", "custodian"}


def test_with_a_second_person_it_begins_when_he_agrees_and_needs_no_review(log: Log) -> None:
    asked = log.ask(at_once=False)
    assert not log.one(asked).is_open(NOW)
    log.add(decider.decide_agreeing(log.one(asked), CHIEF, NOW + HOUR / 2), NOW + HOUR / 2)
    assert log.one(asked).is_open(NOW + HOUR)
    assert log.one(asked).review_by is None
    assert isinstance(log.records[-1], BreakGlassOpened)
    assert log.records[-1].second_person == "p-tsai"


@pytest.mark.parametrize("who", [HEAD, HEAD_AGAIN])
def test_nobody_agrees_or_declines_or_reviews_his_own(log: Log, who: Person) -> None:
    asked = log.ask(at_once=False)
    with pytest.raises(NotEntitled, match="himself"):
        decider.decide_agreeing(log.one(asked), who, NOW)
    with pytest.raises(NotEntitled, match="himself"):
        decider.decide_declining(log.one(asked), who, NOW)
    with pytest.raises(NotEntitled, match="himself"):
        decider.decide_review(log.one(asked), who, "justified", "", NOW)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"role": "director"}, "isn't given"),
        ({"role": "platform_admin"}, "isn't given"),
        ({"role": "service:ingest"}, "isn't given"),
        ({"role": "unit_head"}, "already"),
        ({"why": "ill"}, "characters"),
        ({"why": "x" * 501}, "characters"),
        ({"minutes": 241}, "minutes"),
        ({"minutes": 4}, "minutes"),
    ],
)
def test_what_the_terms_dont_name_isnt_given(log: Log, said: dict[str, object], why: str) -> None:
    with pytest.raises(Unusable, match=why):
        log.ask(**said)  # type: ignore[arg-type]
    assert log.records == []


@pytest.mark.parametrize("who", [person("a", "applicant"), AUDITOR, person("r", "platform_admin"), person("n")])
def test_applicants_auditors_and_administrators_dont_ask(log: Log, who: Person) -> None:
    with pytest.raises(NotEntitled):
        log.ask(who)


def test_one_at_a_time_and_none_before_an_overdue_one_is_reviewed(log: Log) -> None:
    first = log.ask()
    with pytest.raises(AccessRefusal, match="OpenAlready"):
        log.ask()
    late = NOW + timedelta(hours=73)
    with pytest.raises(NotEntitled, match="overdue"):
        log.ask(at=late)
    log.add(decider.decide_review(log.one(first), AUDITOR, "justified", "looked", late), late)
    assert log.ask(at=late) != first


def test_given_back_it_gives_nothing_more(log: Log) -> None:
    asked = log.ask()
    log.add(decider.decide_ending(log.one(asked), HEAD, NOW), NOW)
    assert not log.one(asked).is_open(NOW)
    assert log.records[-1] == BreakGlassEnded(session_id=asked, why="given_back")
    with pytest.raises(AccessRefusal, match="OverAlready"):
        decider.decide_ending(log.one(asked), HEAD, NOW)


def test_another_person_may_take_it_back(log: Log) -> None:
    assert decider.decide_ending(log.one(log.ask()), CHIEF, NOW)[0].why == "taken_back"  # type: ignore[union-attr]


def test_nobody_agrees_late_or_after_a_no(log: Log) -> None:
    asked = log.ask(at_once=False)
    with pytest.raises(AccessRefusal, match="OverAlready"):
        decider.decide_agreeing(log.one(asked), CHIEF, NOW + HOUR)
    log.add(decider.decide_declining(log.one(asked), CHIEF, NOW), NOW)
    with pytest.raises(AccessRefusal, match="OverAlready"):
        decider.decide_agreeing(log.one(asked), CHIEF, NOW)


def test_a_review_comes_after_the_end_and_once(log: Log) -> None:
    asked = log.ask()
    with pytest.raises(AccessRefusal, match="NotOverYet"):
        decider.decide_review(log.one(asked), AUDITOR, "justified", "", NOW)
    log.add(decider.decide_review(log.one(asked), AUDITOR, "not_justified", "", NOW + HOUR), NOW + HOUR)
    assert isinstance(log.records[-1], BreakGlassReviewed)
    with pytest.raises(AccessRefusal, match="DoneAlready"):
        decider.decide_review(log.one(asked), CHIEF, "justified", "", NOW + HOUR)


def test_time_alone_ends_it_and_tells_once_that_nobody_reviewed_it(log: Log) -> None:
    asked = log.ask()
    assert decider.decide_by_clock(log.one(asked), NOW) == []
    late = NOW + timedelta(hours=72)
    told = decider.decide_by_clock(log.one(asked), late)
    assert told == [
        BreakGlassEnded(session_id=asked, why="time_over"),
        BreakGlassReviewOverdue(session_id=asked, review_by=late),
    ]
    log.add(told, late)
    assert decider.decide_by_clock(log.one(asked), late + HOUR) == []
    assert log.one(asked).is_overdue(late)


def test_an_asking_that_nobody_answers_ends_by_itself(log: Log) -> None:
    asked = log.ask(at_once=False)
    assert decider.decide_by_clock(log.one(asked), NOW + HOUR) == [BreakGlassEnded(session_id=asked, why="not_agreed")]


def test_no_act_that_lets_go_is_among_its_acts() -> None:
    assert not ACTS & NEVER
    assert not any("release" in act or "delete" in act or "shred" in act for act in ACTS)
    assert not ROLES & {"director", "precinct_chief", "platform_admin", "auditor"}
    assert {"break_glass.open", "break_glass.agree", "break_glass.review"} <= FRESH_WITHIN_S.keys()


def test_the_matrix_of_callers_says_what_the_terms_say() -> None:
    groups = yaml.safe_load((REPOSITORY / "docs" / "callers.yaml").read_text("utf-8"))["groups"]
    assert set(groups["EmergencyAskers"]) == MAY_ASK
    assert set(groups["EmergencyAgreers"]) == MAY_AGREE
    assert set(groups["EmergencyReviewers"]) == MAY_REVIEW


def test_an_unknown_one_is_told() -> None:
    with pytest.raises(Unknown):
        decider.one([], uuid4())
