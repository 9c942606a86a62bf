"""What may a person do with a request now? Asked of the deciders themselves, and thrown away: no second rule here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from services.access.refusals import AccessRefusal
from services.access.requests.chain import chain_facts, open_now
from services.access.requests.commands import CloseRequest, DelegateStep, Signatory, SignStep
from services.access.requests.decider import decide_closing, decide_step, decide_withdrawal
from services.access.requests.delegating import decide_delegation
from services.access.requests.file import RequestFile
from services.kernel.policy import Pack
from services.kernel.policy.chains import steps_of
from services.kernel.policy.rules import Step

CONSULT: Final = "consult"
SIGNER: Final = ("approve", "return", "deny")
# What a decider says when nothing but an answer is lacking: the form then asks for it.
LACKING: Final = "Missing"
TURNS: Final = ("OutOfOrder", "DoneAlready")
NOBODY: Final = "-"
LAST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One open step as one person finds it: the decisions that are his to take, else why none is."""

    step: Step
    decisions: tuple[str, ...]
    refusal: AccessRefusal | None = None

    @property
    def asks_for(self) -> tuple[str, ...]:
        """Return the questions of the step besides an opinion, which has a field of its own."""
        return tuple(name for name in self.step.fields if name != "opinion")


def turns(pack: Pack, file: RequestFile, by: Signatory, now: datetime) -> list[Turn]:
    """Return the open steps that are a person's to sign, now or later; those of other people are left out."""
    found = [_turn(pack, file, step, by, now) for step in open_steps(pack, file)]
    return [turn for turn in found if turn.decisions or by.roles & turn.step.roles]


def to_sign(pack: Pack, file: RequestFile, by: Signatory, now: datetime) -> list[Step]:
    """Return the steps that wait for a person now: those for which ``turns`` has decisions, with fewer questions."""
    delegated = any(each.event.to == by.person for each in file.delegations)
    mine = [step for step in open_steps(pack, file) if delegated or by.roles & step.roles]
    return [
        step
        for step in mine
        if any(_is_his(file, step, by, _sign(pack, file, step, by, each, now)) for each in _decisions(step))
    ]


def open_steps(pack: Pack, file: RequestFile) -> list[Step]:
    """Return the steps that are still to be signed, in the chain's order."""
    still = open_now(pack, file)
    return [step for step in steps(pack, file) if step.id in still]


def steps(pack: Pack, file: RequestFile) -> tuple[Step, ...]:
    """Return the steps that this case needs; none for a form that was refused."""
    if file.submitted is None:
        return ()
    return steps_of(pack.chains[file.submitted.chain], chain_facts(file))


def whose_turn(pack: Pack, file: RequestFile, now: datetime) -> list[Step]:
    """Return the steps that could be signed now, by whoever is entitled: those that nothing else comes before."""
    nobody = Signatory(person=NOBODY, roles=frozenset())
    return [s for s in open_steps(pack, file) if _reason(_sign(pack, file, s, nobody, "approve", now)) not in TURNS]


def may_withdraw(file: RequestFile, by: Signatory, now: datetime) -> bool:
    return refusal_of(lambda: decide_withdrawal(file, by, now)) is None


def may_close(pack: Pack, file: RequestFile, by: Signatory, now: datetime) -> bool:
    command = CloseRequest(request_id=file.request_id, by=by)
    return refusal_of(lambda: decide_closing(pack, file, command, now)) is None


def may_delegate(pack: Pack, file: RequestFile, step: Step, by: Signatory, now: datetime) -> bool:
    command = DelegateStep(
        request_id=file.request_id, step=step.id, by=by, to=NOBODY, valid_from=now, valid_to=LAST
    )  # fmt: skip
    return refusal_of(lambda: decide_delegation(pack, file, command, now)) is None


def refusal_of(decide: Callable[[], object]) -> AccessRefusal | None:
    """Ask a decider and throw its events away; return why it refuses, None if it doesn't."""
    try:
        decide()
    except AccessRefusal as refusal:
        return refusal
    return None


def _turn(pack: Pack, file: RequestFile, step: Step, by: Signatory, now: datetime) -> Turn:
    wanted = _decisions(step)
    answers = {decision: _sign(pack, file, step, by, decision, now) for decision in wanted}
    allowed = tuple(decision for decision, refusal in answers.items() if _is_his(file, step, by, refusal))
    return Turn(step=step, decisions=allowed, refusal=None if allowed else answers[wanted[0]])


def _is_his(file: RequestFile, step: Step, by: Signatory, refusal: AccessRefusal | None) -> bool:
    """What lacks is asked before who signs: a form asks for it only of whom the step may be for."""
    delegated = any(each.event.to == by.person for each in file.delegations)
    may_be = delegated or bool(by.roles & step.roles or step.min_rank)
    return refusal is None or (_reason(refusal) == LACKING and may_be)


def _decisions(step: Step) -> tuple[str, ...]:
    return (CONSULT, "return") if step.act == CONSULT else SIGNER


def _sign(  # noqa: PLR0917 - the case comes first, then the act
    pack: Pack, file: RequestFile, step: Step, by: Signatory, decision: str, now: datetime
) -> AccessRefusal | None:
    command = SignStep(request_id=file.request_id, step=step.id, by=by, decision=decision)
    return refusal_of(lambda: decide_step(pack, file, command, now))


def _reason(refusal: AccessRefusal | None) -> str:
    return refusal.kind if refusal is not None else ""
