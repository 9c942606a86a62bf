"""At the end of a register's term the key of a request's personal data is destroyed, and the log says so (I7, I6).

Before that nobody destroys it, whatever his role: the register must still be able to say who asked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.ledger import SYSTEM, Desk, access_stream, lock, request_stream
from services.access.protections.wording import iso
from services.access.refusals import Forbidden, Unknown, Unusable
from services.access.requests import listing
from services.access.requests.file import RequestFile
from services.access.requests.packs import pack_of
from services.access.tables import fact, request_file
from services.access.vault.store import Vault
from services.kernel.envelope import Actor
from services.kernel.events import PersonalDataShredded
from services.kernel.policy import Pack, register_term
from services.kernel.policy.verdicts import TermVerdict
from services.runtime.logs import logger

# Registers of requests by the id that a pack gives them; a pack without one keeps as long as the others do.
REGISTERS: Final = ("register.request", "register.forms")
WITHOUT_A_REGISTER: Final = timedelta(days=3 * 366)
AT_A_TIME: Final = 100


class Shredder:
    """One turn destroys the keys whose term is over; ``vault`` is opened in the loop that turns."""

    def __init__(self, desk: Desk, vault: Callable[[], Vault]) -> None:
        self._desk, self._open = desk, vault
        self._vault: Vault | None = None

    async def turn(self, engine: AsyncEngine) -> None:
        """Destroy every key whose register's term has ended."""
        if self._vault is None:
            self._vault = self._open()
            # Once a start: a vault comes back from a backup only while nobody runs on it.
            await shred_again(engine, self._desk, self._vault)
        await shred_due(engine, self._desk, self._vault)


async def shred_due(engine: AsyncEngine, desk: Desk, vault: Vault) -> list[UUID]:
    """Destroy the keys whose term is over; return their requests."""
    async with engine.connect() as tx:
        now = await desk.clock(tx)
        kept = select(request_file.c.request_id).where(request_file.c.has_personal, ~request_file.c.is_open)
        candidates = list(await tx.scalars(kept.order_by(request_file.c.changed_at).limit(AT_A_TIME)))
        files = [await listing.load(tx, desk.codec, each) for each in candidates]
    due = [file.request_id for file in files if now >= term_ends(pack_of(desk, file), file, now)]
    for request_id in due:
        await shred(engine, desk, vault, request_id, SYSTEM)
    return due


async def shred_again(engine: AsyncEngine, desk: Desk, vault: Vault) -> list[UUID]:
    """Destroy keys that the log says are gone and an old backup brought back; the log says so already."""
    async with engine.connect() as tx:
        values = await tx.scalars(select(fact.c.value).where(fact.c.event_type == PersonalDataShredded.__name__))
        events = [desk.codec.decode(value).event for value in values]
    digests = [event.key_digest for event in events if isinstance(event, PersonalDataShredded) and event.key_digest]
    found = [
        key_id for at in range(0, len(digests), AT_A_TIME) for key_id in await vault.back(digests[at : at + AT_A_TIME])
    ]
    for key_id in found:
        await vault.shred(key_id)
        logger().warning("vault.shredded_again", key=str(key_id))
    return found


async def shred(engine: AsyncEngine, desk: Desk, vault: Vault, request_id: UUID, actor: Actor) -> RequestFile:
    """Destroy the key of one request's personal data; raises a refusal while its register's term lasts.

    Asking again is no error: what is gone is gone, and the log says so once.
    """
    async with engine.begin() as tx:
        await lock(tx, request_stream(request_id))
        file = await listing.load(tx, desk.codec, request_id)
        _must_hold_personal_data(file, request_id)
        if file.shredded:
            return file
        _must_be_over(pack_of(desk, file), file, await desk.clock(tx))
        await _destroyed(tx, desk, vault, file, actor)
        return await listing.refresh(tx, desk.codec, request_id)


async def _destroyed(tx: AsyncConnection, desk: Desk, vault: Vault, file: RequestFile, actor: Actor) -> None:
    # The keys go first: if we die here, the next turn finds them gone and writes the events.
    gone = [await vault.shred(each.key_id) for each in file.personal]
    ledger = await desk.ledger(tx, actor, policy_version=file.policy_version)
    for one in gone:
        digest, fields = (one.key_digest, one.fields) if one is not None else ("", 0)
        event = PersonalDataShredded(request_id=file.request_id, key_digest=digest, fields=fields)
        await ledger.append(access_stream(file.request_id), event, str(file.request_id))


def term_ends(pack: Pack, file: RequestFile, now: datetime) -> datetime:
    """Return the instant at which the register's term ends, counted from the last act on the request."""
    until = _register(pack, file, now).keep_until
    assert until is not None
    return until


def _register(pack: Pack, file: RequestFile, now: datetime) -> TermVerdict:
    assert file.changed_at is not None
    for register in REGISTERS:
        facts = {"register": register, "acted_at": file.changed_at.isoformat(), "at": now.isoformat()}
        if (verdict := register_term(pack, facts)).keep_until is not None:
            return verdict
    return TermVerdict(outcome="kept", rule="register.term", keep_until=file.changed_at + WITHOUT_A_REGISTER)


def _must_hold_personal_data(file: RequestFile, request_id: UUID) -> None:
    if file.submitted is None and file.refused is None:
        raise Unknown(f"no request {request_id}", remedy="list the requests: GET /api/v1/requests")
    if file.submitted is None or not file.personal:
        raise Unusable(
            f"nothing that names a person is kept for request {request_id}",
            rule="register.term",
            remedy="there is nothing to destroy",
        )
    if file.is_open:
        raise Unusable(
            f"request {request_id} is {file.state}: the term of its register hasn't begun",
            rule="register.term",
            remedy="the term begins with the last act, when the request is closed",
        )


def _must_be_over(pack: Pack, file: RequestFile, now: datetime) -> None:
    verdict = _register(pack, file, now)
    until = term_ends(pack, file, now)
    if now < until:
        raise Forbidden(
            f"the register keeps request {file.request_id} until {iso(until)}",
            rule=verdict.rule,
            clauses=verdict.clauses,
            remedy=f"it is destroyed by itself on {iso(until)}; nobody may do it earlier",
            message=pack.says(verdict.rule),
            word="RegisterTermRuns",
        )
