"""The chain of one request as the policy kernel reads it: facts, signatures so far, open steps, roles. Pure."""

from __future__ import annotations

from typing import Final

from services.access.requests.commands import Signatory
from services.access.requests.file import RequestFile, RequestState, Signed
from services.access.requests.form import nested
from services.kernel.events import StepApproved, StepDenied, StepReturned
from services.kernel.policy import Pack, open_steps
from services.kernel.policy.rules import Step

APPLICANT: Final = "applicant"


def chain_facts(file: RequestFile) -> dict[str, object]:
    """Return what the policy kernel reads of a file: its answers, its requester and the signatures so far."""
    assert file.submitted is not None
    facts = nested(file.submitted.facts)
    requester = facts.setdefault("requester", {})
    assert isinstance(requester, dict)
    requester["person"] = file.submitted.requester
    return {**facts, "documents": list(file.submitted.documents), "done": _done(file)}


def open_now(pack: Pack, file: RequestFile) -> tuple[str, ...]:
    """Return the steps still to be signed, in the chain's order; none while the form is back with its applicant."""
    if file.submitted is None or not file.is_open or file.state is RequestState.RETURNED:
        return ()
    return open_steps(pack.chains[file.submitted.chain], chain_facts(file))


def step_of(pack: Pack, file: RequestFile, step_id: str) -> Step | None:
    """Return a step of the chain that decides this request, None if it has no such step."""
    chain = pack.chains.get(file.submitted.chain) if file.submitted is not None else None
    return next((step for step in chain.steps if step.id == step_id), None) if chain is not None else None


def role_for(file: RequestFile, by: Signatory, chosen: Step | None) -> str:
    """Return the role in which a person signs: the step's, if he has it. Only the requester is the applicant."""
    assert file.submitted is not None
    own = by.roles - {APPLICANT} | ({APPLICANT} if by.person == file.submitted.requester else set())
    fitting = sorted(own & chosen.roles) if chosen is not None else []
    return next(iter(fitting or sorted(own)), "")


def _done(file: RequestFile) -> list[dict[str, object]]:
    return [_entry(signed) for signed in file.signatures]


def _entry(signed: Signed) -> dict[str, object]:
    event = signed.event
    entry: dict[str, object] = {"step": event.step, "person": event.person, "role": event.role}
    match event:
        case StepReturned():
            entry["returned"] = True
        case StepDenied():
            entry["denied"] = True
        case StepApproved(delegated_by=delegated_by, rank=rank):
            entry |= {"delegated_by": delegated_by, "rank": rank}
    return entry
