"""The manifest of one segment: every copy and derivative, where it is, which versions, in which state, until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.catalog.footage import Footage
from services.ingest.projector import key_row
from services.ingest.storage.adapter import Location, StorageError
from services.ingest.storage.copies import Stores
from services.kernel.mark import SegmentState

_SEGMENT = "camera_id = :camera_id and started_us = :started_us and generation = :generation"
_COPIES = text(f"select location, sha256 from segment_copy where {_SEGMENT} order by location")  # noqa: S608 (our own columns)
_DUE = text(f"select 1 from replica_due where {_SEGMENT}")  # noqa: S608 (as above)
_TRANSFERS = text(f"select repository_id, case_number from segment_transfer where {_SEGMENT} order by 1, 2")  # noqa: S608 (as above)
_RECEIPT = text(f"select receipt from segment_state where {_SEGMENT} and receipt is not null")  # noqa: S608 (as above)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One copy. ``state`` is the store's answer where custody can ask one, else what is known of it."""

    what: str  # original, replica, viewing_copy, transferred or backup
    where: str  # "<store>:<location>", a repository and case, a backup's name
    state: str
    sha256: str = ""
    versions: tuple[str, ...] = ()
    legal_hold: bool | None = None  # None: the store has no locks of its own
    expires_at: datetime | str | None = None  # when it ends by itself; our own end by policy, with a receipt


async def written(tx: AsyncConnection, row: Footage, stores: Stores, backups: Mapping[str, int]) -> tuple[Copy, ...]:
    """Return the manifest as the catalog has it. After destruction it is the receipt's."""
    receipt: dict[str, Any] | None = (await tx.execute(_RECEIPT, key_row(row.key))).scalar()
    if receipt is not None:
        return tuple(_of_receipt(receipt))
    sha256 = row.sha256.hex()
    found = [Copy(what="original", where=f"{stores.first.name}:{row.location}", state=row.state.value, sha256=sha256)]
    for copy in await tx.execute(_COPIES, key_row(row.key)):
        digest = bytes(copy.sha256).hex()
        found.append(Copy(what="replica", where=copy.location, state=row.state.value, sha256=digest))
    if (await tx.execute(_DUE, key_row(row.key))).scalar() is not None:
        known = {each.where for each in found}
        due = [f"{replica.name}:{row.location}" for replica in stores.replicas]
        found += [Copy(what="replica", where=where, state="being_made") for where in due if where not in known]
    for left in await tx.execute(_TRANSFERS, key_row(row.key)):
        where = f"{left.repository_id} ({left.case_number})"
        found.append(Copy(what="transferred", where=where, state="out_of_reach"))
    return (*found, *(Copy(what="backup", where=name, state=f"kept_{days}_days") for name, days in backups.items()))


def asked(copies: Sequence[Copy], stores: Stores) -> list[Copy]:
    """Ask each store for what lies there now. A store that doesn't answer leaves its copies ``unreachable``."""
    return [_asked(copy, stores) for copy in copies]


def _asked(copy: Copy, stores: Stores) -> Copy:
    name, _, location = copy.where.partition(":")
    if copy.what not in {"original", "replica"} or name not in stores.by_name:
        return copy
    at = Location(location)
    try:
        versions = stores.by_name[name].versions(at)
        lock = stores.locks.get(name)
        held = lock.is_on(at) if lock and versions else None
    except StorageError:
        return replace(copy, state="unreachable")
    ids = tuple(version for version in versions if version)
    if versions:
        return replace(copy, versions=ids, legal_hold=held)
    absent = copy.state in {SegmentState.GONE.value, "being_made", "absent"}
    return replace(copy, state=copy.state if absent else "missing")


def _of_receipt(receipt: Mapping[str, Any]) -> list[Copy]:
    gone = [
        Copy(
            what=each.get("what", "original"),
            where=each["location"],
            state=each["answer"],
            sha256=receipt["sha256"],
            versions=tuple(each.get("versions", ())),
        )
        for each in receipt["answers"]
    ]
    left = [
        Copy(what=each["what"], where=each["where"], state="out_of_reach", expires_at=each["expires_at"])
        for each in receipt.get("residuals", ())
    ]
    return gone + left
