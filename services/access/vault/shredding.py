"""At the end of a register's term the key of a request's personal data is destroyed, and the log says so (I7, I6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.ledger import SYSTEM, Desk, access_stream, lock, request_stream
from services.access.requests import listing
from services.access.requests.file import RequestFile
from services.access.requests.office import pack_of
from services.access.tables import request_file
from services.access.vault.store import Vault
from services.kernel.events import PersonalDataShredded
from services.kernel.policy import Pack, register_term
from services.runtime.database import db_now

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
        self._vault = self._vault or self._open()
        await shred_due(engine, self._desk, self._vault)


async def shred_due(engine: AsyncEngine, desk: Desk, vault: Vault) -> list[UUID]:
    """Destroy the keys whose term is over; return their requests."""
    async with engine.connect() as tx:
        now = await db_now(tx)
        kept = select(request_file.c.request_id).where(request_file.c.has_personal, ~request_file.c.is_open)
        candidates = list(await tx.scalars(kept.order_by(request_file.c.changed_at).limit(AT_A_TIME)))
    return [request_id for request_id in candidates if await _shred(engine, desk, vault, request_id, now)]


async def _shred(engine: AsyncEngine, desk: Desk, vault: Vault, request_id: UUID, now: datetime) -> bool:
    async with engine.begin() as tx:
        await lock(tx, request_stream(request_id))
        file = await listing.load(tx, desk.codec, request_id)
        if file.shredded or now < term_ends(pack_of(desk, file), file, now):
            return False
        assert file.submitted is not None
        # The key goes first: if we die here, the next turn finds it gone and writes the event.
        gone = await vault.shred(UUID(file.submitted.personal_ref))
        ledger = await desk.ledger(tx, SYSTEM, policy_version=file.policy_version)
        digest, fields = (gone.key_digest, gone.fields) if gone is not None else ("", 0)
        event = PersonalDataShredded(request_id=request_id, key_digest=digest, fields=fields)
        await ledger.append(access_stream(request_id), event, str(request_id))
        await listing.refresh(tx, desk.codec, request_id)
        return True


def term_ends(pack: Pack, file: RequestFile, now: datetime) -> datetime:
    """Return the instant at which the register's term ends, counted from the last act on the request."""
    assert file.changed_at is not None
    for register in REGISTERS:
        facts = {"register": register, "acted_at": file.changed_at.isoformat(), "at": now.isoformat()}
        if (until := register_term(pack, facts).keep_until) is not None:
            return until
    return file.changed_at + WITHOUT_A_REGISTER
