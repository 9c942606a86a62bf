"""Carries out what people ask of a request on file: gate, then its stream; decide, append, refresh its row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.ledger import Desk, Ledger, approval_stream, gate, lock, request_stream
from services.access.refusals import Unknown, Unusable
from services.access.requests import listing, protecting, terms
from services.access.requests.admission import Admission
from services.access.requests.chain import open_now, role_for, step_of
from services.access.requests.commands import (
    ChangeTerm,
    CloseRequest,
    DelegateStep,
    RevokeDelegation,
    Signatory,
    SignStep,
)
from services.access.requests.decider import (
    decide_closing,
    decide_step,
    decide_withdrawal,
)
from services.access.requests.delegating import decide_delegation, decide_revocation
from services.access.requests.file import RequestFile, RequestState
from services.access.requests.packs import pack_of
from services.access.requests.terms import decide_term
from services.access.tables import unconfirmed
from services.kernel.envelope import Actor
from services.kernel.events import RequestClosed, RequestTermChanged, RequestWithdrawn
from services.kernel.policy import Pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A request after a command, and the seq of the protection log that its answer waits for (0: none)."""

    file: RequestFile
    seq: int
    open_steps: tuple[str, ...]
    admission: Admission | None = None


def actor_of(by: Signatory, role: str = "") -> Actor:
    """Return who stands in the envelope: the person, and the role in which he acted."""
    return Actor(id=by.person, role=role or next(iter(sorted(by.roles)), ""), agency=by.agency)


async def confirm_protection(engine: AsyncEngine, desk: Desk, request_id: UUID, by: Signatory) -> Result:
    """A person lets a request protect more than the pack's cap."""
    async with engine.begin() as tx:
        seq = await gate(tx)
        file = await locked(tx, desk, request_id)
        pack = pack_of(desk, file)
        ledger = await desk.ledger(tx, actor_of(by), policy_version=file.policy_version)
        if not file.is_open or file.submitted is None:
            raise Unusable(f"request {request_id} is {file.state}", rule="request.open", remedy="nothing to protect")
        if by.person == file.submitted.requester:
            raise Unusable(
                "the applicant can't confirm his own cap", rule="request.cap", remedy="another person confirms it"
            )
        await tx.execute(delete(unconfirmed).where(unconfirmed.c.request_id == request_id))
        # A corrected form may name more than what is protected already.
        wait_for = await protecting.lengthen(ledger, desk, file, seq, file.submitted.scope)
        wait_for = wait_for or await protecting.place(ledger, desk, file.submitted, seq)
        return Result(file=file, seq=wait_for, open_steps=open_now(pack, file))


async def sign(engine: AsyncEngine, desk: Desk, command: SignStep) -> Result:
    """Record one signature and whatever follows from it: a grant, a denial, the hold of a preservation request."""
    async with engine.begin() as tx:
        seq = await gate(tx)
        file = await locked(tx, desk, command.request_id)
        pack = pack_of(desk, file)
        ledger = await _ledger_for(tx, desk, pack, file, command)
        decided = decide_step(pack, file, command, ledger.now)
        for event in decided.events:
            in_requests = isinstance(event, RequestClosed)
            stream = request_stream(file.request_id) if in_requests else approval_stream(file.request_id)
            await ledger.append(stream, event, str(file.request_id))
        after = await listing.refresh(tx, desk.codec, command.request_id)
        if after.state is RequestState.RETURNED:
            return await _changed(ledger, desk, after, terms.paused(pack, after, ledger.now), seq)
        wait_for = await protecting.follow(ledger, desk, pack, after, command.by, seq)
        after = await listing.refresh(tx, desk.codec, command.request_id)
        return Result(file=after, seq=wait_for, open_steps=open_now(pack, after))


async def _ledger_for(tx: AsyncConnection, desk: Desk, pack: Pack, file: RequestFile, command: SignStep) -> Ledger:
    assert file.submitted is not None or not file.is_open
    role = role_for(file, command.by, step_of(pack, file, command.step)) if file.submitted is not None else ""
    return await desk.ledger(tx, actor_of(command.by, role), policy_version=pack.reference)


