"""The list of requests, and one request's page: whose turn it is, what one may do, what was asked and what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from services.access.asking import desk_of, engine_of, signatory, uuid_of
from services.access.console import frame, law, may, may_carry_out, words, zones
from services.access.console.chain_line import Mark, marks
from services.access.console.forms import NOTHING, Filled
from services.access.console.refusing import explained, told
from services.access.console.route import PageRoute
from services.access.console.visit import Visit, Visiting, people_of
from services.access.forms import http as forms
from services.access.ledger import access_stream, approval_stream, history, request_stream
from services.access.protections import store
from services.access.protections.projector import state_of
from services.access.requests import http as api
from services.access.requests import listing, spoliation, telling
from services.access.requests.admission import NOTHING as NO_SCOPE
from services.access.requests.file import RequestFile
from services.access.requests.packs import pack_of
from services.access.requests.telling import SEES_OWN_ONLY
from services.access.tables import unconfirmed
from services.kernel.envelope import Recorded
from services.kernel.policy import Pack
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console/requests", route_class=PageRoute, include_in_schema=False)

FILTERS: Final = ("all", "open", "closed")
LANGUAGE_OF: Final[Mapping[str, Literal["en", "zh-Hant"]]] = {"en": "en", "zh-Hant": "zh-Hant"}
SHOWN: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One request as its page needs it, read in one transaction after the API has let the person see it."""

    file: RequestFile
    pack: Pack
    events: list[Recorded]
    clock: spoliation.Clock | None
    needs_confirmation: str


@router.get("")
async def list_page(visit: Visiting, only: str = "all", before: str = "") -> HTMLResponse:
    """Show the requests that this person may see, the newest first, a page at a time."""
    chosen = only if only in FILTERS else "all"
    sees_own = visit.person.roles <= SEES_OWN_ONLY
    async with engine_of(visit.request).connect() as tx:
        found = await listing.listed(
            tx,
            requester=visit.person.person_id if sees_own else "",
            is_open=None if chosen == "all" else chosen == "open",
            before=_instant(before),
            limit=SHOWN + 1,
        )
    rows = [telling.row(each) for each in found[:SHOWN]]
    return frame.page(
        visit,
        "requests.html",
        rows=rows,
        only=chosen,
        filters=FILTERS,
        older=rows[-1]["submitted_at"] if len(found) > SHOWN else "",
        before=before,
        sees_own=sees_own,
        zones=zones.named(visit.dates, [visit.dates_of(visit.packs.get(str(row["policy_id"]))) for row in rows]),
        kind_of=lambda row: kind_title(visit, row["policy_id"], row["kind"]),
    )


def _instant(typed: str) -> datetime | None:
    """Read where a page goes on; whatever is no instant begins at the newest."""
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


@router.get("/{request_id}/form.pdf")
async def form_page(visit: Visiting, request_id: str) -> Response:
    """Print the application form by the API's own route, in the language of the page."""
    return await forms.request_form(visit.request, request_id, visit.person, LANGUAGE_OF[visit.language])


@router.get("/{request_id}")
async def request_page(visit: Visiting, request_id: str, done: str = "") -> HTMLResponse:
    """Show one request. Somebody else's is not known here."""
    return await shown(visit, request_id, done=done if done in DONE else "")


DONE: Final = frozenset(
    {"submitted", "routed", "received", "signed", "returned", "denied", "consulted", "withdrawn", "closed", "protected",
     "delegated", "copied", "marked", "redacted", "received_copy", "given_back", "result", "corrected", "revoked",
     "term"}
)  # fmt: skip


