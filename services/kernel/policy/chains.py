"""May this person take this step of this chain? Prohibition, denied, in the chain, not done, order, authority, fields,
four eyes. Four eyes count persons, never accounts, and a delegate counts together with whoever delegated to him.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from services.kernel.policy.authority import authority, entitled
from services.kernel.policy.conditions import Truth, misspelt
from services.kernel.policy.facts import Facts, answered, lookup, mappings, text
from services.kernel.policy.gates import barred, routed
from services.kernel.policy.needs import unique
from services.kernel.policy.pack import Pack
from services.kernel.policy.rules import Chain, Gate, Rule, Step
from services.kernel.policy.verdicts import NEVER, Outcome, StepVerdict

REQUESTER: Final = "requester"
DECISIONS: Final = {"": "", "approve": "", "deny": Outcome.DENIED, "return": Outcome.RETURNED}


@dataclass(slots=True)
class Progress:
    """What of a chain stands, replayed in order: a step signed before its turn doesn't count."""

    signed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    denied: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    chain: Chain
    steps: Sequence[Step]
    chosen: Step
    progress: Progress
    facts: Facts


def steps_of(chain: Chain, facts: Facts) -> tuple[Step, ...]:
    """Steps that this case needs; one whose condition isn't known stays in force."""
    return tuple(step for step in chain.steps if step.applies.judge(facts).truth is not Truth.NO)


def open_steps(chain: Chain, facts: Facts) -> tuple[str, ...]:
    """Steps of the chain that aren't validly signed in ``done``; all of them once somebody denied."""
    steps = steps_of(chain, facts)
    progress = replay(chain, steps, facts)
    return tuple(step.id for step in steps if progress.denied or step.id not in progress.signed)


def step(pack: Pack, facts: Facts) -> StepVerdict:
    """Judge one signature: ``step``, ``person``, ``role``, ``rank``, ``delegation``, ``decision``, after ``done``."""
    chain, refusal = _chain(pack, facts)
    if chain is None:
        return refusal
    steps = steps_of(chain, facts)
    progress = replay(chain, steps, facts)
    if progress.denied:
        return _refused(chain, "denied_already")
    wanted = text(facts.get("step"))
    chosen = next((each for each in steps if each.id == wanted), None)
    if chosen is None:
        return _refused(chain, "not_in_chain")
    if wanted in progress.signed:
        return _refused(chain, "done_already")
    if waiting := _waiting_for(chosen, steps, progress):
        return _refused(chain, "out_of_order", waiting_for=waiting)
    return _signature(pack, _Case(chain, steps, chosen, progress, facts))


def withdraw(pack: Pack, facts: Facts) -> StepVerdict:
    """Judge taking a signed step back: it reopens, with every step that rested on it; a grant from it is gone."""
    chain, refusal = _chain(pack, facts)
    if chain is None:
        return refusal
    steps = steps_of(chain, facts)
    progress = replay(chain, steps, facts)
    wanted = next((each for each in steps if each.id == text(facts.get("step"))), None)
    if wanted is None or wanted.id not in progress.signed:
        return _refused(chain, "not_signed")
    if not wanted.withdrawable:
        return _refused(chain, "not_withdrawable")
    person = text(facts.get("person"))
    if not person:
        return _incomplete(chain, ("person",))
    if person not in progress.signed[wanted.id] and not entitled(pack, wanted, facts):
        return _refused(chain, "not_entitled")
    _take_back(wanted, steps, progress)
    still_open = tuple(each.id for each in steps if each.id not in progress.signed)
    rule = _cited(chain, wanted)
    return StepVerdict(outcome=Outcome.WITHDRAWN, rule=rule.id, clauses=rule.clauses, chain=chain.id, open=still_open)


def replay(chain: Chain, steps: Sequence[Step], facts: Facts) -> Progress:
    """Walk ``done`` in order. An entry may carry ``denied``, ``returned`` or ``withdrawn``."""
    progress = Progress()
    by_id = {each.id: each for each in steps}
    for entry in mappings(facts.get("done")):
        if answered(entry.get("returned")) and entry.get("returned") is not False:
            progress.signed.clear()
            continue
        if entry.get("denied") is True:
            progress.denied = True
        done = by_id.get(text(entry.get("step")))
        if done is None:
            continue
        if entry.get("withdrawn") is True:
            _take_back(done, steps, progress)
        elif not _waiting_for(done, steps, progress):
            _sign(chain, done, entry, progress, facts)
    return progress


