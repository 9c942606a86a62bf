"""What a request does to the protection log: it protects while it is open, and a granted one may become a hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from services.access.ledger import SYSTEM, Desk, Ledger, request_stream
from services.access.protections import office as protections
from services.access.protections.commands import EndRequestProtection, ExtendHold, PlaceHold, ProtectRequest
from services.access.protections.projector import load as protection_of
from services.access.requests.admission import Admission
from services.access.requests.commands import Signatory, SubmitRequest
from services.access.requests.file import RequestFile, RequestState, preservation_id, protection_id
from services.access.requests.form import nested
from services.access.tables import unconfirmed
from services.kernel.events import RequestClosed, RequestSubmitted
from services.kernel.policy import Pack, hold_kinds
from services.kernel.policy.facts import instant, lookup, text
from services.kernel.scope import Scope

PRESERVE: Final = "preserve"
# A hold that a request asks for without a date is looked at again after this time.
REVIEWED_AFTER: Final = timedelta(days=90)


async def protect(ledger: Ledger, desk: Desk, command: SubmitRequest, admission: Admission, seq: int) -> int:
    """Protect what an admitted form names; above the pack's cap a person confirms first. Return the seq after, or 0."""
    if admission.protects is None:
        return 0
    if admission.needs_a_person:
        row = {"request_id": command.request_id, "why": admission.needs_a_person}
        await ledger.tx.execute(insert(unconfirmed).values(row).on_conflict_do_nothing())
        return 0
    first = admission.events[0]
    assert isinstance(first, RequestSubmitted)
    return await place(ledger, desk, first, seq)


async def place(ledger: Ledger, desk: Desk, event: RequestSubmitted, seq: int) -> int:
    """Protect what a request names to the end of its term; return the seq after it."""
    protect = ProtectRequest(
        hold_id=protection_id(event.request_id),
        request_id=str(event.request_id),
        person=event.requester,
        scope=event.scope,
        matter=f"request {event.request_id}",
        authority=event.rule,
        term_ends_at=event.term_ends_at,
    )
    recovery = await protections.recovery_of(ledger.tx, desk, ledger.now)
    return await protections.carry_out(ledger, protect, seq=seq, recovery=recovery)


async def restate(ledger: Ledger, desk: Desk, file: RequestFile, admission: Admission, seq: int) -> int:
    """Protect what a corrected form names as well, to the end of its term; return the seq after, or 0.

    What the form named before stays protected until the request is closed: a protection is never cut short.
    """
    assert file.submitted is not None
    if await protection_of(ledger.tx, protection_id(file.request_id)) is None:
        await ledger.tx.execute(delete(unconfirmed).where(unconfirmed.c.request_id == file.request_id))
        if admission.protects is not None and not admission.needs_a_person:
            return await place(ledger, desk, file.submitted, seq)
    if admission.needs_a_person:
        row = {"request_id": file.request_id, "why": admission.needs_a_person}
        await ledger.tx.execute(insert(unconfirmed).values(row).on_conflict_do_nothing())
        return await lengthen(ledger, desk, file, seq)
    return await lengthen(ledger, desk, file, seq, admission.protects)


async def lengthen(ledger: Ledger, desk: Desk, file: RequestFile, seq: int, scope: Scope | None = None) -> int:
    """Let a request's protection last as long as its term does now; return the seq after, 0 if it protects nothing."""
    hold_id = protection_id(file.request_id)
    if file.submitted is None or await protection_of(ledger.tx, hold_id) is None:
        return 0
    more = ExtendHold(
        hold_id=hold_id,
        person=file.submitted.requester,
        scope=scope,
        review_by=None,
        protects_until=file.submitted.term_ends_at,
    )
    recovery = await protections.recovery_of(ledger.tx, desk, ledger.now)
    return await protections.carry_out(ledger, more, seq=seq, recovery=recovery)


async def follow(  # noqa: PLR0917 - the wiring comes first, then the case
    ledger: Ledger, desk: Desk, pack: Pack, file: RequestFile, by: Signatory, seq: int
) -> int:
    """Place the hold of a granted preservation request; end the protection of one that is closed."""
    assert file.submitted is not None
    wait_for = seq
    if file.state is RequestState.GRANTED and file.submitted.action == PRESERVE:
        wait_for = await _preserve(ledger, desk, pack, file, by, seq)
        fulfilled = RequestClosed(request_id=file.request_id, outcome="fulfilled", closed_at=ledger.now)
        await ledger.append(request_stream(file.request_id), fulfilled, str(file.request_id))
        # The hold stands on the log before the request's own protection gets its end: there is no gap between them.
        wait_for = await end_protection(ledger, desk, file, by.person, wait_for)
    elif not file.is_open:
        wait_for = await end_protection(ledger, desk, file, by.person, seq)
    return wait_for if wait_for > seq else 0


async def _preserve(  # noqa: PLR0917 - the wiring comes first, then the case
    ledger: Ledger, desk: Desk, pack: Pack, file: RequestFile, by: Signatory, seq: int
) -> int:
    assert file.submitted is not None
    facts = nested(file.submitted.facts)
    kinds = hold_kinds(pack)
    asked = text(lookup(facts, "request.hold_kind"))
    hold = PlaceHold(
        hold_id=preservation_id(file.request_id),
        person=by.person,
        hold_kind=asked if asked in kinds else next(iter(kinds), "preservation"),
        scope=file.submitted.scope,
        matter=text(lookup(facts, "request.matter")) or f"request {file.request_id}",
        authority=f"{file.submitted.rule}, decided by {by.person}",
        review_by=instant(lookup(facts, "request.review_by"), pack.zone) or ledger.now + REVIEWED_AFTER,
        request_id=str(file.request_id),
    )
    person, ledger.actor, ledger.on_behalf_of = ledger.actor, SYSTEM, by.person
    recovery = await protections.recovery_of(ledger.tx, desk, ledger.now)
    after = await protections.carry_out(ledger, hold, seq=seq, recovery=recovery)
    ledger.actor, ledger.on_behalf_of = person, ""
    return after


async def end_protection(ledger: Ledger, desk: Desk, file: RequestFile, person: str, seq: int) -> int:
    """Bring the end of a closed request's protection forward to the recovery window; return the seq after it."""
    hold_id = protection_id(file.request_id)
    if await protection_of(ledger.tx, hold_id) is None:
        return seq
    recovery = await protections.recovery_of(ledger.tx, desk, ledger.now)
    end = EndRequestProtection(hold_id=hold_id, person=person)
    return await protections.carry_out(ledger, end, seq=seq, recovery=recovery)
