"""May this request be taken in, this step be signed, this file be closed? Pure: pack, file and clock in, events out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.access.refusals import AccessRefusal, NotEntitled, Unusable
from services.access.requests import words
from services.access.requests.chain import chain_facts, role_for, step_of
from services.access.requests.commands import CloseRequest, Signatory, SignStep
from services.access.requests.file import Delegated, RequestFile
from services.access.requests.owed import nothing_owed
from services.access.requests.terms import must_be_open, must_run
from services.kernel.events import (
    ConsultationGiven,
    RequestClosed,
    RequestGranted,
    RequestWithdrawn,
    StepApproved,
    StepDenied,
    StepReturned,
)
from services.kernel.policy import Outcome, Pack, StepVerdict, step
from services.kernel.policy.rules import Step

CLOSERS = frozenset({"system_manager", "custodian", "handling_unit", "records_unit", "unit_head"})
StepEvent = StepApproved | StepReturned | StepDenied | ConsultationGiven | RequestGranted | RequestClosed


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The events of one signature; ``verdict`` says what is open."""

    events: tuple[StepEvent, ...]
    verdict: StepVerdict


def decide_step(pack: Pack, file: RequestFile, command: SignStep, now: datetime) -> Decided:
    """Return the events of one signature; raises a refusal that names step, role and what to do instead."""
    must_be_open(file, now)
    _must_be_in_hand(file)
    assert file.submitted is not None
    chosen = step_of(pack, file, command.step)
    decision = _decision(command, chosen)
    _asked_for(command, chosen)
    verdict = step(pack, _step_facts(file, command, chosen, "" if decision == "consult" else decision, now))
    if verdict.outcome in (Outcome.REFUSED, Outcome.INCOMPLETE):
        raise words.step_refused(pack, verdict, chosen, command)
    return Decided(events=_events(file, command, chosen, decision, verdict, now), verdict=verdict)


def decide_withdrawal(file: RequestFile, by: Signatory, now: datetime) -> tuple[RequestWithdrawn, RequestClosed]:
    """Return the withdrawal; only the applicant takes his request back."""
    must_be_open(file, None)
    assert file.submitted is not None
    if by.person != file.submitted.requester:
        raise NotEntitled(
            f"{by.person} did not hand in request {file.request_id}",
            rule="request.withdraw",
            remedy="only the applicant takes a request back; a signer denies it instead",
        )
    closed = RequestClosed(request_id=file.request_id, outcome="withdrawn", closed_at=now)
    return RequestWithdrawn(request_id=file.request_id), closed


def decide_closing(pack: Pack, file: RequestFile, command: CloseRequest, now: datetime) -> RequestClosed:
    """Return the closing; a file that still owes a receipt or a signed result isn't closed as fulfilled."""
    must_be_open(file, None)
    assert file.submitted is not None
    signers = {signed.event.person for signed in file.signatures} | {file.submitted.requester}
    if command.outcome != "expired" and command.by.person not in signers and not command.by.roles & CLOSERS:
        raise NotEntitled(
            f"{command.by.person} has no part in request {file.request_id}",
            rule="request.close",
            remedy=f"the applicant, a signer, or a person with one of {', '.join(sorted(CLOSERS))} closes it",
            roles=CLOSERS,
        )
    if command.outcome == "fulfilled":
        nothing_owed(pack, file)
    return RequestClosed(request_id=file.request_id, outcome=command.outcome, closed_at=now)


def _must_be_in_hand(file: RequestFile) -> None:
    """What was sent back lies with the applicant: nobody signs a form that is being changed."""
    if file.returned is not None and file.grant is None:
        raise AccessRefusal(
            f"request {file.request_id} was returned for correction and lies with its applicant",
            rule="request.returned",
            remedy="it is signed again once the applicant has handed it in anew",
            word="Returned",
        )
    must_run(file)


