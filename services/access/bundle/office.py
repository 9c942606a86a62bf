"""Hands out a bundle: everything is put together, the log has BundleHandedOut, then the first byte leaves (I4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.bundle.contents import Contents, Footage, contents
from services.access.bundle.extract import extract
from services.access.ledger import access_stream, approval_stream, request_stream
from services.access.refusals import Unknown, Unusable
from services.access.requests import listing
from services.access.requests.file import Copy, RequestFile
from services.access.tables import fact
from services.access.viewing import receipts, store
from services.access.viewing.copies import lying
from services.access.viewing.copies_http import ending_of
from services.access.viewing.decider import COPY, granted
from services.access.viewing.office import locked
from services.access.viewing.workshop import Workshop
from services.kernel.events import BundleHandedOut
from services.kernel.events.segment import Sha256
from services.kernel.ids import event_id
from services.runtime.identity import Person

COPIES_MAX: Final = 200
EVENTS_MAX: Final = 2_000
REFUSALS: Final = ("AccessRefused", "ActRefused")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOut:
    """A bundle that the log knows of: what is in it, under which number, since when."""

    contents: Contents
    receipt_number: str
    at: datetime


async def hand_out(shop: Workshop, who: Person, request_id: UUID, address: str) -> HandedOut:
    """Put a bundle together and on the log; its bytes may be sent when this returns."""
    async with shop.engine.connect() as tx:
        file = await listing.load(tx, shop.desk.codec, request_id)
        now = await shop.desk.clock(tx)
        granted(file, who.person_id, COPY, now)
        footage = [await _footage(tx, shop, file, copy) for copy in _in_hand(file)]
        events = await _events(tx, request_id)
    number = f"{_policy(file)}-{str(request_id)[:8]}-R{len(file.bundles) + 1}"
    told = await extract(shop.settings, events, [str(each.event_id) for each in footage])
    made = contents(file, footage, told, shop.studio.certificates, number, now)
    await _recorded(shop, who, request_id, made, number, address)
    return HandedOut(contents=made, receipt_number=number, at=now)


async def _recorded(  # noqa: PLR0917 - the wiring comes first, then the case
    shop: Workshop, who: Person, request_id: UUID, made: Contents, number: str, address: str
) -> None:
    async with shop.engine.begin() as tx:
        file = await locked(tx, shop.desk, request_id)
        ledger = await shop.desk.ledger(tx, who.actor(), policy_version=file.policy_version)
        grant = granted(file, who.person_id, COPY, ledger.now)
        event = BundleHandedOut(
            request_id=request_id,
            bundle_id=uuid4(),
            receipt_number=number,
            grant_version=grant.grant_version,
            person=who.person_id,
            address=address,
            copies=tuple(each.copy.made.copy_id for each in made.footage),
            manifest_sha256=Sha256(made.digest),
        )
        recorded = await ledger.append(access_stream(request_id), event, str(request_id))
        await listing.refresh(tx, shop.desk.codec, request_id)
    await store.must_be_durable(shop.engine, access_stream(request_id), recorded.envelope.stream_version)


async def sign(shop: Workshop, who: Person, request_id: UUID, role: str) -> list[Copy]:
    """Sign for every copy of the last bundle at once: its receipt."""
    async with shop.engine.connect() as tx:
        file = await listing.load(tx, shop.desk.codec, request_id)
    if not file.bundles:
        raise Unusable(
            f"no bundle of request {request_id} was handed out", rule="bundle.sign", remedy="fetch it, then sign for it"
        )
    handed, _ = file.bundles[-1]
    return [await receipts.sign(shop.engine, shop.desk, who, copy_id, role) for copy_id in handed.copies]


def _in_hand(file: RequestFile) -> list[Copy]:
    """Return the copies that lie here, at most as many as one bundle holds."""
    found = [copy for copy in file.copies if copy.returned is None and copy.erased is None]
    if not found:
        raise Unknown(
            f"request {file.request_id} has no copy to hand out", remedy="have copies made: POST /requests/ID/copies"
        )
    if len(found) > COPIES_MAX:
        raise Unusable(
            f"{len(found)} copies are more than one bundle holds ({COPIES_MAX})",
            rule="bundle.size",
            remedy="fetch the copies one by one, or ask for less footage with one request",
        )
    return found


async def _footage(tx: AsyncConnection, shop: Workshop, file: RequestFile, copy: Copy) -> Footage:
    _, path, container = await lying(tx, shop.engine, shop.desk, file, copy.made.copy_id)
    about = event_id(access_stream(file.request_id), copy.version)
    name = f"footage/{copy.made.copy_number}.{ending_of(container)}"
    return Footage(copy=copy, path=path, name=name, event_id=about)


async def _events(tx: AsyncConnection, request_id: UUID) -> list[str]:
    """Return the ids of what happened under a request, refused tries left out."""
    streams = (request_stream(request_id), approval_stream(request_id), access_stream(request_id))
    wanted = select(fact.c.stream_id, fact.c.stream_version).where(
        fact.c.stream_id.in_(streams), fact.c.event_type.not_in(REFUSALS)
    )
    rows = await tx.execute(wanted.order_by(fact.c.recorded_at).limit(EVENTS_MAX))
    return [str(event_id(row.stream_id, row.stream_version)) for row in rows]


def _policy(file: RequestFile) -> str:
    assert file.submitted is not None
    return file.submitted.policy_id
