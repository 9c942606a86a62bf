"""What ends a copying: the applicant signs for it, it comes back, and the result is signed to the second."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.ledger import Desk, access_stream
from services.access.refusals import NotEntitled, Unusable
from services.access.requests import listing
from services.access.requests.file import Copy, RequestFile
from services.access.requests.owed import acts_done, result_signers
from services.access.requests.packs import pack_of
from services.access.tables import copy_bytes
from services.access.viewing import store
from services.access.viewing.copies import copy_of
from services.access.viewing.decider import COPY, VIEW
from services.access.viewing.office import locked
from services.kernel.events import CopyReturned, CopySigned, ResultSigned
from services.kernel.policy import Pack
from services.runtime.identity import Person

RECEIVERS: Final = ("applicant", "recipient")
# Who may write down that a copy lies on his desk again; its holder himself may, too.
TAKERS_BACK: Final = frozenset({"system_manager", "custodian", "records_unit", "handling_unit", "unit_head"})


async def sign(engine: AsyncEngine, desk: Desk, who: Person, copy_id: UUID, role: str) -> Copy:
    """The applicant signs for his copy (NPA-15, SPD-17)."""
    async with engine.begin() as tx:
        file = await locked(tx, desk, await store.request_of_copy(tx, copy_id))
        copy = copy_of(file, copy_id)
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
        return copy_of(await listing.refresh(tx, desk.codec, file.request_id), copy_id)


async def give_back(engine: AsyncEngine, desk: Desk, who: Person, copy_id: UUID, how: str) -> Copy:
    """A copy came back, or its holder destroyed it; our own bytes of it then go too."""
    async with engine.begin() as tx:
        file = await locked(tx, desk, await store.request_of_copy(tx, copy_id))
        copy = copy_of(file, copy_id)
        if who.person_id != copy.made.person and not who.roles & TAKERS_BACK:
            raise NotEntitled(
                f"{who.person_id} neither holds copy {copy.made.copy_number} nor takes copies back",
                rule="copy.return",
                remedy=f"its holder, or a person with one of {', '.join(sorted(TAKERS_BACK))}, notes it",
                roles=TAKERS_BACK,
            )
        if copy.returned is not None:
            return copy
        ledger = await desk.ledger(tx, who.actor(), policy_version=file.policy_version)
        event = CopyReturned(request_id=file.request_id, copy_id=copy_id, how=how, person=who.person_id)
        await tx.execute(update(copy_bytes).where(copy_bytes.c.copy_id == copy_id).values(due_at=ledger.now))
        await ledger.append(access_stream(file.request_id), event, str(file.request_id))
        return copy_of(await listing.refresh(tx, desk.codec, file.request_id), copy_id)


async def sign_result(engine: AsyncEngine, desk: Desk, who: Person, event: ResultSigned) -> RequestFile:
    """Sign the result section of the form, to the second (DAAN-11); ``event.role`` is one of the person's roles."""
    if event.role not in who.roles:
        raise NotEntitled(
            f"{who.person_id} isn't {event.role}", rule="result.sign", remedy="sign in a role that you have"
        )
    async with engine.begin() as tx:
        file = await locked(tx, desk, event.request_id)
        ledger = await desk.ledger(tx, who.actor(event.role), policy_version=file.policy_version)
        if not file.is_open:
            raise Unusable(f"request {file.request_id} is {file.state}", rule="request.open", remedy="it is closed")
        _must_sign_results(pack_of(desk, file), file, who, event)
        must_be_what_was_granted(file, event)
        await ledger.append(access_stream(file.request_id), event, str(file.request_id))
        return await listing.refresh(tx, desk.codec, file.request_id)


def _must_sign_results(pack: Pack, file: RequestFile, who: Person, event: ResultSigned) -> None:
    """Whoever has some role has no part in a result by that: the policy names who signs it, never the applicant."""
    assert file.submitted is not None
    signers = result_signers(pack, file, {event.act, *(act for act, _ in acts_done(file))})
    if event.role not in signers or who.person_id == file.submitted.requester:
        raise NotEntitled(
            f"{who.person_id} signs no result of request {file.request_id} as {event.role}",
            rule="result.sign",
            remedy=f"a person with one of {', '.join(sorted(signers)) or 'no role: the policy wants none'} signs it, "
            "never the applicant",
            roles=signers,
        )


def must_be_what_was_granted(file: RequestFile, event: ResultSigned) -> None:
    """Raise Unusable for a result that names what can't have been seen: nothing done, or outside the grant."""
    if not event.result_from < event.result_to or not event.cameras:
        raise Unusable("the result names no interval or no camera", rule="result", remedy="name cameras, from and to")
    if event.result_from.microsecond or event.result_to.microsecond:
        raise Unusable("the result is stated to the second", rule="result", remedy="leave out fractions of a second")
    if file.grant is None or (event.act in (VIEW, COPY) and event.act not in {act for act, _ in acts_done(file)}):
        raise Unusable(
            f"there was no {event.act} under request {file.request_id}",
            rule="result.act",
            remedy="view or copy first, then sign what came of it",
        )
    scope = file.grant.scope
    outside = sorted(set(event.cameras) - set(scope.cameras)) if scope.cameras else []
    if outside or event.result_from < scope.starts_at or (scope.ends_at and event.result_to > scope.ends_at):
        named = f"camera {', '.join(each[:40] for each in outside[:5])}" if outside else "a time"
        raise Unusable(
            f"the result names {named} outside of what was granted",
            rule="result.scope",
            remedy="name cameras and an interval inside the grant",
        )
