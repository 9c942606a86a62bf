"""How much is open behind the entries of the menu.

Requests, holds that stand, cameras in use, and much viewing that nobody has looked into.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.alarms.decider import WATCHERS
from services.access.alarms.office import IS_OPEN, others
from services.access.requests.telling import SEES_OWN_ONLY
from services.access.tables import bulk_viewing, camera, protection, request_file
from services.kernel.events import ProtectionKind
from services.runtime.identity import Person

NAMES: Final = ("requests", "holds", "cameras", "bulk_viewings")


async def counted(tx: AsyncConnection, person: Person) -> dict[str, int]:
    """Return the counts by the word of their entry; whoever sees only his own requests gets only those counted."""
    requests = select(func.count()).select_from(request_file).where(request_file.c.is_open)
    if person.roles <= SEES_OWN_ONLY:
        own = requests.where(request_file.c.requester == person.person_id)
        return {"requests": int(await tx.scalar(own) or 0)}
    stands = (protection.c.kind == ProtectionKind.HOLD, protection.c.protects_until.is_(None))
    holds = select(func.count()).select_from(protection).where(*stands)
    cameras = select(func.count()).select_from(camera).where(~camera.c.retired)
    counts = [requests, holds, cameras]
    if person.roles & WATCHERS:
        counts.append(select(func.count()).select_from(bulk_viewing).where(IS_OPEN, others(person.person_id)))
    found = (await tx.execute(select(*(each.scalar_subquery() for each in counts)))).one()
    return dict(zip(NAMES, map(int, found), strict=False))  # the last one for those who may look behind it