async def shown(
    visit: Visit, request_id: str, *, done: str = "", refusal: Refusal | None = None, kept: Filled = NOTHING
) -> HTMLResponse:
    """Return the page of a request; with a refusal it keeps what was typed and names what to correct."""
    api_says = await api.show_request(visit.request, request_id, visit.person)
    opened = await _opened(visit, uuid_of(request_id, "request"))
    file, pack = opened.file, opened.pack
    return frame.page(
        visit,
        "request.html",
        status=refusal.status if refusal is not None else 200,
        told=api_says,
        file=file,
        pack=pack,
        head=file.submitted or file.refused,
        here_dates=visit.dates_of(pack),
        kind=kind_title(visit, pack.id, str(api_says["kind"])),
        clock=opened.clock,
        marks=_marks(visit, opened),
        current=[frame.said(step.title, visit.language) for step in may.whose_turn(pack, file, visit.now)],
        turns=may.turns(pack, file, signatory(visit.signer), visit.now),
        next_step=lambda step: _next_step(visit, opened, step),
        delegates=_delegates(visit),
        may_delegate=lambda step: may.may_delegate(pack, file, step, signatory(visit.person), visit.now),
        may_withdraw=may.may_withdraw(file, signatory(visit.person), visit.now),
        may_close=may.may_close(pack, file, signatory(visit.person), visit.now),
        able=may_carry_out.may(pack, file, visit.person),
        excess=may_carry_out.beyond(pack, file),
        incident=may_carry_out.incident(pack, file),
        pause_reason=lambda reason: _pause_reason(visit, reason),
        confirmation=opened.needs_confirmation if visit.person.roles & api.CONFIRMERS else "",
        events=[_line(visit, opened.pack, record) for record in opened.events],
        clauses=law.of_case(visit, pack, file),
        no_scope=NO_SCOPE,
        is_on_paper=forms.has_paper(desk_of(visit.request).shelf.forms(pack), str(api_says["kind"])),
        done=done,
        refusal=told(refusal, visit.language) if refusal is not None else None,
        kept=kept,
    )


def _pause_reason(visit: Visit, reason: str) -> str:
    """What a pause is called; a pack's own reason as it stands, where nobody has translated it."""
    name = f"pause_reason_{reason}"
    return words.word(name, visit.language) if name in words.WORDS else reason.replace("_", " ")


def kind_title(visit: Visit, policy_id: str, kind: str) -> str:
    """Return what a kind of request is called by its own rules."""
    pack = visit.packs.get(policy_id)
    rule = pack.requests.get(kind) if pack is not None else None
    return frame.said(rule.title, visit.language) if rule is not None else kind


async def _opened(visit: Visit, request_id: UUID) -> Opened:
    desk = desk_of(visit.request)
    streams = (request_stream(request_id), approval_stream(request_id), access_stream(request_id))
    async with engine_of(visit.request).connect() as tx:
        file = await listing.load(tx, desk.codec, request_id)
        pack = pack_of(desk, file)
        events = await history(tx, desk.codec, *streams)
        active = [state_of(row) for row in await store.around(tx, [request_id], visit.now)]
        why = await tx.scalar(select(unconfirmed.c.why).where(unconfirmed.c.request_id == request_id))
    return Opened(
        file=file,
        pack=pack,
        events=sorted(events, key=lambda r: (r.envelope.recorded_at, r.envelope.stream_version), reverse=True),
        clock=_clock(visit, pack, file, active),
        needs_confirmation=why or "",
    )


def _clock(visit: Visit, pack: Pack, file: RequestFile, active: list[Any]) -> spoliation.Clock | None:
    if file.submitted is None or file.submitted.scope == NO_SCOPE or not file.submitted.scope.cameras:
        return None
    # Footage is kept by the version in force, a request is decided by the one that it was handed in under.
    return spoliation.clock(visit.packs.get(pack.id, pack), file.submitted.scope, active, visit.now)


def _marks(visit: Visit, opened: Opened) -> list[Mark]:
    return marks(opened.pack, opened.file, may.whose_turn(opened.pack, opened.file, visit.now))


def _next_step(visit: Visit, opened: Opened, step: Any) -> str:  # noqa: ANN401
    """What a signature leads to: the step behind it, "" where it is the last, None-like "-" where others run beside."""
    still = [each for each in may.open_steps(opened.pack, opened.file) if each.id != step.id]
    if not still:
        return ""
    beside = {each.id for each in may.whose_turn(opened.pack, opened.file, visit.now)} - {step.id}
    return "-" if beside else frame.said(still[0].title, visit.language)


def _delegates(visit: Visit) -> list[tuple[str, str]]:
    people = {
        p.person_id: p.name for p in people_of(visit.request).by_account.values() if not p.person_id.startswith("s-")
    }
    return sorted((person, name) for person, name in people.items() if person != visit.person.person_id)


def _line(visit: Visit, pack: Pack, record: Recorded) -> dict[str, Any]:
    event, envelope = record.event, record.envelope
    return {
        "at": envelope.recorded_at,
        "who": "" if envelope.actor_role.startswith("service:") else visit.name_of(envelope.actor_id),
        "role": envelope.actor_role,
        "name": type(event).__name__,
        "note": getattr(event, "note", "") or getattr(event, "opinion", "") or explained(pack, event, visit.language),
    }
