"""What break-glass allows: its events folded into sessions, each step decided. Pure; four eyes count persons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.access.emergency.terms import (
    AGREED_WITHIN,
    MAY_AGREE,
    MAY_ASK,
    MAY_REVIEW,
    MINUTES_MAX,
    MINUTES_MIN,
    REVIEWED_WITHIN,
    ROLES,
    WHY_MAX,
    WHY_MIN,
)
from services.access.refusals import AccessRefusal, NotEntitled, Unknown, Unusable
from services.kernel.envelope import Recorded
from services.kernel.events import (
    BreakGlassAsked,
    BreakGlassEnded,
    BreakGlassOpened,
    BreakGlassReviewed,
    BreakGlassReviewOverdue,
)
from services.runtime.identity import Person

Event = BreakGlassAsked | BreakGlassOpened | BreakGlassEnded | BreakGlassReviewOverdue | BreakGlassReviewed
RULE = "break_glass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One break-glass from asking to review."""

    asked: BreakGlassAsked
    asked_at: datetime
    opened: BreakGlassOpened | None = None
    opened_at: datetime | None = None
    ended: str = ""  # why
    overdue_told: bool = False
    reviewed: BreakGlassReviewed | None = None

    def waits(self, now: datetime) -> bool:
        """True while somebody may still agree."""
        return self.opened is None and not self.ended and now < self.asked_at + AGREED_WITHIN

    def is_open(self, now: datetime) -> bool:
        """True while its role is given."""
        return self.opened is not None and not self.ended and now < self.opened.ends_at

    @property
    def review_by(self) -> datetime | None:
        """Return when another person must have looked at it; None where nobody must, or somebody has."""
        return self.opened.review_by if self.opened is not None and self.reviewed is None else None

    def is_overdue(self, now: datetime) -> bool:
        return self.review_by is not None and now >= self.review_by


def fold(records: Iterable[Recorded]) -> list[Session]:
    """Return the sessions that these events tell of, in the order in which they were asked for."""
    found: dict[UUID, Session] = {}
    for record in records:
        event = record.event
        if isinstance(event, BreakGlassAsked):
            found[event.session_id] = Session(asked=event, asked_at=record.envelope.recorded_at)
        elif isinstance(event, BreakGlassOpened | BreakGlassEnded | BreakGlassReviewOverdue | BreakGlassReviewed):
            found[event.session_id] = _evolve(found[event.session_id], event, record.envelope.recorded_at)
    return list(found.values())


def _evolve(session: Session, event: Event, at: datetime) -> Session:
    match event:
        case BreakGlassOpened():
            return replace(session, opened=event, opened_at=at)
        case BreakGlassEnded():
            return replace(session, ended=event.why)
        case BreakGlassReviewOverdue():
            return replace(session, overdue_told=True)
        case BreakGlassReviewed():
            return replace(session, reviewed=event)
    return session


def decide_asking(sessions: Sequence[Session], ask: BreakGlassAsked, who: Person, now: datetime) -> list[Event]:
    """Return what follows when somebody asks. Raises NotEntitled or Unusable."""
    _must_have(who, MAY_ASK, "ask for break-glass")
    if ask.role not in ROLES:
        raise Unusable(f"{ask.role!r} isn't given by break-glass", rule=RULE, remedy=f"ask for one of {_list(ROLES)}")
    if ask.role in who.roles:
        raise Unusable(f"{who.person_id} is {ask.role} already", rule=RULE, remedy="act in your own role")
    if not WHY_MIN <= len(ask.why) <= WHY_MAX:
        raise Unusable(
            f"the reason has {len(ask.why)} characters", rule=RULE, remedy=f"say why in {WHY_MIN} to {WHY_MAX}"
        )  # fmt: skip
    if not MINUTES_MIN <= ask.minutes <= MINUTES_MAX:
        raise Unusable(f"{ask.minutes} minutes", rule=RULE, remedy=f"ask for {MINUTES_MIN} to {MINUTES_MAX} minutes")
    _nothing_left_open(sessions, who, now)
    return [ask, opened(ask, now, second="")] if ask.at_once else [ask]


def decide_agreeing(session: Session, who: Person, now: datetime) -> list[Event]:
    """Return what follows when a second person agrees. Raises NotEntitled or AccessRefusal."""
    _must_have(who, MAY_AGREE, "agree to break-glass")
    _another(who, session.asked.person)
    _must_wait(session, now)
    return [opened(session.asked, now, second=who.person_id)]


