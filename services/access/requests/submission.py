"""Takes a form in, new or corrected: gate, then the request's stream; admit, append, refresh its row, protect."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.ledger import Desk, gate, lock, request_stream
from services.access.protections import office as protections
from services.access.refusals import AccessRefusal
from services.access.requests import listing, protecting, terms
from services.access.requests.admission import admit
from services.access.requests.chain import open_now
from services.access.requests.commands import SubmitRequest
from services.access.requests.correcting import corrected, must_be_correctable
from services.access.requests.file import RequestFile
from services.access.requests.form import split
from services.access.requests.office import Result, actor_of, locked
from services.access.requests.packs import pack_of
from services.kernel.policy import Pack


async def submit(engine: AsyncEngine, desk: Desk, command: SubmitRequest, pack: Pack) -> Result:
    """Take a form in or refuse it; either way it is on the log when this returns."""
    form = split(command.facts, desk.shelf.personal_names(pack))
    async with engine.begin() as tx:
        seq = await gate(tx)
        await lock(tx, request_stream(command.request_id))
        await _must_be_new(tx, desk, command.request_id)
        ledger = await desk.ledger(tx, actor_of(command.by), policy_version=pack.reference)
        admission = admit(pack, command, form, await protections.known_cameras(tx), ledger.now)
        for event in admission.events:
            await ledger.append(request_stream(command.request_id), event, str(command.request_id))
        wait_for = await protecting.protect(ledger, desk, command, admission, seq)
        file = await listing.refresh(tx, desk.codec, command.request_id)
        return Result(file=file, seq=wait_for, open_steps=open_now(pack, file), admission=admission)


async def correct(engine: AsyncEngine, desk: Desk, command: SubmitRequest, version: int) -> Result:
    """Take a returned form in again; ``version`` is that of the request's stream when its personal data was sealed."""
    async with engine.begin() as tx:
        seq = await gate(tx)
        file = await locked(tx, desk, command.request_id)
        must_be_correctable(file, command.by)
        _must_be_version(file, version)
        pack = pack_of(desk, file)
        form = split(command.facts, desk.shelf.personal_names(pack))
        ledger = await desk.ledger(tx, actor_of(command.by), policy_version=pack.reference)
        admission = admit(pack, command, form, await protections.known_cameras(tx), ledger.now)
        if admission.refused:
            return Result(file=file, seq=0, open_steps=(), admission=admission)
        stream = request_stream(file.request_id)
        await ledger.append(stream, corrected(file, admission), str(file.request_id))
        for event in terms.resumed(pack, file, ledger.now):
            await ledger.append(stream, event, str(file.request_id))
        file = await listing.refresh(tx, desk.codec, file.request_id)
        wait_for = await protecting.restate(ledger, desk, file, admission, seq)
        return Result(file=file, seq=wait_for, open_steps=open_now(pack, file), admission=admission)


async def _must_be_new(tx: AsyncConnection, desk: Desk, request_id: UUID) -> None:
    # Otherwise a second form would put itself under the signatures of the first.
    file = await listing.load(tx, desk.codec, request_id)
    if file.submitted is not None or file.refused is not None:
        raise AccessRefusal(
            f"request {request_id} was handed in already",
            rule="request.id",
            remedy=f"see it: GET /api/v1/requests/{request_id}; a new request takes an id of its own",
            word="RequestExists",
        )


def _must_be_version(file: RequestFile, version: int) -> None:
    if file.version != version:
        raise AccessRefusal(
            f"request {file.request_id} was changed at the same time",
            rule="request.version",
            remedy="read it again, then correct it",
            word="RequestChanged",
        )
