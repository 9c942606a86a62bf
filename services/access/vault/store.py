"""Puts personal data away under a key of its own, shows it to who may see it, and destroys the key for ever."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.vault.keys import KeyEncryption, Sealed, seal, unseal
from services.access.vault.personal import Personal
from services.access.vault.tables import personal_field, personal_key
from services.runtime.database import db_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Shredded:
    """A key that no longer exists: which one it was, and how many fields went with it."""

    key_digest: str
    fields: int
    at: datetime


class Vault:
    """The one door to personal data. ``engine`` reaches the vault's own database."""

    def __init__(self, engine: AsyncEngine, box: KeyEncryption) -> None:
        self._engine, self._box = engine, box

    async def put(self, fields: Mapping[str, Personal], about: UUID) -> UUID:
        """Store fields under a new key, for one event; return the key's random id, which may stand on the log."""
        key_id = uuid4()
        new = self._box.new_key(key_id)
        async with self._engine.begin() as tx:
            row = {"key_id": key_id, "wrapped": new.wrapped, "digest": new.digest, "created_at": await db_now(tx)}
            await tx.execute(insert(personal_key).values(row))
            for name, value in seal(new.key, about, fields).items():
                values = {"key_id": key_id, "name": name, "nonce": value.nonce, "sealed": value.sealed}
                await tx.execute(insert(personal_field).values(values))
        return key_id

    async def show(self, key_id: UUID, about: UUID) -> dict[str, Personal] | None:
        """Return the fields of an event, None if the key was destroyed or never was."""
        async with self._engine.connect() as tx:
            wrapped = await tx.scalar(select(personal_key.c.wrapped).where(personal_key.c.key_id == key_id))
            if wrapped is None:
                return None
            key = self._box.unwrap(key_id, wrapped)
            rows = await tx.execute(select(personal_field).where(personal_field.c.key_id == key_id))
            return {row.name: unseal(key, about, row.name, Sealed(nonce=row.nonce, sealed=row.sealed)) for row in rows}

    async def shred(self, key_id: UUID) -> Shredded | None:
        """Destroy a key and overwrite what it sealed; rows stay to be counted. None if there is no such key."""
        async with self._engine.begin() as tx:
            found = (await tx.execute(select(personal_key).where(personal_key.c.key_id == key_id))).first()
            if found is None:
                return None
            at = found.shredded_at or await db_now(tx)
            gone = {"wrapped": None, "shredded_at": at}
            await tx.execute(update(personal_key).where(personal_key.c.key_id == key_id).values(gone))
            # Ciphertext outlives ciphers: a break of AES in thirty years finds nothing either.
            emptied = {"nonce": b"", "sealed": b""}
            await tx.execute(update(personal_field).where(personal_field.c.key_id == key_id).values(emptied))
            return Shredded(key_digest=found.digest, fields=await self._count(tx, key_id), at=at)

    async def back(self, digests: Collection[str]) -> list[UUID]:
        """Return which keys of these digests exist though they were destroyed: an old backup brought them back."""
        async with self._engine.connect() as tx:
            there = select(personal_key.c.key_id).where(personal_key.c.wrapped.is_not(None))
            return list(await tx.scalars(there.where(personal_key.c.digest.in_(digests))))

    async def _count(self, tx: AsyncConnection, key_id: UUID) -> int:
        rows = await tx.scalars(select(personal_field.c.name).where(personal_field.c.key_id == key_id))
        return len(list(rows))