def _asked_for(command: SignStep, chosen: Step | None) -> None:
    """What a signer adds may never stand in for what the log says: who asked, who signed, who delegated."""
    asked = {*chosen.fields, "opinion"} if chosen is not None else {"opinion"}
    if unasked := sorted(set(command.fields) - asked):
        raise Unusable(
            f"step {command.step} doesn't ask for {', '.join(each[:40] for each in unasked[:5])}",
            rule=chosen.id if chosen is not None else "request.step",
            clauses=chosen.clauses if chosen is not None else (),
            remedy=f"give nothing but {', '.join(sorted(asked))}",
        )


def _decision(command: SignStep, chosen: Step | None) -> str:
    known = ("approve", "return", "deny", "consult")
    if command.decision not in known:
        raise Unusable(
            f"{command.decision!r} is no decision", rule="request.step", remedy=f"decide one of {', '.join(known)}"
        )
    if command.decision == "consult" and chosen is not None and chosen.act != "consult":
        # An opinion needs no fresh sign-in and names nobody who delegated: it would get round both.
        raise Unusable(
            f"step {chosen.id} asks for a signature, not for an opinion",
            rule=chosen.id,
            clauses=chosen.clauses,
            remedy="approve, return or deny it",
        )
    return command.decision


def _step_facts(
    file: RequestFile, command: SignStep, chosen: Step | None, decision: str, now: datetime
) -> dict[str, object]:
    facts = {**chain_facts(file), **command.fields}
    facts |= {"step": command.step, "person": command.by.person, "decision": decision, "at": now.isoformat()}
    facts |= {"role": role_for(file, command.by, chosen), "rank": command.by.rank}
    if command.opinion.strip():
        facts["opinion"] = command.opinion
    if link := _delegation(file, command, chosen, now):
        facts["delegation"] = [link]
    return facts


def _delegation(file: RequestFile, command: SignStep, chosen: Step | None, now: datetime) -> dict[str, object] | None:
    if chosen is None or role_for(file, command.by, chosen) in chosen.roles:
        return None
    mine = [d for d in file.delegations if d.event.step == command.step and d.event.to == command.by.person]
    in_force = [d for d in mine if d.event.valid_from <= now < d.event.valid_to]
    found = next(iter(in_force or mine), None)
    return _link(found) if found is not None else None


def _link(found: Delegated) -> dict[str, object]:
    return {
        "from": found.event.valid_from.isoformat(),
        "to": found.event.valid_to.isoformat(),
        "by": {"person": found.event.by, "role": found.role, "rank": found.event.rank},
    }


def _events(  # noqa: PLR0917 - the wiring comes first, then the case
    file: RequestFile, command: SignStep, chosen: Step | None, decision: str, verdict: StepVerdict, now: datetime
) -> tuple[StepEvent, ...]:
    about = {
        "request_id": file.request_id,
        "step": command.step,
        "person": command.by.person,
        "role": role_for(file, command.by, chosen),
    }
    match verdict.outcome:
        case Outcome.DENIED:
            closed = RequestClosed(request_id=file.request_id, outcome="denied", closed_at=now)
            return StepDenied(**about, note=command.note), closed  # type: ignore[arg-type]
        case Outcome.RETURNED:
            return (StepReturned(**about, note=command.note),)  # type: ignore[arg-type]
        case _:
            signed = _approval(about, command, chosen, decision, verdict)
            return (signed, _grant(file)) if verdict.outcome == Outcome.GRANTED else (signed,)


def _approval(
    about: dict[str, object], command: SignStep, chosen: Step | None, decision: str, verdict: StepVerdict
) -> StepApproved | ConsultationGiven:
    if decision == "consult" or (chosen is not None and chosen.act == "consult"):
        return ConsultationGiven(**about, opinion=command.opinion)  # type: ignore[arg-type]
    signed = {"rank": command.by.rank, "delegated_by": verdict.delegated_by, "note": command.note}
    return StepApproved(**about, **signed)  # type: ignore[arg-type]


def _grant(file: RequestFile) -> RequestGranted:
    assert file.submitted is not None
    return RequestGranted(
        request_id=file.request_id,
        grant_version=file.grants + 1,
        actions=(file.submitted.action,),
        scope=file.submitted.scope,
        valid_until=file.submitted.term_ends_at,
    )