def decide_declining(session: Session, who: Person, now: datetime) -> list[Event]:
    """Return what follows when a second person says no. Raises NotEntitled or AccessRefusal."""
    _must_have(who, MAY_AGREE, "decline break-glass")
    _another(who, session.asked.person)
    _must_wait(session, now)
    return [BreakGlassEnded(session_id=session.asked.session_id, why="declined")]


def decide_ending(session: Session, who: Person, now: datetime) -> list[Event]:
    """Return what follows when its holder gives it back, or somebody who may agree takes it from him."""
    if who.person_id != session.asked.person:
        _must_have(who, MAY_AGREE, "end another's break-glass")
    if not (session.is_open(now) or session.waits(now)):
        raise AccessRefusal("it is over already", rule=RULE, remedy="nothing is left to end", word="OverAlready")
    why = "given_back" if who.person_id == session.asked.person else "taken_back"
    return [BreakGlassEnded(session_id=session.asked.session_id, why=why)]


def decide_review(session: Session, who: Person, finding: str, note: str, now: datetime) -> list[Event]:
    """Return what follows when another person has looked at what was done under it."""
    _must_have(who, MAY_REVIEW, "review break-glass")
    _another(who, session.asked.person)
    if session.opened is None or session.is_open(now):
        raise AccessRefusal(
            "it hasn't been used to its end", rule=RULE, remedy="review it when it is over", word="NotOverYet"
        )
    if session.reviewed is not None:
        raise AccessRefusal(
            f"{session.reviewed.reviewer} has reviewed it", rule=RULE, remedy="see the review", word="DoneAlready"
        )
    return [
        BreakGlassReviewed(session_id=session.asked.session_id, reviewer=who.person_id, finding=finding, note=note)
    ]  # fmt: skip


def decide_by_clock(session: Session, now: datetime) -> list[Event]:
    """Return what time alone does to a session."""
    found: list[Event] = []
    identity = session.asked.session_id
    if session.opened is None and not session.ended and not session.waits(now):
        found.append(BreakGlassEnded(session_id=identity, why="not_agreed"))
    if session.opened is not None and not session.ended and not session.is_open(now):
        found.append(BreakGlassEnded(session_id=identity, why="time_over"))
    if session.review_by is not None and session.is_overdue(now) and not session.overdue_told:
        found.append(BreakGlassReviewOverdue(session_id=identity, review_by=session.review_by))
    return found


def opened(ask: BreakGlassAsked, now: datetime, *, second: str) -> BreakGlassOpened:
    """Return the beginning of a session; without a second person it must be reviewed."""
    return BreakGlassOpened(
        session_id=ask.session_id,
        person=ask.person,
        role=ask.role,
        second_person=second,
        ends_at=now + timedelta(minutes=ask.minutes),
        review_by=None if second else now + REVIEWED_WITHIN,
    )


def one(sessions: Iterable[Session], session_id: UUID) -> Session:
    """Return a session by its id. Raises Unknown."""
    found = [each for each in sessions if each.asked.session_id == session_id]
    if not found:
        raise Unknown(f"no break-glass {session_id}", remedy="list them: GET /api/v1/break-glass")
    return found[0]


def _nothing_left_open(sessions: Sequence[Session], who: Person, now: datetime) -> None:
    own = [each for each in sessions if each.asked.person == who.person_id]
    if any(each.waits(now) or each.is_open(now) for each in own):
        raise AccessRefusal(
            "one of yours is open", rule=RULE, remedy="give it back before you ask for another", word="OpenAlready"
        )
    if any(each.is_overdue(now) for each in own):
        raise NotEntitled("an earlier one of yours is overdue for review", rule=RULE, remedy="have it reviewed first")


def _must_wait(session: Session, now: datetime) -> None:
    if not session.waits(now):
        raise AccessRefusal("nobody waits for an answer", rule=RULE, remedy="have it asked again", word="OverAlready")


def _another(who: Person, person: str) -> None:
    if who.person_id == person:
        raise NotEntitled(
            f"{who.person_id} asked for it himself", rule=f"{RULE}.four_eyes", remedy="another person does this"
        )


def _must_have(who: Person, roles: frozenset[str], to_do: str) -> None:
    if not who.roles & roles:
        raise NotEntitled(
            f"{who.person_id} may not {to_do}",
            rule=RULE,
            remedy=f"a person with one of {_list(roles)} does it",
            roles=roles,
        )


def _list(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))
