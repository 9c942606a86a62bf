"""Whom the identity provider has named: kept in a table, so that every process knows a second person after a restart.

Two persons release a hold on two days; the first one's roles are asked for when the second one comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any, Final, cast

from fastapi import Request
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.tables import known_person
from services.runtime.identity import MET_MAX, TOLD, People, Person

READ_AGAIN_AFTER_S: Final = 5.0
# Who hasn't come for so long is forgotten: a signature of his stands on the log, his name needn't stand here.
KEPT_DAYS: Final = 400
LAST_READ: Final = "known_people_read_at"


async def meet(request: Request, who: Person) -> None:
    """Remember who comes, and learn whom other processes have met. A person of the people file is not kept here."""
    people = cast("People", request.app.state.people)
    engine = cast("AsyncEngine", request.app.state.engine)
    await _learn(request, people, engine)
    if who.issuer and (people.meet(who) or not _is_kept(request, who)):
        async with engine.begin() as tx:
            await keep(tx, who)
        _kept(request).add(who.account)


async def keep(tx: AsyncConnection, who: Person) -> None:
    """Write a person down as the provider named him last, and forget who hasn't come for long."""
    about = {name: getattr(who, name) for name in TOLD} | {"roles": sorted(who.roles)}
    row = upsert(known_person).values(account=who.account, about=about, seen_at=func.now())
    newer = {"about": row.excluded.about, "seen_at": row.excluded.seen_at}
    await tx.execute(row.on_conflict_do_update(index_elements=["account"], set_=newer))
    too_old = func.now() - text(f"interval '{KEPT_DAYS} days'")
    await tx.execute(delete(known_person).where(known_person.c.seen_at < too_old))


async def read(tx: AsyncConnection) -> list[Person]:
    """Return whom the provider has named, the last ones last."""
    rows = await tx.scalars(select(known_person.c.about).order_by(known_person.c.seen_at.desc()).limit(MET_MAX))
    return [_person(about) for about in reversed(rows.all())]


async def _learn(request: Request, people: People, engine: AsyncEngine) -> None:
    if monotonic() - getattr(request.app.state, LAST_READ, -READ_AGAIN_AFTER_S) < READ_AGAIN_AFTER_S:
        return
    setattr(request.app.state, LAST_READ, monotonic())
    async with engine.connect() as tx:
        for each in await read(tx):
            people.meet(each)


def _kept(request: Request) -> set[str]:
    if not hasattr(request.app.state, "known_people_kept"):
        request.app.state.known_people_kept = set()
    return cast("set[str]", request.app.state.known_people_kept)


def _is_kept(request: Request, who: Person) -> bool:
    return who.account in _kept(request)


def _person(about: Mapping[str, Any]) -> Person:
    return Person(**{name: about[name] for name in TOLD}, roles=frozenset(about["roles"]))
