"""Carries out viewings: schedule, open on the log, end. The event is with the broker before a byte is asked for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access import footage
from services.access.footage import Clip
from services.access.ledger import Desk, access_stream, lock, request_stream
from services.access.policies.office import ended_at
from services.access.refusals import Forbidden, NotEntitled, Unknown
from services.access.requests import listing
from services.access.requests.file import RequestFile, Viewing
from services.access.requests.form import nested
from services.access.requests.office import pack_of
from services.access.viewing import store
from services.access.viewing.decider import VIEW, Case, Present, granted, inside, judge, must_be_open
from services.kernel.batches import SegmentKey, keys, lines
from services.kernel.events import FootageViewed, RequestGranted, ViewingEnded, ViewingScheduled
from services.kernel.policy.facts import lookup, text
from services.runtime.database import db_now
from services.runtime.identity import People, Person
from services.runtime.settings import Settings


async def schedule(  # noqa: PLR0917 - the wiring comes first, then the case
    engine: AsyncEngine, desk: Desk, who: Person, request_id: UUID, agreed: datetime, company: str, people: People
) -> UUID:
    """Agree a time, together with somebody if the pack wants it; the applicant, or who comes along, schedules."""
    async with engine.begin() as tx:
        file = await locked(tx, desk, request_id)
        ledger = await desk.ledger(tx, who.actor(_role(who)), policy_version=file.policy_version)
        assert file.submitted is not None
        if who.person_id not in (file.submitted.requester, company):
            raise NotEntitled(
                f"{who.person_id} neither handed in request {request_id} nor comes along",
                rule="viewing.schedule",
                remedy="the applicant, or the person who comes along, agrees the time",
            )
        granted(file, file.submitted.requester, VIEW, ledger.now)
        _known(company, people)
        event = ViewingScheduled(request_id=request_id, viewing_id=uuid4(), agreed_time=agreed, accompanied_by=company)
        await ledger.append(access_stream(request_id), event, str(request_id))
        await store.begin_session(tx, event.viewing_id, accompanied=bool(company) and who.person_id == company)
        await listing.refresh(tx, desk.codec, request_id)
        return event.viewing_id


async def accompany(engine: AsyncEngine, desk: Desk, who: Person, viewing_id: UUID) -> None:
    """The person who comes along says himself that he is there: nobody can name him behind his back."""
    async with engine.begin() as tx:
        file = await locked(tx, desk, await store.request_of_viewing(tx, viewing_id))
        viewing = must_be_open(file.viewing(viewing_id), viewing_id)
        if viewing.scheduled.accompanied_by != who.person_id:
            raise NotEntitled(
                f"{who.person_id} isn't the person who accompanies viewing {viewing_id}",
                rule="viewing.company",
                remedy="schedule the viewing with the person who comes along",
            )
        await store.begin_session(tx, viewing_id, accompanied=True)


async def open_viewing(  # noqa: PLR0917 - the wiring comes first, then the case
    engine: AsyncEngine, desk: Desk, settings: Settings, who: Person, viewing_id: UUID, address: str, people: People
) -> tuple[RequestFile, Viewing]:
    """Put FootageViewed on the log, once per viewing, and wait until the broker has it. Raises NotRecordable."""
    async with engine.connect() as tx:
        request_id = await store.request_of_viewing(tx, viewing_id)
        file = await listing.load(tx, desk.codec, request_id)
        grant = granted(file, who.person_id, VIEW, await db_now(tx))
    viewing = must_be_open(file.viewing(viewing_id), viewing_id)
    if viewing.opened is None:
        shown = await _shown(settings, grant)
        async with engine.begin() as tx:
            file = await locked(tx, desk, request_id)
            viewing = must_be_open(file.viewing(viewing_id), viewing_id)
            if viewing.opened is None:
                file = await _opened(tx, desk, who, file, viewing, shown, address, people)
        viewing = must_be_open(file.viewing(viewing_id), viewing_id)
    await store.must_be_durable(engine, access_stream(request_id), viewing.opened_version)
    return file, viewing


async def _shown(settings: Settings, grant: RequestGranted) -> list[Clip]:
    clips = await footage.clips(settings, grant.scope.cameras, grant.scope.starts_at, grant.scope.ends_at)
    return [clip for clip in clips if clip.state != "gone" and inside(grant, clip) is not None]


async def _opened(  # noqa: PLR0917 - the wiring comes first, then the case
    tx: AsyncConnection,
    desk: Desk,
    who: Person,
    file: RequestFile,
    viewing: Viewing,
    shown: list[Clip],
    address: str,
    people: People,
) -> RequestFile:
    pack = pack_of(desk, file)
    ledger = await desk.ledger(tx, who.actor(_role(who)), policy_version=pack.reference)
    grant = granted(file, who.person_id, VIEW, ledger.now)
    if not shown:
        raise Unknown("no footage of this grant exists any more, or none was recorded", remedy="see the catalog")
    for clip in shown:
        judge(pack, await case_of(tx, file, viewing, who, clip, ledger.now, people))
    assert file.submitted is not None
    event = FootageViewed(
        request_id=file.request_id,
        viewing_id=viewing.scheduled.viewing_id,
        grant_version=grant.grant_version,
        person=who.person_id,
        accompanied_by=viewing.scheduled.accompanied_by,
        address=address,
        purpose=purpose_of(file),
        footage=lines(key_of(clip) for clip in shown),
        footage_from=grant.scope.starts_at,
        footage_to=grant.scope.ends_at or max(clip.ended_at for clip in shown),
    )
    await ledger.append(access_stream(file.request_id), event, str(file.request_id))
    return await listing.refresh(tx, desk.codec, file.request_id)


async def clip_for(  # noqa: PLR0917 - the wiring comes first, then the case
    engine: AsyncEngine,
    desk: Desk,
    settings: Settings,
    who: Person,
    file: RequestFile,
    viewing: Viewing,
    wanted: SegmentKey,
    people: People,
) -> tuple[Clip, tuple[datetime, datetime] | None]:
    """Return one clip of a viewing and the cut that keeps it inside the grant; the policy is asked again."""
    async with engine.connect() as tx:
        grant = granted(file, who.person_id, VIEW, await db_now(tx))
    clip = await _one(settings, grant, wanted)
    part = inside(grant, clip)
    assert viewing.opened is not None
    if part is None or not _listed(viewing, clip):
        raise Forbidden(
            f"{wanted.camera_id} {wanted.started_at.isoformat()} is no part of viewing {viewing.scheduled.viewing_id}",
            rule="viewing.footage",
            remedy="stay inside the footage of the viewing, or schedule another",
            word="OutsideViewing",
        )
    async with engine.connect() as tx:
        pack = pack_of(desk, file)
        judge(pack, await case_of(tx, file, viewing, who, clip, await db_now(tx), people))
    return clip, (None if part == (clip.started_at, clip.ended_at) else part)


async def _one(settings: Settings, grant: RequestGranted, wanted: SegmentKey) -> Clip:
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


async def end(engine: AsyncEngine, desk: Desk, who: Person, viewing_id: UUID) -> ViewingEnded:
    """Close a viewing with its counts; the applicant or who came along does."""
    async with engine.begin() as tx:
        file = await locked(tx, desk, await store.request_of_viewing(tx, viewing_id))
        viewing = must_be_open(file.viewing(viewing_id), viewing_id)
        assert file.submitted is not None
        if who.person_id not in (file.submitted.requester, viewing.scheduled.accompanied_by):
            raise NotEntitled(
                f"{who.person_id} has no part in viewing {viewing_id}",
                rule="viewing.end",
                remedy="the applicant, or the person who came along, ends it",
            )
        ranges, served = await store.counted(tx, viewing_id)
        ledger = await desk.ledger(tx, who.actor(_role(who)), policy_version=file.policy_version)
        event = ViewingEnded(
            request_id=file.request_id,
            viewing_id=viewing_id,
            ranges=ranges,
            bytes_served=served,
            ended_at=ledger.now,
        )
        await ledger.append(access_stream(file.request_id), event, str(file.request_id))
        await listing.refresh(tx, desk.codec, file.request_id)
        return event


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


async def locked(tx: AsyncConnection, desk: Desk, request_id: UUID) -> RequestFile:
    """Lock a request's stream, which guards all that is opened under it, and return its file."""
    await lock(tx, request_stream(request_id))
    file = await listing.load(tx, desk.codec, request_id)
    if file.submitted is None:
        raise Unknown(f"no request {request_id}", remedy="list your requests: GET /api/v1/requests")
    return file


def purpose_of(file: RequestFile) -> str:
    """Return the purpose that the form states."""
    assert file.submitted is not None
    return text(lookup(nested(file.submitted.facts), "request.purpose"))


def key_of(clip: Clip) -> SegmentKey:
    """Return the key by which the log names a clip."""
    return SegmentKey(camera_id=clip.camera_id, started_at=clip.started_at, generation=clip.generation)


def _listed(viewing: Viewing, clip: Clip) -> bool:
    assert viewing.opened is not None
    return key_of(clip) in set(keys(viewing.opened.footage))


def _known(company_id: str, people: People) -> None:
    if company_id and not company(company_id, people):
        raise Unknown(f"nobody is known as {company_id}", remedy="name the person id of who comes along")


def _role(who: Person) -> str:
    return next(iter(sorted(who.roles)), "")
