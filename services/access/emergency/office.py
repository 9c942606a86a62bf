"""Carries out what is asked of break-glass: one stream for all of it, so that it is decided one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.asking import desk_of, engine_of
from services.access.emergency.decider import Event, Session, decide_by_clock, fold
from services.access.emergency.terms import ACTS
from services.access.ledger import SERVICE, SYSTEM, UNDER, Desk, history, lock
from services.kernel.envelope import Actor
from services.runtime import telemetry
from services.runtime.codec import Codec
from services.runtime.identity import Person

STREAM: Final = "break-glass"
Decide = Callable[[Sequence[Session], datetime], Sequence[Event]]


async def read(tx: AsyncConnection, codec: Codec) -> list[Session]:
    """Return every break-glass there was. There are few: it is for emergencies."""
    return fold(await history(tx, codec, STREAM))


async def carry_out(engine: AsyncEngine, desk: Desk, actor: Actor, decide: Decide) -> list[Event]:
    """Decide under the stream's lock and append what follows. Raises what the decider refuses."""
    async with engine.begin() as tx:
        await lock(tx, STREAM)
        ledger = await desk.ledger(tx, actor)
        events = list(decide(await read(tx, desk.codec), ledger.now))
        for event in events:
            await ledger.append(STREAM, event, str(event.session_id))
        return events


async def open_of(tx: AsyncConnection, codec: Codec, person_id: str, now: datetime) -> Session | None:
    """Return the session that gives a person a role now."""
    own = [each for each in await read(tx, codec) if each.asked.person == person_id and each.is_open(now)]
    return own[-1] if own else None


async def under(request: Request, who: Person, to_do: str) -> Person:
    """Return a person with the role that break-glass gives for this act; whatever he writes then is marked with it.

    An act that isn't in the table is done in one's own roles, and so is everything that doesn't ask here.
    """
    assert to_do in ACTS, to_do
    desk = desk_of(request)
    async with engine_of(request).connect() as tx:
        session = await open_of(tx, desk.codec, who.person_id, await desk.clock(tx))
    if session is None:
        return who
    UNDER.set(f"{STREAM}/{session.asked.session_id}")
    return with_role(who, session)


def with_role(who: Person, session: Session | None) -> Person:
    """Return a person with the role that a session gives besides his own."""
    return who if session is None else replace(who, roles=who.roles | {session.asked.role})


class TimeLimits:
    """One turn of the ticker: ends what is over, tells what nobody has reviewed, counts it for the alarm."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def turn(self, engine: AsyncEngine) -> None:
        async with engine.connect() as tx:
            sessions, now = await read(tx, self._desk.codec), await self._desk.clock(tx)
        if _by_clock(sessions, now):
            await carry_out(engine, self._desk, SYSTEM, _by_clock)
        telemetry.gauge(
            "camledger_break_glass_overdue", sum(each.is_overdue(now) for each in sessions), service=SERVICE
        )


def _by_clock(sessions: Sequence[Session], now: datetime) -> list[Event]:
    return [event for each in sessions for event in decide_by_clock(each, now)]
