"""Carries out adoptions and bindings: gate first, decide, documents on policy.events, what binds on the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.ledger import Desk, Ledger, gate
from services.access.policies import judging
from services.access.policies.commands import AdoptVersion, Approval, BindCameras
from services.access.policies.decider import Adoption, Rebinding, Versions, decide_adoption, decide_binding
from services.access.policies.simulations import cited
from services.access.protections import store
from services.access.protections.wording import iso
from services.access.refusals import Unknown, Unusable
from services.access.requests.packs import in_force, policy_in_force
from services.access.tables import programme_end, proposal
from services.kernel.binding import PolicyBinding, binding_version, bound_now
from services.kernel.envelope import Actor
from services.kernel.events import ProgrammeEnded
from services.kernel.policy import Pack
from services.kernel.policy.scenarios import run
from services.runtime.packs import PackBroken, PackFolder, load_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What is answered, and the seq that it waits for."""

    told: Mapping[str, object]
    seq: int = 0
    proposed: bool = False


def on_offer(desk: Desk, policy_id: str, digest: str = "") -> PackFolder:
    """Return the version on offer as it lies there now; ``digest``, if given, must be its own."""
    desk.shelf.reload()
    folder = _offered(desk, policy_id)
    if digest and digest != folder.pack.digest:
        raise Unusable(
            f"the version on offer has digest {folder.pack.digest}, not {digest}",
            rule="policy.digest",
            remedy="look at what is on offer now, then adopt that",
        )
    return folder


def scenarios_passed(desk: Desk, policy_id: str, digest: str) -> int:
    """Run the offered version's own scenarios; return how many there are. Raises Unusable if one fails."""
    folder = _whole(on_offer(desk, policy_id, digest))
    failed = [scenario.id for scenario in folder.scenarios if run(folder.pack, scenario).differences]
    if failed:
        raise Unusable(
            f"{len(failed)} scenarios of {policy_id} fail: {', '.join(failed[:5])}",
            rule="policy.scenarios",
            remedy="camledger policy test shows why",
        )
    return len(folder.scenarios)


async def adopt(engine: AsyncEngine, desk: Desk, command: AdoptVersion, actor: Actor) -> Done:
    """Adopt the offered version, or note the first of two persons."""
    new = _offered(desk, command.policy_id).pack
    async with engine.begin() as tx:
        seq = await gate(tx)
        ledger = await desk.ledger(tx, actor, policy_version=new.reference)
        old = await in_force(tx, desk, new.id, ledger.now)
        if old is not None and (old.version, old.digest) == (new.version, new.digest):
            return Done(told=_adopted_already(new), seq=seq)
        # Two persons must want the same: this version, under this instrument, on this report, from this day.
        subject = f"adopt/{new.reference}/{command.instrument}/{command.simulation_digest}/{iso(command.effective)}"
        both = replace(command, approvals=await _with_first(tx, subject, command.approvals))
        report = await cited(tx, desk, new.id, command.simulation_digest)
        adoption = decide_adoption(Versions(old=old, new=new), both, report, seq + 1, ledger.now)
        if adoption.waits_for_a_second:
            await _propose(tx, subject, command.approvals[0], ledger.now)
            return Done(told=_told(new, adoption, "proposed"), proposed=True)
        desk.shelf.keep(new.id)
        return await _put_in_force(ledger, new, adoption, subject)


async def _put_in_force(ledger: Ledger, new: Pack, adoption: Adoption, subject: str) -> Done:
    assert adoption.in_force is not None
    for document in adoption.documents:
        await ledger.append(f"policy/{new.id}", document, new.id)
    await ledger.protect(adoption.in_force, new.id)
    await ledger.tx.execute(delete(proposal).where(proposal.c.subject == subject))
    state = "scheduled" if adoption.in_force.binding_from > ledger.now else "in_force"
    told = _told(new, adoption, state) | {"binding_from": iso(adoption.in_force.binding_from)}
    return Done(told=told, seq=adoption.in_force.seq)


async def bind(engine: AsyncEngine, desk: Desk, command: BindCameras, actor: Actor) -> Done:
    """Bind cameras or a class, or note the first of two persons if that shortens what one had."""
    if not command.cameras and not command.retention_class:
        raise Unusable("no camera and no class is named", rule="policy.bind", remedy="name cameras or a class")
    async with engine.begin() as tx:
        seq = await gate(tx)
        ledger = await desk.ledger(tx, actor)
        new = await policy_in_force(tx, desk, command.policy_id, ledger.now)
        ledger.policy_version = new.reference
        before = await judging.before(tx, desk, command, ledger.now)
        cameras = ",".join(command.cameras)
        subject = f"bind/{command.policy_id}/{command.retention_class}/{command.simulation_digest}/{cameras}"
        both = replace(command, approvals=await _with_first(tx, subject, command.approvals))
        report = await cited(tx, desk, new.id, command.simulation_digest)
        standing = bound_now(await store.camera_bindings(tx), ledger.now)
        kept = frozenset(camera for camera, pack in standing.items() if pack == new.id)
        change = Rebinding(new=new, before=before, kept=kept)
        binding = decide_binding(change, both, report, seq + 1, ledger.now)
        if binding.waits_for_a_second:
            await _propose(tx, subject, command.approvals[0], ledger.now)
            return Done(told={"policy_id": new.id, "state": "proposed", "cameras": list(before)}, proposed=True)
        for event in binding.events:
            await ledger.protect(event, event.camera_id or event.policy_id)
        await tx.execute(delete(proposal).where(proposal.c.subject == subject))
        bound = [{"camera_id": each.camera_id, "binding_from": iso(each.binding_from)} for each in binding.events]
        told = {"policy_id": new.id, "state": "bound", "cameras": list(before), "bound": bound}
        return Done(told=told, seq=seq + len(binding.events))


