"""The five decisions on a live project, each by its office and in order (LIVE-03). Made again, one only narrows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_network
from typing import Any

from services.access.policies.project_file import CHAIN, ProjectFile
from services.access.refusals import NotEntitled, Unusable
from services.access.requests import words
from services.kernel.events import FieldValue, ProjectDecided
from services.kernel.policy import Outcome, Pack, record
from services.kernel.policy.chains import Progress, replay, steps_of, withdraw
from services.kernel.policy.rules import Chain, Step
from services.runtime.identity import Person

RECORD = "record.project"
# The record is judged when the group is set up; its period is the fifth decision's.
LATER = frozenset({"from", "to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one decision says; each uses the part that is its own."""

    decision: str
    record: Mapping[str, Any] = field(default_factory=dict)
    cameras: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    period_from: datetime | None = None
    period_to: datetime | None = None


def decide(pack: Pack, project: ProjectFile, who: Person, asked: Decision) -> ProjectDecided:
    """Return the event of one decision; raises a refusal that names order, role, four eyes or what is missing."""
    chain, step = _step(pack, asked.decision)
    role = _role(chain, step, who)
    _one_policy(pack, project)
    progress = _in_order(chain, project, asked, who)
    _complete(pack, step, project, asked)
    if asked.decision in progress.signed:
        _narrower(step, project, asked)
    return ProjectDecided(
        project_id=project.project_id,
        decision=asked.decision,
        person=who.person_id,
        role=role,
        members=asked.members if asked.decision == "members" else (),
        period_from=asked.period_from if asked.decision == "set_permissions" else None,
        period_to=asked.period_to if asked.decision == "set_permissions" else None,
        cameras=asked.cameras if asked.decision == "police_consent" else (),
        networks=asked.networks if asked.decision == "set_permissions" else (),
        values=_values(asked.record) if asked.decision == "group" else (),
    )


def decide_withdrawal(pack: Pack, project: ProjectFile, who: Person, decision: str) -> ProjectDecided:
    """Return the event that takes a decision back, with every later one; its office, or who made it, may."""
    chain, step = _step(pack, decision)
    roles = sorted(who.roles & step.roles) or sorted(who.roles)
    facts = {"chain": CHAIN, "step": decision, "person": who.person_id, "role": roles[0] if roles else ""}
    verdict = withdraw(pack, {**facts, "done": list(project.done)})
    if verdict.outcome != Outcome.WITHDRAWN:
        refusal = NotEntitled if verdict.reason == "not_entitled" else Unusable
        raise refusal(
            f"{decision} of project {project.project_id} can't be withdrawn: {words.explain(verdict)}",
            rule=verdict.rule or chain.id,
            clauses=verdict.clauses or chain.clauses,
            remedy=words.way_on(verdict.reason),
            message=chain.title,
            word="".join(part.capitalize() for part in verdict.reason.split("_")),
        )
    return ProjectDecided(
        project_id=project.project_id,
        decision=decision,
        person=who.person_id,
        role=facts["role"],
        members=(),
        period_from=None,
        period_to=None,
        withdrawn=True,
    )


def _step(pack: Pack, decision: str) -> tuple[Chain, Step]:
    chain = pack.chains.get(CHAIN)
    step = next((s for s in chain.steps if s.id == decision), None) if chain is not None else None
    if chain is None or step is None:
        raise Unusable(f"{pack.id} has no decision {decision}", rule=CHAIN, remedy="use a pack with live projects")
    return chain, step


def _role(chain: Chain, step: Step, who: Person) -> str:
    roles = sorted(who.roles & step.roles)
    if roles:
        return roles[0]
    raise NotEntitled(
        f"{who.person_id} may not decide {step.id}; it needs {' or '.join(sorted(step.roles))}",
        rule=step.id,
        clauses=chain.clauses,
        remedy=words.way_on("not_entitled"),
        message=step.title,
        roles=step.roles,
    )


def _one_policy(pack: Pack, project: ProjectFile) -> None:
    if project.policy_id and project.policy_id != pack.id:
        raise Unusable(
            f"project {project.project_id} is decided under {project.policy_id}, not under {pack.id}",
            rule=CHAIN,
            remedy=f"name {project.policy_id}, or set up a project of your own",
        )


