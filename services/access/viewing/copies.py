"""Copies: native bytes with hash and number; CopyMade is with the broker before the first byte leaves (DAAN-08)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access import footage
from services.access.footage import Clip
from services.access.ledger import Desk, Ledger, access_stream
from services.access.policies.office import ended_at
from services.access.provenance.claims import ORIGINAL, Claim
from services.access.refusals import AccessRefusal, Forbidden, Unknown, Unusable
from services.access.requests import listing
from services.access.requests.file import Copy, RequestFile
from services.access.requests.packs import pack_of
from services.access.tables import copy_bytes
from services.access.viewing import copy_files, store
from services.access.viewing.clips import key_of
from services.access.viewing.copy_files import Written, why_over
from services.access.viewing.decider import COPY, Case, granted, inside, judge
from services.access.viewing.office import locked
from services.access.viewing.workshop import Workshop, with_provenance
from services.kernel.batches import lines
from services.kernel.events import CopyMade, RequestGranted
from services.kernel.events.segment import Sha256
from services.kernel.policy import Pack
from services.runtime.identity import Person

Part = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which footage of a grant is copied, and when the copy is due back."""

    camera: str
    start: datetime | None
    return_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Bytes that wait for their event: under which number, in which form, made from what, due when."""

    written: Written
    label: str
    return_by: datetime | None
    form: str = ORIGINAL
    derived_from: str = ""
    why: str = ""


async def make(shop: Workshop, who: Person, request_id: UUID, wanted: Wanted) -> list[Copy]:
    """Make one numbered copy per recording inside the grant; all are on the log when this returns."""
    async with shop.engine.connect() as tx:
        file = await listing.load(tx, shop.desk.codec, request_id)
        grant = granted(file, who.person_id, COPY, await shop.desk.clock(tx))
        must_be_later(wanted.return_by, await shop.desk.clock(tx))
    parts = await _parts(shop, grant, wanted)
    pack = pack_of(shop.desk, file)
    labels = [label(pack, request_id, number) for number, _ in enumerate(parts, start=len(file.copies) + 1)]
    async with shop.engine.connect() as tx:
        for (clip, part), number in zip(parts, labels, strict=True):
            judge(pack, await case_of(tx, file, who.person_id, clip, part, number, await shop.desk.clock(tx)))
    async with copy_files.writing(shop.settings):
        made = [
            Made(written=await _written(shop, file, clip, part, number), label=number, return_by=wanted.return_by)
            for (clip, part), number in zip(parts, labels, strict=True)
        ]
        return await record(shop, who, file, made)


async def _parts(shop: Workshop, grant: RequestGranted, wanted: Wanted) -> list[tuple[Clip, Part]]:
    cameras = (wanted.camera,) if wanted.camera else grant.scope.cameras
    clips = await footage.clips(shop.settings, cameras, grant.scope.starts_at, grant.scope.ends_at)
    clips = [c for c in clips if c.state != "gone" and wanted.start in (None, c.started_at)]
    parts = [(clip, part) for clip in clips if (part := inside(grant, clip)) is not None]
    if not parts:
        raise Unknown("no footage of this grant matches", remedy="name a camera and start that the grant covers")
    return parts


async def _written(shop: Workshop, file: RequestFile, clip: Clip, part: Part, number: str) -> Written:
    written = await copy_files.write(shop.settings, clip, part)
    assert file.submitted is not None
    claim = Claim(
        form=ORIGINAL,
        request_id=file.request_id,
        copy_number=number,
        applicant=file.submitted.requester,
        camera_id=clip.camera_id,
        footage_from=part[0],
        footage_to=part[1],
        native_sha256=written.native_sha256,
        segment_sha256=clip.sha256,
    )
    return await with_provenance(shop, written, claim)


async def record(shop: Workshop, who: Person, before: RequestFile, made: list[Made]) -> list[Copy]:
    """Put copies on the log and wait until the broker has them; call it inside ``copy_files.writing``."""
    request_id = before.request_id
    async with shop.engine.begin() as tx:
        file = await locked(tx, shop.desk, request_id)
        if len(file.copies) != len(before.copies):
            raise AccessRefusal(
                f"another copy of request {request_id} was made at the same time",
                rule="copy.number",
                remedy="ask again: each copy has a number of its own",
                word="CopyRace",
            )
        pack = pack_of(shop.desk, file)
        ledger = await shop.desk.ledger(tx, who.actor(), policy_version=pack.reference)
        ids = [await _recorded(ledger, pack, file, each) for each in made]
        file = await listing.refresh(tx, shop.desk.codec, request_id)
    told = [copy for copy in file.copies if copy.made.copy_id in ids]
    for copy in told:
        await store.must_be_durable(shop.engine, access_stream(request_id), copy.version)
    return told


async def _recorded(ledger: Ledger, pack: Pack, file: RequestFile, each: Made) -> UUID:
    assert file.submitted is not None
    person, written = file.submitted.requester, each.written
    grant = granted(file, person, COPY, ledger.now)
    judge(pack, await case_of(ledger.tx, file, person, written.clip, written.part, each.label, ledger.now))
    event = CopyMade(
        request_id=file.request_id,
        copy_id=UUID(written.path.stem),
        copy_number=each.label,
        grant_version=grant.grant_version,
        person=person,
        derived_from=each.derived_from,
        sha256=Sha256(written.sha256),
        size_bytes=written.size_bytes,
        footage=lines([key_of(written.clip)]),
        footage_from=written.part[0],
        footage_to=written.part[1],
        return_by=each.return_by,
        form=each.form,
        native_sha256=written.native_sha256,
        provenance=written.provenance,
        why=each.why,
    )
    await ledger.append(access_stream(file.request_id), event, str(file.request_id))
    row = {"copy_id": event.copy_id, "location": str(written.path), "container": written.clip.container}
    due = min(each.return_by or grant.valid_until, grant.valid_until)
    await ledger.tx.execute(insert(copy_bytes).values(row | {"due_at": due}))
    return event.copy_id


async def readable(engine: AsyncEngine, desk: Desk, who: Person, copy_id: UUID) -> tuple[Copy, Path, str]:
    """Return a copy that its applicant may fetch now, where it lies and its container."""
    async with engine.connect() as tx:
        request_id = await store.request_of_copy(tx, copy_id)
        file = await listing.load(tx, desk.codec, request_id)
        granted(file, who.person_id, COPY, await desk.clock(tx))
        return await lying(tx, engine, desk, file, copy_id)


async def lying(
    tx: AsyncConnection, engine: AsyncEngine, desk: Desk, file: RequestFile, copy_id: UUID
) -> tuple[Copy, Path, str]:
    """Return a copy whose bytes are here and which isn't over, where they lie and its container."""
    now = await desk.clock(tx)
    row = (await tx.execute(select(copy_bytes).where(copy_bytes.c.copy_id == copy_id))).first()
    copy = copy_of(file, copy_id)
    if copy.returned is not None or copy.erased is not None or (row is not None and row.due_at <= now):
        raise Forbidden(
            f"copy {copy.made.copy_number} is over: {why_over(file, copy, now).replace('_', ' ')}",
            rule="copy",
            remedy="have another copy made under an open grant",
            word="CopyOver",
        )
    if row is None or not await asyncio.to_thread(Path(row.location).exists):
        raise Unknown(f"the bytes of copy {copy_id} aren't here", remedy="have the copy made again")
    await store.must_be_durable(engine, access_stream(file.request_id), copy.version)
    return copy, Path(row.location), row.container


def label(pack: Pack, request_id: UUID, number: int) -> str:
    """Return the number that a copy bears, in its file name, on the log and in its mark."""
    return f"{pack.id}-{str(request_id)[:8]}-{number}"


def must_be_later(return_by: datetime | None, now: datetime) -> None:
    """Raise Unusable for a copy that would be due back already."""
    if return_by is not None and return_by <= now:
        raise Unusable("the copy would be due back in the past", rule="copy.return_by", remedy="give a later date")


async def case_of(  # noqa: PLR0917 - the wiring comes first, then the case
    tx: AsyncConnection, file: RequestFile, person: str, clip: Clip, part: Part, number: str, now: datetime
) -> Case:
    """Return what the policy judges about one copy."""
    return Case(
        act=COPY,
        file=file,
        person=person,
        now=now,
        interval=part,
        clip=clip,
        camera=await store.camera_facts(tx, clip.camera_id),
        copy_number=number,
        programme_ended_at=await ended_at(tx, file.submitted.policy_id if file.submitted is not None else ""),
    )


def copy_of(file: RequestFile, copy_id: UUID) -> Copy:
    """Return a copy that the file is known to have."""
    copy = file.copy(copy_id)
    assert copy is not None, copy_id
    return copy
