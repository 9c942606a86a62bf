"""The clock of a request's term: it stands still while an office waits for the applicant; it may be longer. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from services.access.refusals import AccessRefusal, NotEntitled, Unusable
from services.access.requests.chain import APPLICANT
from services.access.requests.commands import ChangeTerm
from services.access.requests.file import EXTENDED, PAUSED, RESUMED, RequestFile
from services.kernel.events import RequestTermChanged
from services.kernel.policy import Pack, request_term
from services.kernel.policy.terms import Pause

# A pack that wants the clock to stand still while a form is back with its applicant names this reason.
RETURNED: Final = "returned_for_correction"
KEEPERS: Final = frozenset({"system_manager", "custodian", "handling_unit", "records_unit", "unit_head"})


def decide_term(pack: Pack, file: RequestFile, command: ChangeTerm, now: datetime) -> RequestTermChanged:
    """Return the change of the term. Raises a refusal that names what the pack allows."""
    if not file.is_open:
        raise Unusable(f"request {file.request_id} is {file.state}", rule="request.open", remedy="its term is over")
    _must_be_theirs(pack, file, command)
    match command.change:
        case "paused":
            return _paused(pack, file, command.reason, now)
        case "resumed":
            return _resumed_by(pack, file, now)
        case _:
            return _extended(pack, file, now)


def paused(pack: Pack, file: RequestFile, now: datetime) -> tuple[RequestTermChanged, ...]:
    """Return the pause that a return for correction brings, none where the pack has none or the clock stands still."""
    if RETURNED not in pack.retention.open_request.pause_reasons or file.paused is not None:
        return ()
    return (_change(pack, file, PAUSED, RETURNED, now),)


def resumed(pack: Pack, file: RequestFile, now: datetime) -> tuple[RequestTermChanged, ...]:
    """Return what ends a pause, nothing where there is none."""
    return () if file.paused is None else (_change(pack, file, RESUMED, file.paused.pause_reason, now),)


def must_be_open(file: RequestFile, now: datetime | None) -> None:
    """Raise a refusal for a request that is over, and at an instant for one whose term has ended by then."""
    if not file.is_open:
        raise Unusable(
            f"request {file.request_id} is {file.state}", rule="request.open", remedy="hand in a new request"
        )
    assert file.submitted is not None
    if now is not None and now >= file.submitted.term_ends_at:
        raise Unusable(
            f"the term of request {file.request_id} ended at {file.submitted.term_ends_at.isoformat()}",
            rule="request.term",
            remedy="hand in a new request",
        )


def must_run(file: RequestFile) -> None:
    """Raise a refusal while the clock stands still: what an office waits for isn't decided meanwhile."""
    if file.paused is not None:
        raise AccessRefusal(
            f"the term of request {file.request_id} stands still: {file.paused.pause_reason.replace('_', ' ')}",
            rule="request.term",
            remedy="start the clock again: POST /api/v1/requests/ID/term with change=resumed",
            word="TermPaused",
        )


def _must_be_theirs(pack: Pack, file: RequestFile, command: ChangeTerm) -> None:
    assert file.submitted is not None
    chain = pack.chains.get(file.submitted.chain)
    steps = chain.steps if chain is not None else ()
    able = (KEEPERS | {role for step in steps for role in step.roles}) - {APPLICANT}
    if command.by.person == file.submitted.requester or not command.by.roles & able:
        raise NotEntitled(
            f"{command.by.person} may not change the term of request {file.request_id}",
            rule="request.term",
            remedy=f"a person with one of {', '.join(sorted(able))} does, never the applicant",
            roles=able,
        )


def _paused(pack: Pack, file: RequestFile, reason: str, now: datetime) -> RequestTermChanged:
    known = pack.retention.open_request.pause_reasons - {RETURNED}
    if reason not in known:
        raise Unusable(
            f"the policy doesn't let the term stand still for {reason[:60]!r}",
            rule="request.term",
            remedy=f"name one of {', '.join(sorted(known))}" if known else "this policy knows no pause",
        )
    if file.paused is not None:
        raise Unusable("the term stands still already", rule="request.term", remedy="start it again first")
    return _change(pack, file, PAUSED, reason, now)


def _resumed_by(pack: Pack, file: RequestFile, now: datetime) -> RequestTermChanged:
    if file.paused is None or file.paused.pause_reason == RETURNED:
        raise Unusable(
            "there is no pause that a person ends",
            rule="request.term",
            remedy="what was returned runs on when the applicant hands it in again",
        )
    return _change(pack, file, RESUMED, file.paused.pause_reason, now)


def _extended(pack: Pack, file: RequestFile, now: datetime) -> RequestTermChanged:
    rule, done = pack.retention.open_request, _extensions(file.terms)
    if rule.extend_by is None or done >= rule.extend_times:
        raise Unusable(
            f"the term was lengthened {done} times, and the policy allows {rule.extend_times}",
            rule="request.term",
            remedy="decide it within its term, or place a hold on the footage",
        )
    if file.paused is not None:
        raise Unusable("the term stands still", rule="request.term", remedy="start it again, then lengthen it")
    return _change(pack, file, EXTENDED, "", now)


def _change(pack: Pack, file: RequestFile, change: str, reason: str, now: datetime) -> RequestTermChanged:
    assert file.submitted_at is not None
    pauses = _pauses(file.terms)
    if change == PAUSED:
        pauses.append(Pause(reason, now, now + _longest(pack)))
    elif file.paused is not None:
        pauses.append(Pause(reason, file.paused.at, now))
    ends = request_term(
        pack,
        file.submitted_at,
        pauses=pauses,
        extensions=_extensions(file.terms) + (change == EXTENDED),
    )
    return RequestTermChanged(request_id=file.request_id, change=change, pause_reason=reason, at=now, term_ends_at=ends)


def _longest(pack: Pack) -> timedelta:
    """How long a pause may last: after that the term runs out by itself, whoever is waited for."""
    most = pack.retention.open_request.pause_at_most or pack.retention.open_request.blocks_for
    return most.rough


def _pauses(terms: Sequence[RequestTermChanged]) -> list[Pause]:
    """Pauses that are over: each one and what ended it."""
    return [Pause(one.pause_reason, one.at, then.at) for one, then in pairwise(terms) if one.change == PAUSED]


def _extensions(terms: Sequence[RequestTermChanged]) -> int:
    return sum(each.change == EXTENDED for each in terms)
