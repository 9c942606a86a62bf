"""What access itself knows for the first page, read in one transaction: open cases, protections, newest events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.asking import desk_of
from services.access.console import by_itself
from services.access.console.by_itself import Done
from services.access.console.visit import Visit, console_of
from services.access.protections import store
from services.access.protections.projector import state_of
from services.access.requests.file import RequestFile
from services.access.requests.packs import pack_of
from services.access.requests.telling import SEES_OWN_ONLY
from services.access.tables import fact, unconfirmed
from services.kernel.envelope import Recorded
from services.kernel.events import ProtectionKind
from services.kernel.policy import Pack
from services.kernel.protection import Protection

EVENTS_SHOWN: Final = 6
# Read for what the system did by itself: a sweep clears many hours of a camera at once.
EVENTS_READ: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One open request with the rules that decide it."""

    file: RequestFile
    pack: Pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Desktop:
    """What access itself knows for the first page, read in one transaction."""

    cases: Sequence[Case]
    protections: Sequence[Protection]
    protections_of: Mapping[str, Sequence[Protection]]  # by request; "" has the holds and rescues
    standing: str  # a digest of the versions of those: every request is judged beside them
    unconfirmed: frozenset[str]
    by_itself: Sequence[Done]
    refused: Sequence[dict[str, Any]]
    waiting: int


async def desktop(tx: AsyncConnection, visit: Visit) -> Desktop:
    """Return what our own tables tell a person: what is open, what protects it, and what happened of itself."""
    desk = desk_of(visit.request)
    sees_own = visit.person.roles <= SEES_OWN_ONLY
    files = await console_of(visit.request).open_files.soonest(
        tx, desk.codec, requester=visit.person.person_id if sees_own else ""
    )
    seq, published = await store.log_position(tx)
    protections = [state_of(row) for row in await store.around(tx, [file.request_id for file in files], visit.now)]
    by_request: dict[str, list[Protection]] = {}
    for each in protections:
        by_request.setdefault(each.request_id if each.kind is ProtectionKind.REQUEST else "", []).append(each)
    return Desktop(
        cases=[Case(file=file, pack=pack_of(desk, file)) for file in files],
        protections=protections,
        protections_of=by_request,
        standing=sha256(repr(versions(by_request.get("", ()))).encode()).hexdigest(),
        unconfirmed=frozenset(str(one) for one in await tx.scalars(select(unconfirmed.c.request_id))),
        by_itself=[] if sees_own else await _by_itself(tx, visit),
        refused=[] if sees_own else await _refused(tx, visit),
        waiting=seq - published,
    )


def versions(protections: Iterable[Protection]) -> tuple[tuple[str, int], ...]:
    """Return what changes when any of these protections does: what was judged beside them is judged anew."""
    return tuple((str(each.hold_id), each.seq) for each in protections)


async def _by_itself(tx: AsyncConnection, visit: Visit) -> list[Done]:
    newest = await _newest(tx, visit, by_itself.NAMES, EVENTS_READ)
    return by_itself.told((each for each in newest if each.envelope.actor_id == "access"), EVENTS_SHOWN)


async def _refused(tx: AsyncConnection, visit: Visit) -> list[dict[str, Any]]:
    return [{"event": each.event} for each in await _newest(tx, visit, ("RequestRefused",), EVENTS_SHOWN)]


async def _newest(tx: AsyncConnection, visit: Visit, kinds: Sequence[str], most: int) -> list[Recorded]:
    wanted = select(fact.c.value).where(fact.c.event_type.in_(kinds)).order_by(fact.c.recorded_at.desc())
    return [desk_of(visit.request).codec.decode(value) for value in await tx.scalars(wanted.limit(most))]
