"""The clips of a viewing: which ones the grant covers, and what the policy says of each, asked again every time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.access import footage
from services.access.footage import Clip
from services.access.policies.office import ended_at
from services.access.refusals import Forbidden, Unknown
from services.access.requests.file import RequestFile, Viewing
from services.access.viewing import store
from services.access.viewing.decider import VIEW, Case, Present, inside
from services.kernel.batches import SegmentKey
from services.kernel.events import RequestGranted
from services.runtime.identity import People, Person
from services.runtime.settings import Settings


async def shown(settings: Settings, grant: RequestGranted) -> list[Clip]:
    """Return what a viewing under this grant shows: what exists and lies inside it."""
    clips = await footage.clips(settings, grant.scope.cameras, grant.scope.starts_at, grant.scope.ends_at)
    return [clip for clip in clips if clip.state != "gone" and inside(grant, clip) is not None]


async def one_clip(settings: Settings, grant: RequestGranted, wanted: SegmentKey) -> Clip:
    """Return the newest clip of a camera and start inside a grant. Raises Forbidden or Unknown."""
    if grant.scope.cameras and wanted.camera_id not in grant.scope.cameras:
        raise Forbidden(
            f"camera {wanted.camera_id} isn't in the grant",
            rule="access.scope",
            remedy="hand in a request for this camera",
            word="OutsideScope",
        )
    clips = await footage.clips(settings, (wanted.camera_id,), grant.scope.starts_at, grant.scope.ends_at)
    found = [c for c in clips if c.started_at == wanted.started_at and c.state != "gone"]
    if not found:
        raise Unknown(
            f"no footage of {wanted.camera_id} begins at {wanted.started_at.isoformat()}",
            remedy="ask for a start that the viewing lists; what is gone has a receipt",
        )
    return found[-1]


async def case_of(  # noqa: PLR0917 - the wiring comes first, then the case
    tx: AsyncConnection, file: RequestFile, viewing: Viewing, who: Person, clip: Clip, now: datetime, people: People
) -> Case:
    """Return what the policy judges about one clip of a viewing."""
    assert file.grant is not None
    there = await store.is_accompanied(tx, viewing.scheduled.viewing_id)
    part = inside(file.grant, clip)
    assert part is not None
    return Case(
        act=VIEW,
        file=file,
        person=who.person_id,
        now=now,
        interval=part,
        clip=clip,
        camera=await store.camera_facts(tx, clip.camera_id),
        present=company(viewing.scheduled.accompanied_by, people) if there else (),
        agreed_time=viewing.scheduled.agreed_time,
        programme_ended_at=await ended_at(tx, file.submitted.policy_id if file.submitted is not None else ""),
    )


def company(person_id: str, people: People) -> tuple[Present, ...]:
    """Return a person in each of his roles, whichever account he uses."""
    accounts = [each for each in people.by_account.values() if each.person_id == person_id]
    return tuple(Present(person=person_id, role=role) for each in accounts for role in sorted(each.roles))


def key_of(clip: Clip) -> SegmentKey:
    """Return the key by which the log names a clip."""
    return SegmentKey(camera_id=clip.camera_id, started_at=clip.started_at, generation=clip.generation)
