"""Copies: native bytes with hash and number; CopyMade is with the broker before the first byte leaves (DAAN-08)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access import footage
from services.access.footage import Clip
from services.access.ledger import Desk, access_stream
from services.access.policies.office import ended_at
from services.access.refusals import Forbidden, NotEntitled, Unknown, Unusable
from services.access.requests import listing
from services.access.requests.file import Copy, RequestFile
from services.access.requests.office import pack_of
from services.access.tables import copy_bytes
from services.access.viewing import copy_files, store
from services.access.viewing.clips import key_of
from services.access.viewing.copy_files import Written, why_over
from services.access.viewing.decider import COPY, Case, granted, inside, judge
from services.access.viewing.office import locked
from services.kernel.batches import lines
from services.kernel.events import CopyMade, CopyReturned, CopySigned, ResultSigned
from services.kernel.events.segment import Sha256
from services.runtime.identity import Person
from services.runtime.settings import Settings

RECEIVERS = ("applicant", "recipient")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which footage of a grant is copied, and when the copy is due back."""

    camera: str
    start: datetime | None
    return_by: datetime | None


async def make(  # noqa: PLR0917 - the wiring comes first, then the case
    engine: AsyncEngine, desk: Desk, settings: Settings, who: Person, request_id: UUID, wanted: Wanted
) -> list[Copy]:
    """Make one numbered copy per recording inside the grant; all are on the log when this returns."""
    async with engine.connect() as tx:
        file = await listing.load(tx, desk.codec, request_id)
        grant = granted(file, who.person_id, COPY, await desk.clock(tx))
        cameras = (wanted.camera,) if wanted.camera else grant.scope.cameras
        if wanted.return_by is not None and wanted.return_by <= await desk.clock(tx):
            raise Unusable("the copy would be due back in the past", rule="copy.return_by", remedy="give a later date")
    clips = await footage.clips(settings, cameras, grant.scope.starts_at, grant.scope.ends_at)
    clips = [c for c in clips if c.state != "gone" and wanted.start in (None, c.started_at)]
    parts = [(clip, part) for clip in clips if (part := inside(grant, clip)) is not None]
    if not parts:
        raise Unknown("no footage of this grant matches", remedy="name a camera and start that the grant covers")
    async with engine.connect() as tx:
        for clip, part in parts:
            judge(pack_of(desk, file), await _case(tx, file, who, clip, part, "pending", await desk.clock(tx)))
    async with copy_files.writing(settings):
        written = [await copy_files.write(settings, clip, part) for clip, part in parts]
        return await _recorded(engine, desk, who, request_id, written, wanted.return_by)


async def _recorded(  # noqa: PLR0917 - the wiring comes first, then the case
    engine: AsyncEngine,
    desk: Desk,
    who: Person,
    request_id: UUID,
    written: list[Written],
    return_by: datetime | None,
) -> list[Copy]:
    async with engine.begin() as tx:
        file = await locked(tx, desk, request_id)
        pack = pack_of(desk, file)
        ledger = await desk.ledger(tx, who.actor(_role(who)), policy_version=pack.reference)
        grant = granted(file, who.person_id, COPY, ledger.now)
        ids: list[UUID] = []
        for number, each in enumerate(written, start=len(file.copies) + 1):
            label = f"{pack.id}-{str(request_id)[:8]}-{number}"
            judge(pack, await _case(tx, file, who, each.clip, each.part, label, ledger.now))
            event = _made(request_id, label, grant.grant_version, who, each, return_by)
            await ledger.append(access_stream(request_id), event, str(request_id))
            row = {"copy_id": event.copy_id, "location": str(each.path), "container": each.clip.container}
            due = min(return_by or grant.valid_until, grant.valid_until)
            await tx.execute(insert(copy_bytes).values(row | {"due_at": due}))
            ids.append(event.copy_id)
        file = await listing.refresh(tx, desk.codec, request_id)
    made = [copy for copy in file.copies if copy.made.copy_id in ids]
    for copy in made:
        await store.must_be_durable(engine, access_stream(request_id), copy.version)
    return made


async def readable(engine: AsyncEngine, desk: Desk, who: Person, copy_id: UUID) -> tuple[Copy, Path, str]:
    """Return a copy that its applicant may fetch now, where it lies and its container."""
    async with engine.connect() as tx:
        request_id = await store.request_of_copy(tx, copy_id)
        file = await listing.load(tx, desk.codec, request_id)
        now = await desk.clock(tx)
        granted(file, who.person_id, COPY, now)
        row = (await tx.execute(select(copy_bytes).where(copy_bytes.c.copy_id == copy_id))).first()
    copy = _copy(file, copy_id)
    if copy.returned is not None or copy.erased is not None or (row is not None and row.due_at <= now):
        raise Forbidden(
            f"copy {copy.made.copy_number} is over: {why_over(file, copy, now).replace('_', ' ')}",
            rule="copy",
            remedy="have another copy made under an open grant",
            word="CopyOver",
        )
    if row is None or not await asyncio.to_thread(Path(row.location).exists):
        raise Unknown(f"the bytes of copy {copy_id} aren't here", remedy="have the copy made again")
    await store.must_be_durable(engine, access_stream(request_id), copy.version)
    return copy, Path(row.location), row.container