def _chain(pack: Pack, facts: Facts) -> tuple[Chain | None, StepVerdict]:
    """The chain that decides this case. A chain named by the caller never replaces the one that the pack derives."""
    named = text(facts.get("chain"))
    if named and named not in pack.request_chains:
        chain = pack.chains.get(named)
        return chain, StepVerdict(outcome=Outcome.REFUSED, reason="no_such_chain")
    bar, route = barred(pack, Gate.REQUEST, facts), routed(pack, facts)
    if bar.by is not None:
        return None, StepVerdict(
            outcome=Outcome.REFUSED,
            reason="forbidden",
            rule=bar.by.id,
            clauses=bar.by.clauses,
            message=bar.by.message,
            override=NEVER,
        )
    questions = unique((*bar.missing, *route.missing)) if bar.missing or route.to is None else ()
    questions = questions or misspelt(facts, pack.vocabulary)
    kind = text(lookup(facts, "request.kind"))
    if not questions and route.to is None and kind not in pack.requests:
        questions = ("request.kind",)
    if questions:
        return None, StepVerdict(outcome=Outcome.INCOMPLETE, reason="missing", missing=questions)
    derived = pack.chains[route.to.chain if route.to is not None else pack.requests[kind].chain]
    if named and named != derived.id:
        return None, _refused(derived, "wrong_chain")
    return derived, StepVerdict(outcome=Outcome.RECORDED)


def _signature(pack: Pack, case: _Case) -> StepVerdict:
    chosen, facts, rule = case.chosen, case.facts, _cited(case.chain, case.chosen)
    person = text(facts.get("person"))
    if not person:
        return _incomplete(rule, ("person",))
    reason, delegator = authority(pack, chosen, facts)
    if reason:
        return _refused(rule, reason)
    if lacking := tuple(name for name in chosen.fields if not answered(lookup(facts, name))):
        return _incomplete(rule, lacking)
    persons = (person, delegator) if delegator else (person,)
    unknown, clash = _four_eyes(case.chain, chosen, persons, case.progress, facts)
    if clash:
        return _refused(rule, "four_eyes")
    if unknown:
        return _incomplete(rule, unknown)
    return _outcome(case, rule, delegator)


def _outcome(case: _Case, rule: Rule, delegator: str) -> StepVerdict:
    decision = text(case.facts.get("decision"))
    if decision not in DECISIONS:
        return _incomplete(rule, (f"decision={decision}",))
    done = {*case.progress.signed, case.chosen.id}
    still_open = tuple(each.id for each in case.steps if each.id not in done)
    outcome = DECISIONS[decision] or (Outcome.RECORDED if still_open else Outcome.GRANTED)
    if outcome == Outcome.RETURNED:
        still_open = tuple(each.id for each in case.steps)
    return StepVerdict(
        outcome=outcome,
        rule=rule.id,
        clauses=rule.clauses,
        chain=case.chain.id,
        open=still_open,
        delegated_by=delegator,
    )


def _four_eyes(
    chain: Chain, chosen: Step, persons: tuple[str, ...], progress: Progress, facts: Facts
) -> tuple[tuple[str, ...], bool]:
    """Questions that must be answered before four eyes can be judged, and whether one person would act twice."""
    unknown: list[str] = []
    for group in chain.distinct:
        if chosen.id not in group:
            continue
        for other in group:
            if other == chosen.id:
                continue
            others = _persons(other, progress, facts)
            if any(person in others for person in persons):
                return (), True
            if not others and (other == REQUESTER or other in progress.signed):
                unknown.append("requester.person" if other == REQUESTER else f"done.{other}.person")
    return unique(unknown), False


def _persons(name: str, progress: Progress, facts: Facts) -> tuple[str, ...]:
    if name != REQUESTER:
        return progress.signed.get(name, ())
    person = text(lookup(facts, "requester.person"))
    return (person,) if person else ()


def _sign(chain: Chain, done: Step, entry: Facts, progress: Progress, facts: Facts) -> None:
    person, delegator = text(entry.get("person")), text(entry.get("delegated_by"))
    persons = tuple(each for each in (person, delegator) if each)
    _, clash = _four_eyes(chain, done, persons, progress, facts)
    # A signature that breaks four eyes never counted, whoever let it onto the log.
    if persons and not clash:
        progress.signed[done.id] = persons


def _waiting_for(chosen: Step, steps: Sequence[Step], progress: Progress) -> tuple[str, ...]:
    return tuple(name for name in _before(chosen, steps) if name not in progress.signed)


def _before(chosen: Step, steps: Sequence[Step]) -> tuple[str, ...]:
    known = [each.id for each in steps]
    if any(each.after for each in steps):
        return tuple(name for name in chosen.after if name in known)
    return tuple(known[: known.index(chosen.id)])


def _take_back(withdrawn: Step, steps: Sequence[Step], progress: Progress) -> None:
    progress.signed.pop(withdrawn.id, None)
    for each in steps:
        if each.id in progress.signed and withdrawn.id in _before(each, steps):
            _take_back(each, steps, progress)


def _cited(chain: Chain, chosen: Step) -> Rule:
    return chosen if chosen.clauses else chain


def _refused(rule: Rule, reason: str, *, waiting_for: tuple[str, ...] = ()) -> StepVerdict:
    return StepVerdict(
        outcome=Outcome.REFUSED, reason=reason, rule=rule.id, clauses=rule.clauses, waiting_for=waiting_for
    )


def _incomplete(rule: Rule, missing: tuple[str, ...]) -> StepVerdict:
    return StepVerdict(
        outcome=Outcome.INCOMPLETE, reason="missing", rule=rule.id, clauses=rule.clauses, missing=missing
    )
