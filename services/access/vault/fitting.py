"""At a start: is the key-encryption key the one that wrapped what the vault holds? Only an empty vault gets one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.vault.keys import KeyBox
from services.access.vault.tables import personal_key

REMEDY = (
    "stop access and bring the file back from where you keep it. Without it nobody reads those fields again, and no "
    "setting goes on over that: docs/backup.md says where the key is kept, and how to give the vault up"
)

NEVER_MADE = (
    "access makes no key where CAMLEDGER_VAULT_KEY_FILE says. Bring the file there, or mount the Secret that has it; a "
    "new vault's key is 32 random bytes: openssl rand -out vault.key 32 (docs/personal-data.md)"
)


class VaultKeyRefused(RuntimeError):
    """The vault holds keys that the key-encryption key of this process can't open, or there is no such key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A wrapped key that the vault holds."""

    key_id: UUID
    wrapped: bytes


async def oldest_and_newest(engine: AsyncEngine) -> list[Held]:
    """Return both ends of what the vault can still open: a key exchanged in between opens one and not the other."""
    there = select(personal_key.c.key_id, personal_key.c.wrapped).where(personal_key.c.wrapped.is_not(None)).limit(1)
    ends = (personal_key.c.created_at, personal_key.c.created_at.desc())
    async with engine.connect() as tx:
        rows = [row for end in ends for row in await tx.execute(there.order_by(end))]
    return [Held(key_id=row.key_id, wrapped=row.wrapped) for row in rows]


def fitting_key(held: Sequence[Held], path: Path, *, may_make: bool = True) -> KeyBox:
    """Return the key that opens what is held; where nothing is, a missing one is made if it may be.

    Raises VaultKeyRefused or KeyFileUnsafe.
    """
    if held and not path.exists():
        raise VaultKeyRefused(f"{path} is missing, and the vault holds keys that only it opens: {REMEDY}")
    if not may_make and not path.exists():
        raise VaultKeyRefused(f"{path} is missing: {NEVER_MADE}")
    box = KeyBox.from_file(path, may_make=may_make)
    for one in held:
        _must_open(box, one, path)
    return box


def _must_open(box: KeyBox, one: Held, path: Path) -> None:
    try:
        box.unwrap(one.key_id, one.wrapped)
    except InvalidTag:
        wrong = f"{path} is another key than the one that wrapped key {one.key_id} of the vault"
        raise VaultKeyRefused(f"{wrong}: {REMEDY}") from None