async def delegate(engine: AsyncEngine, desk: Desk, command: DelegateStep) -> Result:
    """Record a delegation."""
    async with engine.begin() as tx:
        file = await locked(tx, desk, command.request_id)
        pack = pack_of(desk, file)
        role = role_for(file, command.by, step_of(pack, file, command.step)) if file.submitted is not None else ""
        ledger = await desk.ledger(tx, actor_of(command.by, role), policy_version=pack.reference)
        event = decide_delegation(pack, file, command, ledger.now)
        await ledger.append(approval_stream(file.request_id), event, str(file.request_id))
        file = await listing.refresh(tx, desk.codec, command.request_id)
        return Result(file=file, seq=0, open_steps=open_now(pack, file))


async def revoke(engine: AsyncEngine, desk: Desk, command: RevokeDelegation) -> Result:
    """Record that a delegation is taken back."""
    async with engine.begin() as tx:
        file = await locked(tx, desk, command.request_id)
        ledger = await desk.ledger(tx, actor_of(command.by), policy_version=file.policy_version)
        event = decide_revocation(file, command)
        await ledger.append(approval_stream(file.request_id), event, str(file.request_id))
        file = await listing.refresh(tx, desk.codec, command.request_id)
        return Result(file=file, seq=0, open_steps=open_now(pack_of(desk, file), file))


async def change_term(engine: AsyncEngine, desk: Desk, command: ChangeTerm) -> Result:
    """Stop the clock of the term, start it again, or lengthen the term; its protection follows."""
    async with engine.begin() as tx:
        seq = await gate(tx)
        file = await locked(tx, desk, command.request_id)
        ledger = await desk.ledger(tx, actor_of(command.by), policy_version=file.policy_version)
        event = decide_term(pack_of(desk, file), file, command, ledger.now)
        return await _changed(ledger, desk, file, (event,), seq)


async def _changed(
    ledger: Ledger, desk: Desk, file: RequestFile, events: Sequence[RequestTermChanged], seq: int
) -> Result:
    for event in events:
        await ledger.append(request_stream(file.request_id), event, str(file.request_id))
    after = await listing.refresh(ledger.tx, desk.codec, file.request_id)
    wait_for = await protecting.lengthen(ledger, desk, after, seq) if events else 0
    return Result(file=after, seq=wait_for, open_steps=open_now(pack_of(desk, after), after))


async def withdraw(engine: AsyncEngine, desk: Desk, request_id: UUID, by: Signatory) -> Result:
    """The applicant takes the request back."""
    async with engine.begin() as tx:
        seq = await gate(tx)
        file = await locked(tx, desk, request_id)
        ledger = await desk.ledger(tx, actor_of(by), policy_version=file.policy_version)
        events = decide_withdrawal(file, by, ledger.now)
        return await _closing(ledger, desk, file, events, by, seq)


async def close(engine: AsyncEngine, desk: Desk, command: CloseRequest) -> Result:
    """Close a request that is carried out, or whose term is over."""
    async with engine.begin() as tx:
        seq = await gate(tx)
        file = await locked(tx, desk, command.request_id)
        pack = pack_of(desk, file)
        ledger = await desk.ledger(tx, actor_of(command.by), policy_version=file.policy_version)
        event = decide_closing(pack, file, command, ledger.now)
        return await _closing(ledger, desk, file, (event,), command.by, seq)


async def _closing(  # noqa: PLR0917 - the wiring comes first, then the case
    ledger: Ledger,
    desk: Desk,
    file: RequestFile,
    events: Sequence[RequestWithdrawn | RequestClosed],
    by: Signatory,
    seq: int,
) -> Result:
    for event in events:
        await ledger.append(request_stream(file.request_id), event, str(file.request_id))
    after = await listing.refresh(ledger.tx, desk.codec, file.request_id)
    await ledger.tx.execute(delete(unconfirmed).where(unconfirmed.c.request_id == file.request_id))
    ended = await protecting.end_protection(ledger, desk, after, by.person, seq)
    return Result(file=after, seq=ended if ended > seq else 0, open_steps=())


async def locked(tx: AsyncConnection, desk: Desk, request_id: UUID) -> RequestFile:
    """Return a request whose stream nobody else writes until ``tx`` ends. Raises Unknown."""
    await lock(tx, request_stream(request_id))
    file = await listing.load(tx, desk.codec, request_id)
    if file.submitted is None and file.refused is None:
        raise Unknown(f"no request {request_id}", remedy="list your requests: GET /api/v1/requests")
    return file
