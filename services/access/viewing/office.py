"""Carries out viewings: schedule, open on the log, end. The event is with the broker before a byte is asked for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.footage import Clip
from services.access.ledger import Desk, access_stream, lock, request_stream
from services.access.media import bulk, decision
from services.access.refusals import NotEntitled, Unknown
from services.access.requests import listing
from services.access.requests.file import RequestFile, Viewing
from services.access.requests.form import nested
from services.access.requests.packs import pack_of
from services.access.viewing import clips, store
from services.access.viewing.decider import VIEW, granted, judge, must_be_open
from services.kernel.batches import lines
from services.kernel.events import FootageViewed, ViewingEnded, ViewingScheduled
from services.kernel.policy.facts import lookup, text
from services.runtime.identity import People, Person
from services.runtime.settings import Settings


async def schedule(  # noqa: PLR0917 - the wiring comes first, then the case
    engine: AsyncEngine, desk: Desk, who: Person, request_id: UUID, agreed: datetime, company: str, people: People
) -> UUID:
    """Agree a time, together with somebody if the pack wants it; the applicant, or who comes along, schedules."""
    async with engine.begin() as tx:
        file = await locked(tx, desk, request_id)
        ledger = await desk.ledger(tx, who.actor(), policy_version=file.policy_version)
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
        await _must_come_along(tx, desk, who, viewing_id, "schedule the viewing with the person who comes along")
        await store.begin_session(tx, viewing_id, accompanied=True)


async def leave(engine: AsyncEngine, desk: Desk, who: Person, viewing_id: UUID) -> None:
    """The person who came along goes: what needs company stops at the next look."""
    async with engine.begin() as tx:
        await _must_come_along(tx, desk, who, viewing_id, "only who came along can leave")
        await store.left(tx, viewing_id)


async def open_viewing(  # noqa: PLR0917 - the wiring comes first, then the case
    engine: AsyncEngine, desk: Desk, settings: Settings, who: Person, viewing_id: UUID, address: str, people: People
) -> tuple[RequestFile, Viewing]:
    """Put FootageViewed on the log, once per viewing, and wait until the broker has it. Raises NotRecordable."""
    async with engine.connect() as tx:
        request_id = await store.request_of_viewing(tx, viewing_id)
        file = await listing.load(tx, desk.codec, request_id)
        grant = granted(file, who.person_id, VIEW, await desk.clock(tx))
    viewing = must_be_open(file.viewing(viewing_id), viewing_id)
    if viewing.opened is None:
        shown = await clips.shown(settings, grant)
        async with engine.begin() as tx:
            file = await locked(tx, desk, request_id)
            viewing = must_be_open(file.viewing(viewing_id), viewing_id)
            if viewing.opened is None:
                file = await _opened(tx, desk, who, file, viewing, shown, address, people)
        viewing = must_be_open(file.viewing(viewing_id), viewing_id)
    await store.must_be_durable(engine, access_stream(request_id), viewing.opened_version)
    return file, viewing


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
    ledger = await desk.ledger(tx, who.actor(), policy_version=pack.reference)
    grant = granted(file, who.person_id, VIEW, ledger.now)
    if not shown:
        raise Unknown("no footage of this grant exists any more, or none was recorded", remedy="see the catalog")
    for clip in shown:
        judge(pack, await clips.case_of(tx, file, viewing, who, clip, ledger.now, people))
    assert file.submitted is not None
    # With the pack's version, what anybody needs to decide this access again: which policies judge its bytes.
    ledger.reason = f"viewing policies sha256 {decision.shipped().digest}"
    event = FootageViewed(
        request_id=file.request_id,
        viewing_id=viewing.scheduled.viewing_id,
        grant_version=grant.grant_version,
        person=who.person_id,
        accompanied_by=viewing.scheduled.accompanied_by,
        address=address,
        purpose=purpose_of(file),
        footage=lines(clips.key_of(clip) for clip in shown),
        footage_from=grant.scope.starts_at,
        footage_to=grant.scope.ends_at or max(clip.ended_at for clip in shown),
    )
    await ledger.append(access_stream(file.request_id), event, str(file.request_id))
    await bulk.watch(ledger, event)
    return await listing.refresh(tx, desk.codec, file.request_id)


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
        ledger = await desk.ledger(tx, who.actor(), policy_version=file.policy_version)
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


async def locked(tx: AsyncConnection, desk: Desk, request_id: UUID) -> RequestFile:
    """Lock a request's stream, which guards all that is opened under it, and return its file."""
    await lock(tx, request_stream(request_id))
    file = await listing.load(tx, desk.codec, request_id)
    if file.submitted is None:
        raise Unknown(f"no request {request_id}", remedy="list your requests: GET /api/v1/requests")
    return file


async def _must_come_along(tx: AsyncConnection, desk: Desk, who: Person, viewing_id: UUID, remedy: str) -> None:
    file = await locked(tx, desk, await store.request_of_viewing(tx, viewing_id))
    viewing = must_be_open(file.viewing(viewing_id), viewing_id)
    if viewing.scheduled.accompanied_by != who.person_id:
        raise NotEntitled(
            f"{who.person_id} isn't the person who accompanies viewing {viewing_id}",
            rule="viewing.company",
            remedy=remedy,
        )


def purpose_of(file: RequestFile) -> str:
    """Return the purpose that the form states."""
    assert file.submitted is not None
    return text(lookup(nested(file.submitted.facts), "request.purpose"))


def _known(company_id: str, people: People) -> None:
    if company_id and not clips.company(company_id, people):
        raise Unknown(f"nobody is known as {company_id}", remedy="name the person id of who comes along")
