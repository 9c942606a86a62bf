"""Carries out decisions on live projects, and tells how one stands to whoever has a part in it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.ledger import Desk, history, lock
from services.access.policies.project_file import CHAIN, ProjectFile, fold
from services.access.policies.projects import Decision, decide, decide_withdrawal
from services.access.protections import store
from services.access.protections.wording import iso
from services.access.refusals import Unknown, Unusable
from services.access.requests import reading
from services.access.requests.packs import policy_in_force
from services.access.tables import stream
from services.kernel.binding import policy_of
from services.kernel.events import ProjectDecided
from services.kernel.policy import Pack
from services.runtime.identity import Person

LISTED_MAX: Final = 200
PREFIX: Final = "project/"


async def decide_project(  # noqa: PLR0917 - the wiring comes first, then the case
    engine: AsyncEngine, desk: Desk, who: Person, project_id: str, policy_id: str, asked: Decision
) -> dict[str, object]:
    """Record one decision and return how the project stands now."""
    async with engine.begin() as tx:
        await lock(tx, PREFIX + project_id)
        pack = await policy_in_force(tx, desk, policy_id, await desk.clock(tx))
        event = decide(pack, await load(tx, desk, project_id, pack), who, asked)
        await _must_bind(tx, desk, pack, event.cameras)
        after = await _append(tx, desk, who, pack, event)
    return {"decision": event.decision, **told(after, pack)}


async def withdraw_decision(  # noqa: PLR0917 - the wiring comes first, then the case
    engine: AsyncEngine, desk: Desk, who: Person, project_id: str, decision: str, why: str
) -> dict[str, object]:
    """Take a decision back, with every later one: what is open under the project is cut (LIVE-04)."""
    async with engine.begin() as tx:
        await lock(tx, PREFIX + project_id)
        project, pack = await found(tx, desk, project_id)
        event = decide_withdrawal(pack, project, who, decision)
        after = await _append(tx, desk, who, pack, event, why)
    return {"withdrawn": decision, **told(after, pack)}


async def load(tx: AsyncConnection, desk: Desk, project_id: str, pack: Pack) -> ProjectFile:
    """Return a project as its decisions left it; one that nobody decided on is empty."""
    return fold(project_id, await history(tx, desk.codec, PREFIX + project_id), pack)


async def found(tx: AsyncConnection, desk: Desk, project_id: str) -> tuple[ProjectFile, Pack]:
    """Return a project with the version that binds it now. Raises Unknown."""
    past = await history(tx, desk.codec, PREFIX + project_id)
    policy_id = fold(project_id, past).policy_id
    if not policy_id:
        raise Unknown(f"no project {project_id}", remedy="list the projects that you have a part in")
    pack = await policy_in_force(tx, desk, policy_id, await desk.clock(tx))
    return fold(project_id, past, pack), pack


async def listed(tx: AsyncConnection, desk: Desk, who: Person) -> list[tuple[ProjectFile, Pack]]:
    """Return the projects that a person may see, those decided on last first."""
    ids = await tx.scalars(
        select(stream.c.stream_id).where(stream.c.stream_id.startswith(PREFIX)).order_by("stream_id")
    )
    every = [await found(tx, desk, each.removeprefix(PREFIX)) for each in list(ids)[-LISTED_MAX:]]
    return [(project, pack) for project, pack in every if may_read(pack, who, project)]


def may_read(pack: Pack, who: Person, project: ProjectFile) -> bool:
    """Whoever decides on projects, whom one names as member, and who audits."""
    roles = {role for step in pack.chains[CHAIN].steps for role in step.roles} | reading.READERS
    return bool(who.roles & roles) or who.person_id in project.members


def told(project: ProjectFile, pack: Pack) -> dict[str, object]:
    """Return a project as JSON."""
    starts, ends = project.period
    return {
        "project_id": project.project_id,
        "policy_id": pack.id,
        "open_steps": list(project.open_steps(pack)),
        "record": project.record,
        "cameras": list(project.cameras),
        "members": list(project.members),
        "networks": list(project.networks),
        "period": [iso(starts), iso(ends)],
    }


async def _append(  # noqa: PLR0917 - the wiring comes first, then the case
    tx: AsyncConnection, desk: Desk, who: Person, pack: Pack, event: ProjectDecided, why: str = ""
) -> ProjectFile:
    ledger = await desk.ledger(tx, who.actor(event.role), policy_version=pack.reference)
    ledger.reason = why
    await ledger.append(PREFIX + event.project_id, event, event.project_id)
    return await load(tx, desk, event.project_id, pack)


async def _must_bind(tx: AsyncConnection, desk: Desk, pack: Pack, cameras: tuple[str, ...]) -> None:
    """The police consent to cameras of this policy: one of another agency's isn't theirs to show here."""
    standing, now = await store.camera_bindings(tx), await desk.clock(tx)
    foreign = [each for each in cameras if policy_of(standing, each, "", now) != pack.id]
    if foreign:
        raise Unusable(
            f"{', '.join(foreign[:5])} isn't bound to {pack.id}",
            rule=CHAIN,
            clauses=pack.chains[CHAIN].clauses,
            remedy="name cameras of this policy: GET /api/v1/policies shows what it binds",
            message=pack.chains[CHAIN].title,
            word="CameraOfAnotherPolicy",
        )
