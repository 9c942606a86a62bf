"""Which version of a pack judges: the one in force now, and for a request the one under which it was handed in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.ledger import Desk
from services.access.protections import store
from services.access.refusals import Unusable
from services.access.requests.file import RequestFile
from services.kernel.policy import Pack


async def in_force(tx: AsyncConnection, desk: Desk, policy_id: str, now: datetime) -> Pack | None:
    """Return the version of a pack that binds now, None if there is none."""
    binding = await store.binding_now(tx, policy_id, now)
    return desk.shelf.find(policy_id, binding.version) if binding is not None else None


async def policy_in_force(tx: AsyncConnection, desk: Desk, policy_id: str, now: datetime) -> Pack:
    """Return the version of a pack that binds now; raises Unusable if none was adopted."""
    pack = await in_force(tx, desk, policy_id, now)
    if pack is None:
        raise Unusable(
            f"no version of policy {policy_id!r} is in force",
            rule="policy.in_force",
            remedy=f"adopt one first (packs on offer: {', '.join(sorted(desk.shelf.all_offered()))})",
        )
    return pack


def pack_of(desk: Desk, file: RequestFile) -> Pack:
    """Return the version under which a request was handed in: it is decided by that one to its end."""
    head = file.submitted or file.refused
    assert head is not None
    version = int(file.policy_version.partition("@")[2].partition("#")[0] or 0)
    pack = desk.shelf.find(head.policy_id, version)
    if pack is None:
        raise Unusable(
            f"policy {file.policy_version} isn't on the shelf of this installation",
            rule="policy.version",
            remedy="put that version's folder back; adopted versions are kept whole for ever",
        )
    return pack