async def sign(engine: AsyncEngine, desk: Desk, who: Person, copy_id: UUID, role: str) -> Copy:
    """The applicant signs for his copy (NPA-15, SPD-17)."""
    async with engine.begin() as tx:
        file = await locked(tx, desk, await store.request_of_copy(tx, copy_id))
        copy = file.copy(copy_id)
        assert copy is not None
        if who.person_id != copy.made.person or role not in RECEIVERS:
            raise NotEntitled(
                f"{who.person_id} did not receive copy {copy.made.copy_number}",
                rule="copy.sign",
                remedy=f"whoever received it signs, as {' or '.join(RECEIVERS)}",
            )
        if copy.signed:
            return copy
        ledger = await desk.ledger(tx, who.actor(role), policy_version=file.policy_version)
        event = CopySigned(request_id=file.request_id, copy_id=copy_id, person=who.person_id, role=role)
        await ledger.append(access_stream(file.request_id), event, str(file.request_id))
        return _copy(await listing.refresh(tx, desk.codec, file.request_id), copy_id)


async def give_back(engine: AsyncEngine, desk: Desk, who: Person, copy_id: UUID, how: str) -> Copy:
    """A copy came back, or its holder destroyed it; our own bytes of it then go too."""
    async with engine.begin() as tx:
        file = await locked(tx, desk, await store.request_of_copy(tx, copy_id))
        copy = _copy(file, copy_id)
        if copy.returned is not None:
            return copy
        ledger = await desk.ledger(tx, who.actor(_role(who)), policy_version=file.policy_version)
        event = CopyReturned(request_id=file.request_id, copy_id=copy_id, how=how, person=who.person_id)
        await tx.execute(update(copy_bytes).where(copy_bytes.c.copy_id == copy_id).values(due_at=ledger.now))
        await ledger.append(access_stream(file.request_id), event, str(file.request_id))
        return _copy(await listing.refresh(tx, desk.codec, file.request_id), copy_id)


async def sign_result(engine: AsyncEngine, desk: Desk, who: Person, event: ResultSigned) -> RequestFile:
    """Sign the result section of the form, to the second (DAAN-11); ``event.role`` is one of the person's roles."""
    if event.role not in who.roles:
        raise NotEntitled(
            f"{who.person_id} isn't {event.role}", rule="result.sign", remedy="sign in a role that you have"
        )
    if not event.result_from < event.result_to or not event.cameras:
        raise Unusable("the result names no interval or no camera", rule="result", remedy="name cameras, from and to")
    async with engine.begin() as tx:
        file = await locked(tx, desk, event.request_id)
        ledger = await desk.ledger(tx, who.actor(event.role), policy_version=file.policy_version)
        if not file.is_open:
            raise Unusable(f"request {file.request_id} is {file.state}", rule="request.open", remedy="it is closed")
        await ledger.append(access_stream(file.request_id), event, str(file.request_id))
        return await listing.refresh(tx, desk.codec, file.request_id)


def _made(  # noqa: PLR0917 - the wiring comes first, then the case
    request_id: UUID, label: str, grant_version: int, who: Person, each: Written, return_by: datetime | None
) -> CopyMade:
    return CopyMade(
        request_id=request_id,
        copy_id=UUID(each.path.stem),
        copy_number=label,
        grant_version=grant_version,
        person=who.person_id,
        derived_from="",
        sha256=Sha256(each.sha256),
        size_bytes=each.size_bytes,
        footage=lines([key_of(each.clip)]),
        footage_from=each.part[0],
        footage_to=each.part[1],
        return_by=return_by,
    )


async def _case(  # noqa: PLR0917 - the wiring comes first, then the case
    tx: AsyncConnection,
    file: RequestFile,
    who: Person,
    clip: Clip,
    part: tuple[datetime, datetime],
    label: str,
    now: datetime,
) -> Case:
    return Case(
        act=COPY,
        file=file,
        person=who.person_id,
        now=now,
        interval=part,
        clip=clip,
        camera=await store.camera_facts(tx, clip.camera_id),
        copy_number=label,
        programme_ended_at=await ended_at(tx, file.submitted.policy_id if file.submitted is not None else ""),
    )


def _copy(file: RequestFile, copy_id: UUID) -> Copy:
    copy = file.copy(copy_id)
    assert copy is not None, copy_id
    return copy


def _role(who: Person) -> str:
    return next(iter(sorted(who.roles)), "")
