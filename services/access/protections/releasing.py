"""Before a release or a rescue: who must be present by the pack, and how late a rescue may end (decision 7)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access import footage
from services.access.footage import Clip
from services.access.ledger import Desk
from services.access.protections import store
from services.access.protections.projector import load
from services.access.refusals import NotEntitled, Unusable
from services.access.requests import words
from services.access.requests.packs import in_force
from services.kernel.policy import Pack, SegmentFacts, act, execution_allowance, interval
from services.kernel.protection import Protection
from services.kernel.scope import Scope
from services.runtime.database import db_now
from services.runtime.identity import People, Person
from services.runtime.settings import Settings

HOLD_RELEASE = "hold_release"


async def present(engine: AsyncEngine, desk: Desk, hold_id: UUID, second: Person, people: People) -> None:
    """Ask the packs that bind the hold's cameras whether these two persons may release it together."""
    async with engine.connect() as tx:
        hold = await load(tx, hold_id)
        packs = await packs_of(tx, desk, hold.scopes if hold is not None else ())
    if hold is None or hold.proposed_by in ("", second.person_id):
        return  # The decider says so in its own words.
    there = [*_roles(second), *_roles_of(people, hold)]
    for pack in packs:
        verdict = act(pack, {"act": HOLD_RELEASE, "present": there}) if HOLD_RELEASE in pack.acts else None
        if verdict is not None and not verdict.allowed:
            raise NotEntitled(
                f"{second.person_id} with {hold.proposed_by}: {words.explain(verdict)}; "
                f"needs {' and '.join(verdict.need)}",
                rule=verdict.rule,
                clauses=verdict.clauses,
                remedy="two persons of the roles that the policy names release a hold",
                message=pack.says(verdict.rule),
            )


async def rescue_ends_by(engine: AsyncEngine, desk: Desk, settings: Settings, scope: Scope) -> datetime | None:
    """Return the latest end of a rescue: the earliest maximum of its footage less the time to carry it out.

    Raises Unusable when there is nothing to rescue: what is gone stays gone.
    """
    clips = await footage.clips(settings, scope.cameras, scope.starts_at, scope.ends_at)
    kept = [clip for clip in clips if clip.state == "kept"]
    if not kept:
        gone = f", {len(clips)} destroyed earlier" if clips else ""
        raise Unusable(
            f"no footage in this scope can be rescued (0 kept{gone})",
            rule="rescue",
            remedy="what was destroyed can't be restored; see its receipt: GET /api/v1/segments at ingest",
        )
    async with engine.connect() as tx:
        ends = [await _ends_by(tx, desk, clip) for clip in kept]
    return min((end for end in ends if end is not None), default=None)


async def _ends_by(tx: AsyncConnection, desk: Desk, clip: Clip) -> datetime | None:
    pack = await pack_of_camera(tx, desk, clip.camera_id)
    if pack is None:
        return None
    facts = SegmentFacts(start=clip.started_at, end=clip.ended_at, retention_class=clip.retention_class)
    destroy_by = interval(pack, facts).destroy_by
    return destroy_by and destroy_by - execution_allowance(pack)


async def pack_of_camera(tx: AsyncConnection, desk: Desk, camera_id: str) -> Pack | None:
    """Return the version that binds a camera now."""
    now = await db_now(tx)
    policy_id = await store.pack_of_camera(tx, camera_id, now)
    return await in_force(tx, desk, policy_id, now) if policy_id else None


async def packs_of(tx: AsyncConnection, desk: Desk, scopes: tuple[Scope, ...]) -> list[Pack]:
    """Return the packs that bind the cameras that these scopes name; every binding pack if one names none."""
    now = await db_now(tx)
    cameras = {camera for scope in scopes for camera in scope.cameras}
    if any(not scope.cameras for scope in scopes):
        cameras = {binding.camera_id for binding in await store.camera_bindings(tx) if binding.camera_id}
    found: dict[str, Pack] = {}
    for camera in sorted(cameras):
        policy_id = await store.pack_of_camera(tx, camera, now)
        pack = await pack_of_camera(tx, desk, camera) if policy_id and policy_id not in found else None
        if pack is not None:
            found[pack.id] = pack
    return list(found.values())


def _roles(who: Person) -> list[dict[str, object]]:
    return [{"person": who.person_id, "role": role} for role in sorted(who.roles)]


def _roles_of(people: People, hold: Protection) -> list[dict[str, object]]:
    accounts = [each for each in people.by_account.values() if each.person_id == hold.proposed_by]
    return [entry for each in accounts for entry in _roles(each)]
