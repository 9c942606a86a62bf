"""The signature line: each step of a request's chain as done, current, next, skipped or denied. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.access.requests.chain import chain_facts
from services.access.requests.file import RequestFile, Signed
from services.kernel.events import ConsultationGiven, StepDenied, StepReturned
from services.kernel.policy import Pack
from services.kernel.policy.chains import steps_of
from services.kernel.policy.rules import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One step on the line. ``how`` is done, denied, cur, next or skipd; ``decision`` names the seal."""

    title: Mapping[str, str]
    clauses: tuple[str, ...]
    how: str
    decision: str = ""
    signed: Signed | None = None
    after: tuple[Mapping[str, str], ...] = ()


def marks(pack: Pack, file: RequestFile, current: Sequence[Step]) -> list[Mark]:
    """Return the whole chain in its order; steps that this case doesn't need are shown as skipped."""
    if file.submitted is None or file.submitted.chain not in pack.chains:
        return []
    chain = pack.chains[file.submitted.chain]
    needed = {step.id for step in steps_of(chain, chain_facts(file))}
    standing = _standing(file)
    return [_mark(step, needed, standing, current, chain.steps) for step in chain.steps]


def _standing(file: RequestFile) -> dict[str, Signed]:
    """Signatures that count: one that was returned wipes those before it."""
    found: dict[str, Signed] = {}
    for signed in file.signatures:
        if isinstance(signed.event, StepReturned):
            found.clear()
        else:
            found[signed.event.step] = signed
    return found


def _mark(
    step: Step, needed: set[str], standing: Mapping[str, Signed], current: Sequence[Step], every: Sequence[Step]
) -> Mark:  # fmt: skip
    signed = standing.get(step.id)
    if signed is not None:
        how = "denied" if isinstance(signed.event, StepDenied) else "done"
        return Mark(title=step.title, clauses=step.clauses, how=how, decision=_decision(signed), signed=signed)
    if step.id not in needed:
        return Mark(title=step.title, clauses=step.clauses, how="skipd")
    is_current = any(each.id == step.id for each in current)
    return Mark(
        title=step.title, clauses=step.clauses, how="cur" if is_current else "next", after=_before(step, every, needed)
    )


def _before(step: Step, every: Sequence[Step], needed: set[str]) -> tuple[Mapping[str, str], ...]:
    """The step that a reader waits for: the last needed one before this."""
    earlier = [each for each in every[: list(every).index(step)] if each.id in needed]
    return (earlier[-1].title,) if earlier else ()


def _decision(signed: Signed) -> str:
    if isinstance(signed.event, StepDenied):
        return "deny"
    return "consult" if isinstance(signed.event, ConsultationGiven) else "approve"
