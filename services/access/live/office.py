"""Opens live pictures, asks again at every request whether they may go on, and closes them: each on the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.ledger import SYSTEM, Desk, history, lock
from services.access.live import sessions
from services.access.live.decider import Asked, Case, judge, opened, unknown
from services.access.live.links import new_secret
from services.access.live.sessions import Picture, live_stream
from services.access.policies import project_office
from services.access.policies.project_file import ProjectFile
from services.access.protections import store
from services.access.protections.wording import iso
from services.access.refusals import AccessRefusal, Forbidden, NotEntitled, Unknown
from services.access.requests.packs import policy_in_force
from services.access.viewing.store import must_be_durable
from services.kernel.envelope import Actor
from services.kernel.events import LiveClosed, LiveOpened
from services.kernel.policy import Pack
from services.runtime.identity import People, Person

CLOSED, REPLACED, PERIOD_ENDED, WITHDRAWN, ADDRESS_CHANGED, LOST = (
    "closed", "replaced", "period_ended", "withdrawn", "address_changed", "lost",
)  # fmt: skip
REASONS: Final = ("reference", "explanation", "danger_to")


async def may_open(engine: AsyncEngine, desk: Desk, who: Person, asked: Asked, address: str) -> None:
    """Raise the refusal that an opening would meet, before anything is asked of the upstream."""
    async with engine.connect() as tx:
        pack, case = await case_of(tx, desk, who, asked, address)
        judge(pack, case)


async def open_picture(
    engine: AsyncEngine, desk: Desk, who: Person, asked: Asked, address: str, *, replacing: bool
) -> Picture:
    """Put LiveOpened on the log and wait until the broker has it; raises NotRecordable if it can't be."""
    async with engine.begin() as tx:
        # Two openings of one person wait for each other here.
        await sessions.turn_of(tx, who.person_id)
        before = await sessions.of_person(tx, who.person_id)
        pack, case = await case_of(tx, desk, who, asked, address)
        case = replace(case, others=0 if before is None or replacing else 1)
        verdict = judge(pack, case)
        if before is not None:
            await _close(tx, desk, before, REPLACED, who.actor())
        picture = Picture(
            live_id=uuid4(),
            person=who.person_id,
            asked=asked,
            address=address,
            secret=new_secret(),
            opened_at=case.now,
            ends_at=verdict.until,
            seen_at=case.now,
        )
        await sessions.begin(tx, picture)
        ledger = await desk.ledger(tx, who.actor(), policy_version=pack.reference)
        ledger.legal_basis = asked.answers.get("legal_basis", "")
        ledger.reason = "; ".join(asked.answers[name] for name in REASONS if asked.answers.get(name))
        await ledger.append(live_stream(picture.live_id), opened(case, verdict, picture.live_id), str(picture.live_id))
    try:
        await must_be_durable(engine, live_stream(picture.live_id), 1)
    except AccessRefusal:
        await close(engine, desk, picture, LOST, SYSTEM)
        raise
    return picture


async def permitted(engine: AsyncEngine, desk: Desk, picture: Picture, who: Person, address: str) -> datetime:
    """Return the instant at which a picture may go on; closes it and raises the refusal if it may not."""
    # Its person may have closed it, or somebody who watches over it: then it is over, whatever it may still do.
    await standing(engine, desk, picture.live_id)
    async with engine.connect() as tx:
        now = await desk.clock(tx)
        why, refusal = await _ending(tx, desk, picture, who, address, now)
    if refusal is None:
        return now
    await close(engine, desk, picture, why, SYSTEM)
    raise refusal


async def standing(engine: AsyncEngine, desk: Desk, live_id: UUID) -> Picture:
    """Return an open picture; raises Forbidden with why it was closed, or Unknown."""
    async with engine.connect() as tx:
        picture = await sessions.one(tx, live_id)
        past = [] if picture is not None else await history(tx, desk.codec, live_stream(live_id))
    if picture is not None:
        return picture
    closed = next((each for each in past if isinstance(each.event, LiveClosed)), None)
    if closed is None or not isinstance(closed.event, LiveClosed):
        raise Unknown(f"no live picture {live_id}", remedy="open one: POST /api/v1/live")
    raise gone(live_id, closed.event.why, closed.envelope.recorded_at)


async def close_own(engine: AsyncEngine, desk: Desk, who: Person, live_id: UUID) -> None:
    """Close a picture as the person who opened it."""
    picture = await standing(engine, desk, live_id)
    if picture.person != who.person_id:
        raise NotEntitled(
            f"live picture {live_id} isn't {who.person_id}'s", rule="live.person", remedy="close your own"
        )
    await close(engine, desk, picture, CLOSED, who.actor())