def _in_order(chain: Chain, project: ProjectFile, asked: Decision, who: Person) -> Progress:
    steps = steps_of(chain, {})
    progress: Progress = replay(chain, steps, {"done": list(project.done)})
    before = [s.id for s in steps[: [s.id for s in steps].index(asked.decision)]]
    if waiting := [each for each in before if each not in progress.signed]:
        raise Unusable(
            f"{asked.decision} comes after {', '.join(waiting)}",
            rule=chain.id,
            clauses=chain.clauses,
            remedy=words.way_on("out_of_order"),
            message=chain.title,
        )
    others = {each for group in chain.distinct if asked.decision in group for each in group} - {asked.decision}
    if any(who.person_id in progress.signed.get(other, ()) for other in others):
        raise NotEntitled(
            f"{who.person_id} has decided {' or '.join(sorted(others))} and may not decide {asked.decision} too",
            rule=chain.id,
            clauses=chain.clauses,
            remedy=words.way_on("four_eyes"),
            message=chain.title,
        )
    return progress


def _complete(pack: Pack, step: Step, project: ProjectFile, asked: Decision) -> None:
    match asked.decision:
        case "group":
            _recordable(pack, asked.record, LATER)
        case "police_consent" if not asked.cameras:
            raise _lacking(step, "no camera is named", "name the cameras that the police consent to")
        case "members" if not asked.members:
            raise _lacking(step, "no member is named", "name the members")
        case "set_permissions":
            _period(step, asked)
            _networks(step, asked.networks)
            ends = {"from": str(asked.period_from), "to": str(asked.period_to)}
            _recordable(pack, {**project.record, **ends}, frozenset())


def _recordable(pack: Pack, values: Mapping[str, Any], later: frozenset[str]) -> None:
    """Hold the project's record against the pack's rule for it: purpose, offices, nothing outsourced (LIVE-08, 09)."""
    if RECORD not in pack.records:
        return
    verdict = record(pack, {"record": RECORD, "values": dict(values)})
    missing = [each for each in verdict.missing if each not in later]
    if verdict.outcome == Outcome.ACCEPTED or (verdict.outcome == Outcome.INCOMPLETE and not missing):
        return
    raise Unusable(
        f"the project's record: {words.explain(verdict) if missing else verdict.reason} ({', '.join(missing)})",
        rule=verdict.rule or RECORD,
        clauses=verdict.clauses,
        remedy=f"state {', '.join(missing) or 'the record'} as the policy asks for it",
        message=pack.says(verdict.rule),
        more={"missing": [f"project.{each}" for each in missing]},
        word="RecordIncomplete" if verdict.outcome == Outcome.INCOMPLETE else "RecordRefused",
    )


def _period(step: Step, asked: Decision) -> None:
    if asked.period_from is None or asked.period_to is None or asked.period_from >= asked.period_to:
        raise _lacking(step, "the project has no period", "give two instants in order")


def _networks(step: Step, networks: tuple[str, ...]) -> None:
    for each in networks:
        try:
            wide = ip_network(each).prefixlen == 0
        except ValueError as error:
            raise _lacking(step, f"{each[:60]!r} is no network", "write it as 10.9.0.0/24 or 2001:db8::/48") from error
        if wide:
            raise _lacking(step, f"{each} is every address", "list the addresses that may reach it")
    if not networks:
        raise _lacking(step, "no source address is listed", "list the networks that may reach it")


def _narrower(step: Step, project: ProjectFile, asked: Decision) -> None:
    """Fewest people, shortest time (LIVE-04): what was decided may shrink; what grows is a new project."""
    match asked.decision:
        case "police_consent":
            shrinks = set(asked.cameras) <= set(project.cameras)
        case "members":
            shrinks = set(asked.members) <= set(project.members)
        case "set_permissions":
            shrinks = _inside(asked, project) and all(_within(each, project.networks) for each in asked.networks)
        case _:
            shrinks = False
    if not shrinks:
        raise Unusable(
            f"{asked.decision} is decided already, and may only become narrower",
            rule=step.id,
            clauses=step.clauses,
            remedy="name fewer, or an earlier end; for more set up a new project",
            message=step.title,
            word="DoneAlready",
        )


def _inside(asked: Decision, project: ProjectFile) -> bool:
    starts, ends = project.period
    if starts is None or ends is None or asked.period_from is None or asked.period_to is None:
        return False
    return starts <= asked.period_from and asked.period_to <= ends


def _within(network: str, listed: tuple[str, ...]) -> bool:
    inner = ip_network(network)
    return any(inner.version == outer.version and inner.subnet_of(outer) for outer in map(ip_network, listed))  # type: ignore[arg-type]


def _lacking(step: Step, what: str, remedy: str) -> Unusable:
    return Unusable(what, rule=step.id, clauses=step.clauses, remedy=remedy, message=step.title)


def _values(stated: Mapping[str, Any]) -> tuple[FieldValue, ...]:
    return tuple(FieldValue(name=n, value=json.dumps(v, ensure_ascii=False)) for n, v in stated.items())
