"""The five decisions that open a live project, judged by the pack's chain (LIVE-03); opening itself comes later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.ledger import Desk, gate, history, lock
from services.access.protections.wording import iso
from services.access.refusals import NotEntitled, Unusable
from services.access.requests import words
from services.access.requests.office import policy_in_force
from services.kernel.envelope import Recorded
from services.kernel.events import ProjectDecided
from services.kernel.policy import Pack
from services.kernel.policy.chains import Progress, open_steps, replay, steps_of
from services.kernel.policy.rules import Chain
from services.runtime.identity import Person

DECISIONS: Final = ("group", "lead_decision", "police_consent", "members", "set_permissions")
CHAIN: Final = "chain.project"


class Decision(Protocol):
    """What one decision says."""

    @property
    def decision(self) -> str: ...
    @property
    def members(self) -> list[str]: ...
    @property
    def period_from(self) -> datetime | None: ...
    @property
    def period_to(self) -> datetime | None: ...


async def decide_project(  # noqa: PLR0917 - the wiring comes first, then the case
    engine: AsyncEngine, desk: Desk, who: Person, project_id: str, policy_id: str, asked: Decision
) -> dict[str, object]:
    """Record one decision and return what is still open."""
    stream = f"project/{project_id}"
    async with engine.begin() as tx:
        await gate(tx)
        await lock(tx, stream)
        ledger = await desk.ledger(tx, who.actor(next(iter(sorted(who.roles)), "")))
        pack = await policy_in_force(tx, desk, policy_id, ledger.now)
        ledger.policy_version = pack.reference
        done = _done(await history(tx, desk.codec, stream))
        event = decide(pack, done, who, project_id, asked)
        await ledger.append(stream, event, project_id)
    entry = {"step": event.decision, "person": event.person, "role": event.role}
    return {
        "project_id": project_id,
        "decision": event.decision,
        "open_steps": list(open_steps(pack.chains[CHAIN], {"done": [*done, entry]})),
        "period": [iso(event.period_from), iso(event.period_to)],
    }


def decide(pack: Pack, done: list[dict[str, object]], who: Person, project_id: str, asked: Decision) -> ProjectDecided:
    """Return the event of one decision; raises a refusal that names order, role, four eyes or what is missing."""
    chain = pack.chains.get(CHAIN)
    step = next((s for s in chain.steps if s.id == asked.decision), None) if chain is not None else None
    if chain is None or step is None:
        raise Unusable(
            f"{pack.id} has no decision {asked.decision}", rule=CHAIN, remedy="use a pack with live projects"
        )
    roles = sorted(who.roles & step.roles)
    if not roles:
        raise NotEntitled(
            f"{who.person_id} may not decide {asked.decision}; it needs {' or '.join(sorted(step.roles))}",
            rule=step.id,
            clauses=chain.clauses,
            remedy=words.way_on("not_entitled"),
            message=step.title,
        )
    _in_order(chain, done, asked, who)
    _complete(chain, asked)
    return ProjectDecided(
        project_id=project_id,
        decision=asked.decision,
        person=who.person_id,
        role=roles[0],
        members=tuple(asked.members),
        period_from=asked.period_from,
        period_to=asked.period_to,
    )


def _in_order(chain: Chain, done: list[dict[str, object]], asked: Decision, who: Person) -> None:
    steps = steps_of(chain, {})
    progress: Progress = replay(chain, steps, {"done": done})
    before = [s.id for s in steps[: [s.id for s in steps].index(asked.decision)]]
    if asked.decision in progress.signed:
        raise Unusable(f"{asked.decision} is decided already", rule=chain.id, remedy="see the open decisions")
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


def _complete(chain: Chain, asked: Decision) -> None:
    if asked.decision == "members" and not asked.members:
        raise Unusable("no member is named", rule=chain.id, clauses=("LIVE-03",), remedy="name the members")
    if asked.decision != "set_permissions":
        return
    if asked.period_from is None or asked.period_to is None or asked.period_from >= asked.period_to:
        raise Unusable(
            "the project has no period", rule=chain.id, clauses=("LIVE-04",), remedy="give two instants in order"
        )


def _done(past: Iterable[Recorded]) -> list[dict[str, object]]:
    events = [record.event for record in past if isinstance(record.event, ProjectDecided)]
    return [{"step": event.decision, "person": event.person, "role": event.role} for event in events]