async def close(engine: AsyncEngine, desk: Desk, picture: Picture, why: str, actor: Actor) -> None:
    """Close a picture, once; whoever comes second finds it closed."""
    async with engine.begin() as tx:
        await _close(tx, desk, picture, why, actor)


async def sweep(engine: AsyncEngine, desk: Desk, people: People, lost_after: timedelta) -> int:
    """Close what may not go on or what nobody watches any more; return how many."""
    async with engine.connect() as tx:
        now = await desk.clock(tx)
        ending: list[tuple[Picture, str]] = []
        for picture in await sessions.open_ones(tx):
            why, refusal = await _ending(tx, desk, picture, person_of(people, picture.person), picture.address, now)
            if refusal is not None or now - picture.seen_at >= lost_after:
                ending.append((picture, why or LOST))
        forgotten = await sessions.forgotten(tx)
    for picture, why in ending:
        await close(engine, desk, picture, why, SYSTEM)
    for live_id in forgotten:
        await _close_forgotten(engine, desk, live_id)
    return len(ending) + len(forgotten)


async def case_of(tx: AsyncConnection, desk: Desk, who: Person, asked: Asked, address: str) -> tuple[Pack, Case]:
    """Return a camera's policy, and what it judges. Raises Unknown for a camera or a project that isn't known."""
    now = await desk.clock(tx)
    point = await sessions.point(tx, asked.camera_id)
    policy_id = await store.pack_of_camera(tx, asked.camera_id, now)
    if point is None or policy_id is None:
        raise unknown(asked.camera_id)
    pack = await policy_in_force(tx, desk, policy_id, now)
    project = await _project(tx, desk, asked.project_id)
    case = Case(asked=asked, person=who, address=address, point=point, project=project, others=0, now=now)
    return pack, case


def person_of(people: People, person_id: str) -> Person:
    """Return a person with the roles of all his accounts; with none if the people file no longer knows him."""
    accounts = [each for each in people.by_account.values() if each.person_id == person_id]
    roles = frozenset(role for each in accounts for role in each.roles)
    known = accounts[0] if accounts else Person(person_id=person_id, account="", name="", roles=roles)
    return replace(known, roles=roles)


def gone(live_id: UUID, why: str, at: datetime) -> Forbidden:
    """Return the refusal of a picture that was closed."""
    return Forbidden(
        f"live picture {live_id} was closed at {iso(at)}: {why}",
        rule="live.closed",
        remedy="open it again if its policy still allows it",
        word="LiveClosed",
        more={"why": why},
    )


async def _project(tx: AsyncConnection, desk: Desk, project_id: str) -> ProjectFile | None:
    if not project_id:
        return None
    project, _ = await project_office.found(tx, desk, project_id)
    return project


async def _ending(  # noqa: PLR0917 - the wiring comes first, then the case
    tx: AsyncConnection, desk: Desk, picture: Picture, who: Person, address: str, now: datetime
) -> tuple[str, AccessRefusal | None]:
    """Return why a picture has to end now, and the refusal that says so; ("", None) while it may go on."""
    if address != picture.address:
        return ADDRESS_CHANGED, gone(picture.live_id, ADDRESS_CHANGED, now)
    if picture.ends_at is not None and now >= picture.ends_at:
        return PERIOD_ENDED, gone(picture.live_id, PERIOD_ENDED, now)
    try:
        pack, case = await case_of(tx, desk, who, picture.asked, address)
        judge(pack, case)
    except AccessRefusal as refusal:
        ended = refusal.kind == "OutsidePeriod"
        return (PERIOD_ENDED if ended else WITHDRAWN), refusal
    return "", None


async def _close(tx: AsyncConnection, desk: Desk, picture: Picture, why: str, actor: Actor) -> None:
    if not await sessions.end(tx, picture.live_id):
        return
    ledger = await desk.ledger(tx, actor)
    event = LiveClosed(request_id="", live_id=picture.live_id, camera_id=picture.asked.camera_id, why=why)
    await ledger.append(live_stream(picture.live_id), event, str(picture.live_id))


async def _close_forgotten(engine: AsyncEngine, desk: Desk, live_id: UUID) -> None:
    async with engine.begin() as tx:
        if await lock(tx, live_stream(live_id)) != 1 or await sessions.one(tx, live_id) is not None:
            return
        first = (await history(tx, desk.codec, live_stream(live_id)))[0].event
        assert isinstance(first, LiveOpened)
        ledger = await desk.ledger(tx, SYSTEM)
        event = LiveClosed(request_id="", live_id=live_id, camera_id=first.camera_id, why=LOST)
        await ledger.append(live_stream(live_id), event, str(live_id))
