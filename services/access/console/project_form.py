"""What a person may decide on a live project now, and the questions of its record. Asked of the deciders; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.access.console.forms import Filled
from services.access.console.may import refusal_of
from services.access.policies.project_file import CHAIN, DECISIONS, ProjectFile
from services.access.policies.projects import LATER, RECORD, Decision, decide, decide_withdrawal
from services.access.refusals import AccessRefusal
from services.kernel.policy import Pack
from services.kernel.policy.rules import Step
from services.runtime.identity import Person

FALSE: Final = "\0False"
PERSONS: Final = frozenset({"police_contact", "dashboard_admin"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One decision as one person finds it: his to make, to make narrower, or to take back; else why it isn't."""

    step: Step
    decidable: bool = False
    narrower: bool = False
    withdrawable: bool = False
    refusal: AccessRefusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordQuestion:
    """One question of a project's record. ``sort`` is text, choice, person or attest."""

    name: str
    sort: str
    choices: tuple[str, ...] = ()


def turns(pack: Pack, project: ProjectFile, who: Person) -> list[Turn]:
    """Return the decisions of a person's offices, in the chain's order."""
    return [_turn(pack, project, who, step) for step in pack.chains[CHAIN].steps if who.roles & step.roles]


def may_set_up(pack: Pack, who: Person) -> bool:
    """Tell whether a person may set up a project under this policy."""
    chain = pack.chains.get(CHAIN)
    return chain is not None and bool(who.roles & chain.steps[0].roles)


def record_questions(pack: Pack) -> list[RecordQuestion]:
    """Return the questions of a project's record in the rule's order; its period is the fifth decision's."""
    rule = pack.records.get(RECORD)
    if rule is None:
        return []
    choices = {each.field: tuple(str(value) for value in each.values) for each in rule.need.one_of}
    names = dict.fromkeys((*rule.need.fields, *choices, *rule.must_be))
    return [_question(name, choices, rule.must_be) for name in names if name not in LATER]


def record_of(pack: Pack | None, form: Filled) -> dict[str, str | bool]:
    """Return the record that a form states; an attestation that nobody ticked is left open."""
    stated: dict[str, str | bool] = {}
    for question in record_questions(pack) if pack is not None else []:
        answer = form.one(f"record.{question.name}")
        if question.sort == "attest":
            stated |= {question.name: False} if answer == "attested" else {}
        elif answer:
            stated[question.name] = answer
    return stated


def _question(name: str, choices: Mapping[str, tuple[str, ...]], must_be: Mapping[str, object]) -> RecordQuestion:
    if name in choices:
        return RecordQuestion(name=name, sort="choice", choices=choices[name])
    if must_be.get(name) in {FALSE, False}:
        return RecordQuestion(name=name, sort="attest")
    return RecordQuestion(name=name, sort="person" if name in PERSONS else "text")


def _turn(pack: Pack, project: ProjectFile, who: Person, step: Step) -> Turn:
    standing = step.id in project.said
    refusal = refusal_of(lambda: decide(pack, project, who, _as_it_stands(project, step.id)))
    barred = refusal is not None and (refusal.kind == "NotEntitled" or _waits(project, pack, step))
    return Turn(
        step=step,
        decidable=not standing and not barred,
        narrower=standing and step.id in DECISIONS[2:] and not barred,
        withdrawable=standing and refusal_of(lambda: decide_withdrawal(pack, project, who, step.id)) is None,
        refusal=refusal if barred else None,
    )


def _waits(project: ProjectFile, pack: Pack, step: Step) -> bool:
    still = project.open_steps(pack)
    before = [each.id for each in pack.chains[CHAIN].steps]
    return any(each in still for each in before[: before.index(step.id)])


def _as_it_stands(project: ProjectFile, decision: str) -> Decision:
    starts, ends = project.period
    return Decision(
        decision=decision,
        record=project.record,
        cameras=project.cameras,
        members=project.members,
        networks=project.networks,
        period_from=starts,
        period_to=ends,
    )