async def approvers(engine: AsyncEngine, desk: Desk, command: BindCameras) -> frozenset[str]:
    """Return the roles that the packs which judge these cameras want among those who shorten them."""
    async with engine.connect() as tx:
        packs = await judging.before(tx, desk, command, await desk.clock(tx))
    return frozenset(role for olds in packs.values() for old in olds for role in old.change_control.roles)


async def end(  # noqa: PLR0917 - the wiring comes first, then the case
    engine: AsyncEngine, desk: Desk, policy_id: str, decision: str, ended_at: datetime | None, actor: Actor
) -> datetime:
    """End a programme; the first decision stands."""
    async with engine.begin() as tx:
        await gate(tx)
        ledger = await desk.ledger(tx, actor)
        known = await tx.scalar(select(programme_end.c.ended_at).where(programme_end.c.policy_id == policy_id))
        if isinstance(known, datetime):
            return known
        event = ProgrammeEnded(policy_id=policy_id, ended_at=ended_at or ledger.now, decision=decision)
        await ledger.append(f"policy/{policy_id}", event, policy_id)
        return event.ended_at


async def ended_at(tx: AsyncConnection, policy_id: str) -> datetime | None:
    """Return when a programme ended, None while it goes on."""
    found = await tx.scalar(select(programme_end.c.ended_at).where(programme_end.c.policy_id == policy_id))
    return found if isinstance(found, datetime) else None


async def overview(tx: AsyncConnection, desk: Desk) -> list[dict[str, object]]:
    """Return every pack on offer with what binds now and which cameras it binds."""
    now = (await desk.ledger(tx, Actor(id="access", role="service:access"))).now
    cameras = bound_now(await store.camera_bindings(tx), now)
    bindings = await store.bindings(tx)
    return [
        {
            "policy_id": folder.pack.id,
            "title": dict(folder.pack.title),
            "offered": {"version": folder.pack.version, "digest": folder.pack.digest},
            "in_force": _binding_told(binding_version(bindings.get(folder.pack.id, ()), now)),
            "scheduled": [_binding_told(b) for b in bindings.get(folder.pack.id, ()) if b.binding_from > now],
            "cameras": sorted(camera for camera, pack in cameras.items() if pack == folder.pack.id),
            "programme_ended_at": iso(await ended_at(tx, folder.pack.id)),
        }
        for folder in desk.shelf.all_offered().values()
    ]


def _binding_told(binding: PolicyBinding | None) -> dict[str, object] | None:
    if binding is None:
        return None
    told: dict[str, object] = {"version": binding.version, "digest": binding.digest, "seq": binding.seq}
    return told | {"binding_from": iso(binding.binding_from), "shortens": binding.shortens}


def _offered(desk: Desk, policy_id: str) -> PackFolder:
    folder = desk.shelf.offered(policy_id)
    if (broken := desk.shelf.broken(policy_id)) is not None:
        raise _faulty(policy_id, broken)
    if folder is None:
        raise Unknown(
            f"no policy {policy_id!r} on offer",
            rule="policy",
            remedy=f"on offer: {', '.join(sorted(desk.shelf.all_offered()))}",
        )
    return folder


def _whole(checked: PackFolder) -> PackFolder:
    """Return the pack with its scenarios, which nobody needs in memory between adoptions."""
    try:
        folder = load_folder(checked.path)
    except PackBroken as broken:
        raise _faulty(checked.pack.id, broken) from broken
    if folder.pack.digest != checked.pack.digest:
        raise Unusable(
            f"{checked.pack.id} changed while it was read",
            rule="policy.digest",
            remedy="finish editing it, then adopt it",
        )
    return folder


def _faulty(policy_id: str, broken: PackBroken) -> Unusable:
    return Unusable(
        f"{policy_id} on offer has {len(broken.faults)} fault(s): {'; '.join(map(str, broken.faults[:3]))}",
        rule="policy.broken",
        remedy="camledger policy test names every fault; what is in force stays in force",
    )


async def _with_first(tx: AsyncConnection, subject: str, own: tuple[Approval, ...]) -> tuple[Approval, ...]:
    row = (await tx.execute(select(proposal).where(proposal.c.subject == subject))).first()
    if row is None or row.person == own[0].person:
        return own
    return Approval(person=row.person, role=row.body["role"]), *own


async def _propose(tx: AsyncConnection, subject: str, first: Approval, now: datetime) -> None:
    row = {"subject": subject, "person": first.person, "proposed_at": now, "body": {"role": first.role}}
    await tx.execute(insert(proposal).values(row).on_conflict_do_nothing())


def _adopted_already(pack: Pack) -> dict[str, object]:
    return {"policy_id": pack.id, "version": pack.version, "digest": pack.digest, "state": "in_force"}


def _told(pack: Pack, adoption: Adoption, state: str) -> dict[str, object]:
    told: dict[str, object] = {"policy_id": pack.id, "version": pack.version, "digest": pack.digest, "state": state}
    return told | {"shortens": list(adoption.shortens), "relaxes": list(adoption.relaxes)}
