"""May this form be taken in, and does it protect what it asks for (decision 5)? Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from services.access.requests import words
from services.access.requests.commands import SubmitRequest
from services.access.requests.form import Form, lacking_scope, scope_of
from services.kernel.events import RequestRefused, RequestRouted, RequestSubmitted
from services.kernel.ids import EPOCH
from services.kernel.policy import Outcome, Pack, Submission, protection_needs_a_person, request_term, submit
from services.kernel.policy.facts import lookup, text, texts
from services.kernel.scope import Scope, ScopeRefused, check_scope

NOTHING = Scope(starts_at=EPOCH, ends_at=EPOCH)
SYSTEM_SCOPE = "system.scope"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What a form becomes. ``protects`` is set from admission, not from mere submission."""

    events: tuple[RequestSubmitted | RequestRouted | RequestRefused, ...]
    verdict: Submission
    protects: Scope | None = None
    needs_a_person: str = ""  # why the pack's cap wants a confirmation before it protects
    explanation: str = ""

    @property
    def refused(self) -> bool:
        return isinstance(self.events[0], RequestRefused)


def admit(pack: Pack, command: SubmitRequest, form: Form, known: Collection[str], now: datetime) -> Admission:
    """Return the events of a form: submitted, submitted and routed, or refused with its rule; never raises."""
    facts = {**command.facts, "requester": {**_requester(command), "person": command.by.person}}
    verdict = submit(pack, facts)
    scope, wrong = _scope(pack, facts, known)
    if verdict.outcome == Outcome.ACCEPTED and (scope is None or wrong):
        verdict = _without_scope(verdict, lacking_scope(pack, facts))
    if not verdict.admitted:
        return _refused(pack, command, verdict, wrong)
    submitted = _submitted(pack, command, verdict, form, scope or NOTHING, now)
    routed = RequestRouted(request_id=command.request_id, to=verdict.to, chain=verdict.chain, rule=verdict.rule)
    is_routed = verdict.outcome == Outcome.ROUTED
    # A form whose required questions are open was never admitted: it is decided, but it protects nothing yet.
    protects = scope if not wrong and not verdict.missing else None
    return Admission(
        events=(submitted, routed) if is_routed else (submitted,),
        verdict=verdict,
        protects=protects,
        needs_a_person=_over_the_cap(pack, protects),
        explanation=words.explain(verdict) if is_routed else "",
    )


def _requester(command: SubmitRequest) -> dict[str, object]:
    requester = command.facts.get("requester")
    return dict(requester) if isinstance(requester, dict) else {}


def _scope(pack: Pack, facts: dict[str, object], known: Collection[str]) -> tuple[Scope | None, str]:
    scope = scope_of(pack, facts)
    if scope is None:
        return None, ""
    try:
        check_scope(scope, known)
    except ScopeRefused as refused:
        return None, str(refused)
    return scope, ""


def _without_scope(verdict: Submission, lacking: tuple[str, ...]) -> Submission:
    return Submission(
        outcome=Outcome.INCOMPLETE,
        reason="missing",
        rule=SYSTEM_SCOPE,
        clauses=verdict.clauses,
        missing=lacking or ("request.cameras",),
    )


def _submitted(  # noqa: PLR0917 - the wiring comes first, then the case
    pack: Pack, command: SubmitRequest, verdict: Submission, form: Form, scope: Scope, now: datetime
) -> RequestSubmitted:
    return RequestSubmitted(
        request_id=command.request_id,
        policy_id=pack.id,
        kind=text(lookup(command.facts, "request.kind")),
        action=text(lookup(command.facts, "request.action")),
        requester=command.by.person,
        requester_class=text(lookup(command.facts, "requester.class")),
        scope=scope,
        facts=form.public,
        documents=texts(command.facts.get("documents")),
        personal_ref=command.personal_ref,
        chain=verdict.chain,
        rule=verdict.rule,
        term_ends_at=request_term(pack, now),
    )


def _refused(pack: Pack, command: SubmitRequest, verdict: Submission, wrong: str) -> Admission:
    explanation = wrong or words.explain(verdict)
    refused = RequestRefused(
        request_id=command.request_id,
        policy_id=pack.id,
        kind=text(lookup(command.facts, "request.kind")),
        action=text(lookup(command.facts, "request.action")),
        requester=command.by.person,
        requester_class=text(lookup(command.facts, "requester.class")),
        refusal=verdict.reason if verdict.outcome == Outcome.REFUSED else str(verdict.outcome),
        rule=verdict.rule,
        clauses=verdict.clauses,
        missing=verdict.missing,
        override=verdict.override,
        notify=verdict.notify,
        explanation=explanation,
    )
    return Admission(events=(refused,), verdict=verdict, explanation=explanation)


def _over_the_cap(pack: Pack, scope: Scope | None) -> str:
    if scope is None or scope.ends_at is None:
        return ""
    span = scope.ends_at - scope.starts_at
    # Without a camera named it may be any of them: that always takes a person.
    if scope.cameras and not protection_needs_a_person(pack, len(scope.cameras), span):
        return ""
    hours = span.total_seconds() / 3600
    named = f"{len(scope.cameras)} cameras" if scope.cameras else "every camera of one officer"
    return f"{named} over {hours:g} hours is more than one request protects without a person's confirmation"
