"""Carries out decisions on the protection log: gate, decide, append; the caller then waits for the broker (A5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.ledger import Desk, Ledger, gate
from services.access.protections import store
from services.access.protections.commands import ExtendHold, PlaceHold, PlaceRescue, WriteAgain
from services.access.protections.decider import HoldCommand, decide
from services.access.protections.placing import Surroundings
from services.access.protections.projector import load, state_of
from services.access.protections.wording import body
from services.access.tables import camera
from services.kernel.binding import binding_version
from services.kernel.envelope import Actor

ACCEPTED_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was asked of other services before the gate is taken: no lock is held over a call."""

    rescue_ends_by: datetime | None = None
    count_in_scope: int | None = None


async def carry_out(
    ledger: Ledger, command: HoldCommand, *, seq: int, recovery: timedelta, known: Known | None = None
) -> int:
    """Decide one command under the gate, which the caller holds at ``seq``; return the seq after it."""
    around = Surroundings(
        seq=seq + 1,
        now=ledger.now,
        recovery=recovery,
        known_cameras=await known_cameras(ledger.tx),
        known_areas=await _areas_for(ledger.tx, command),
        rescue_ends_by=known.rescue_ends_by if known else None,
        count_in_scope=known.count_in_scope if known else None,
        parked=isinstance(command, WriteAgain) and bool(await store.parked_for(ledger.tx, command.hold_id)),
    )
    events = decide(await load(ledger.tx, command.hold_id), command, around)
    for offset, event in enumerate(events):
        await ledger.protect(replace(event, seq=seq + 1 + offset), key=str(command.hold_id))
    return seq + len(events)


async def alone(engine: AsyncEngine, desk: Desk, actor: Actor, command: HoldCommand, known: Known | None = None) -> int:
    """Carry out one command in a transaction of its own; return the seq that must be published for its answer."""
    async with engine.begin() as tx:
        seq = await gate(tx)
        ledger = await desk.ledger(tx, actor)
        await carry_out(ledger, command, seq=seq, recovery=await recovery_of(tx, desk, ledger.now), known=known)
        after = await load(tx, command.hold_id)
        assert after is not None
        return after.seq


async def recovery_of(tx: AsyncConnection, desk: Desk, now: datetime) -> timedelta:
    """Return the longest recovery window of the packs in force: a hold may cover cameras of several."""
    windows = [store.RECOVERY_WHERE_NO_PACK_SAYS]
    for policy_id, bindings in (await store.bindings(tx)).items():
        standing = binding_version(bindings, now)
        pack = desk.shelf.find(policy_id, standing.version) if standing is not None else None
        if pack is not None:
            windows.append(pack.retention.recovery)
    return max(windows)


async def known_cameras(tx: AsyncConnection) -> frozenset[str]:
    """Return every camera that ingest has registered, retired ones too: their footage can still be held."""
    return frozenset(await tx.scalars(select(camera.c.camera_id)))


async def _areas_for(tx: AsyncConnection, command: HoldCommand) -> frozenset[str] | None:
    """Return what a person's area is held against; a request's own protection is never refused for a name."""
    scope = command.scope if isinstance(command, PlaceHold | PlaceRescue | ExtendHold) else None
    return await known_areas(tx) if scope is not None and scope.area else None


async def known_areas(tx: AsyncConnection) -> frozenset[str] | None:
    """Return every area that footage can be filed under, None where this can't be told for certain.

    A camera without an area may stand anywhere, and where a moved one stood before isn't kept here. One was never
    moved if its registration, its masks and its retirement account for its version.
    """
    wanted = select(camera.c.area, camera.c.version, camera.c.masks, camera.c.retired)
    rows = (await tx.execute(wanted)).mappings().all()
    is_certain = all(row["area"] and row["version"] <= 1 + len(row["masks"]) + row["retired"] for row in rows)
    return frozenset(row["area"] for row in rows) if is_certain else None


async def standing(engine: AsyncEngine, hold_id: UUID) -> dict[str, object] | None:
    """Return what a person is told of one protection: its state, its lists, what is in flight. None if unknown."""
    async with engine.connect() as tx:
        row = await store.one(tx, hold_id)
        return (await told(tx, [row]))[0] if row is not None else None


async def told(tx: AsyncConnection, rows: Sequence[RowMapping]) -> list[dict[str, object]]:
    """Return protections as the API tells them (protocol section 6); as many questions for a hundred as for one."""
    ids = [UUID(str(row["hold_id"])) for row in rows]
    answers, amendments = await store.answers(tx, ids)
    waiting = await store.parked_for(tx, *ids)
    _, published = await store.log_position(tx)
    cleared = await store.open_clearances(tx)
    return [
        _told(row, published, answers.get(hold, []), amendments.get(hold, []), waiting.get(hold, []), cleared)
        for hold, row in zip(ids, rows, strict=True)
    ]


def _told(  # noqa: PLR0917 - what one protection's page is put together from
    row: RowMapping,
    published: int,
    answers: list[RowMapping],
    amendments: list[RowMapping],
    waiting: list[RowMapping],
    cleared: Sequence[RowMapping],
) -> dict[str, object]:
    state = state_of(row)
    answer_seq: int = row["answer_seq"]
    applied = next((a for a in answers if a["seq"] >= answer_seq), None)
    return body(
        row,
        state,
        word=word_of(answer_seq, published, effective=applied is not None, parked=bool(waiting)),
        answers=answers,
        amendments=amendments,
        parked=waiting,
        in_flight=store.in_flight(cleared, state.scopes, answer_seq),
    )


def word_of(answer_seq: int, published: int, *, effective: bool, parked: bool) -> str:
    """Return received, accepted, parked or effective: custody's HoldApplied alone makes it effective (decision 3)."""
    if effective:
        return "effective"
    if answer_seq > published:
        return "received"
    return "parked" if parked else "accepted"
