"""The hold board: what is safe, what is being secured, what was gone before, and who may let go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import ValidationError
from sqlalchemy import select

from services.access.asking import desk_of, engine_of, uuid_of
from services.access.console import frame, hold_words
from services.access.console.acting import ACCEPTED, wall_clock
from services.access.console.cameras_of import Camera, bound_cameras
from services.access.console.forms import NOTHING, Filled, filled
from services.access.console.numbers import short
from services.access.console.refusing import told
from services.access.console.route import PageRoute, malformed, moved
from services.access.console.visit import Visit, Visiting
from services.access.protections import bodies
from services.access.protections import http as api
from services.access.protections.placing import EVERYTHING
from services.access.refusals import AccessRefusal
from services.access.requests import http as requests_api
from services.access.requests import listing
from services.access.tables import request_file
from services.kernel.hold_review import Review, review_of
from services.kernel.policy import Pack, hold_kinds
from services.runtime.oidc.refusals import FreshSignInNeeded
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console/holds", route_class=PageRoute, include_in_schema=False)

HOLD: Final = "hold"
HOLDS_SHOWN, OTHERS_SHOWN = 150, 60
DONE: Final = frozenset({"placed", "received", "extended", "proposed", "released"})
Act = Callable[[], Awaitable[JSONResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One hold as the board shows it; counts are custody's own."""

    told: Mapping[str, Any]
    matter: str
    authority: str
    state: str
    secured: int
    destroying: int
    gone: int
    strip: tuple[tuple[str, float, float], ...]  # what, begins, width; in percent
    review_in: str
    is_review_over: bool

    @property
    def answered(self) -> bool:
        return self.told["effective_since"] is not None


@router.get("")
async def board(visit: Visiting, done: str = "", request: str = "") -> HTMLResponse:
    """Show every hold that the API lists for this person, and the form that places one."""
    form = await _form_of_request(visit, request) if request else NOTHING
    return await _shown(visit, done=done if done in DONE else "", form=form)


@router.post("")
async def place(visit: Visiting) -> Response:
    """Place a hold by the API's own route."""
    form = await filled(visit)

    async def act() -> JSONResponse:
        return await api.place_hold(visit.request, _body(visit, form), visit.person)

    return await _carried_out(visit, form, act, "placed")


@router.post("/{hold_id}/extend")
async def extend(visit: Visiting, hold_id: str) -> Response:
    """Move the review date."""
    form = await filled(visit)

    async def act() -> JSONResponse:
        body = bodies.ExtensionBody(review_by=_day(visit, form.one("review_by")))
        return await api.extend_hold(visit.request, hold_id, body, visit.person)

    return await _carried_out(visit, form, act, "extended")


@router.post("/{hold_id}/propose-release")
async def propose(visit: Visiting, hold_id: str) -> Response:
    """The first of two persons proposes a release."""
    form = await filled(visit)
    return await _carried_out(
        visit, form, lambda: api.propose_release(visit.request, hold_id, visit.person), "proposed"
    )


@router.post("/{hold_id}/release")
async def release(visit: Visiting, hold_id: str) -> Response:
    """The second person releases."""
    form = await filled(visit)
    return await _carried_out(visit, form, lambda: api.release_hold(visit.request, hold_id, visit.person), "released")


async def _carried_out(visit: Visit, form: Filled, act: Act, done: str) -> Response:
    try:
        answer = await act()
    except ValidationError as error:
        return await _shown(visit, form=form, refusal=malformed(error.errors()))
    except FreshSignInNeeded:
        raise
    except Refusal as refusal:
        return await _shown(visit, form=form, refusal=refusal)
    return moved("/console/holds", done="received" if answer.status_code == ACCEPTED else done)


async def _shown(
    visit: Visit, *, done: str = "", form: Filled = NOTHING, refusal: Refusal | None = None
) -> HTMLResponse:
    holds = await _listed(visit, HOLDS_SHOWN, kind=HOLD)
    policies = await _policies(visit, [each["request_id"] for each in holds if each["request_id"]])
    packs = {request_id: visit.packs.get(policy) for request_id, policy in policies.items()}
    rows = [row_of(each, visit, packs.get(each["request_id"])) for each in reversed(holds)]
    listed = await _listed(visit, OTHERS_SHOWN, active=True)
    return frame.page(
        visit,
        "holds.html",
        status=refusal.status if refusal is not None else 200,
        rows=rows,
        counts=counts(rows),
        holds_shown=HOLDS_SHOWN,
        others=[each for each in reversed(listed) if each["kind"] != HOLD and not _is_over(each, visit.now)],
        may_hold=bool(visit.signer.roles & api.HOLDERS),
        kinds=sorted(hold_kinds(visit.pack)) if visit.pack is not None else [],
        kind_titles=dict(hold_kinds(visit.pack)) if visit.pack is not None else {},
        cameras=await _cameras(visit),
        form=form,
        done=done,
        refusal=told(refusal, visit.language) if refusal is not None else None,
        # What a hold on everything would hold today: a person confirms that count.
        everything=refusal.more if isinstance(refusal, AccessRefusal) and refusal.rule == EVERYTHING else None,
    )


async def _listed(visit: Visit, most: int, *, kind: str = "", active: bool = False) -> list[dict[str, Any]]:
    told = await api.list_holds(visit.request, visit.person, kind, active=active, most=most)
    return cast("list[dict[str, Any]]", told["holds"])


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """Return how many holds stand how."""
    open_ones = [row for row in rows if not row.told["released"]]
    return {
        "number": len(open_ones),
        "effective": sum(row.state == "effective" for row in open_ones),
        "securing": sum(row.told["state"] in ("received", "accepted", "parked") for row in open_ones),
        "second": sum(bool(row.told["release_proposed_by"]) for row in open_ones),
    }


async def _policies(visit: Visit, request_ids: Sequence[str]) -> dict[str, str]:
    """Return under which policy each request stands that became a hold."""
    columns = (request_file.c.request_id, request_file.c.policy_id)
    wanted = select(*columns).where(request_file.c.request_id.in_([UUID(each) for each in request_ids]))
    async with engine_of(visit.request).connect() as tx:
        return {str(row[0]): row[1] for row in await tx.execute(wanted)} if request_ids else {}


def row_of(told: Mapping[str, Any], visit: Visit, pack: Pack | None) -> Row:
    """Return one hold with its counts and its strip, drawn by how many segments each list has."""
    secured, destroying, gone = int(told["secured_segments"]), segments(told["destroying"]), segments(told["gone"])
    review, until = (datetime.fromisoformat(told[at]) if told[at] else None for at in ("review_by", "protects_until"))
    return Row(
        told=told,
        matter=hold_words.matter(told["matter"], visit.language),
        authority=hold_words.authority(told["authority"], pack, visit.language, visit.name_of),
        state="released" if told["released"] else str(told["state"]),
        secured=secured,
        destroying=destroying,
        gone=gone,
        strip=strip(gone=gone, destroying=destroying, held=secured),
        review_in=visit.dates.left(review - visit.now) if review is not None else "",
        is_review_over=review_of(review, until, visit.now) is Review.OVERDUE,
    )


def segments(lines: Sequence[Mapping[str, Any]]) -> int:
    """Count the segments that hour lines name."""
    return sum(len(line["offsets_us"]) for line in lines)


def strip(**parts: int) -> tuple[tuple[str, float, float], ...]:
    """Return parts as bands of one line, in percent; nothing is drawn where nothing is known."""
    whole = sum(parts.values())
    bands: list[tuple[str, float, float]] = []
    begins = 0.0
    for name, number in parts.items():
        if number:
            width = 100 * number / whole
            bands.append((name, round(begins, 2), round(width, 2)))
            begins += width
    return tuple(bands)


def _is_over(told: Mapping[str, Any], now: datetime) -> bool:
    return bool(told["protects_until"]) and datetime.fromisoformat(told["protects_until"]) <= now


def _body(visit: Visit, form: Filled) -> bodies.HoldBody:
    cameras = [each.strip() for line in form.all("cameras") for each in line.split(",") if each.strip()]
    scope: dict[str, Any] = {"cameras": cameras}
    scope |= {end: wall_clock(visit, form.one(end)) for end in ("from", "to") if form.one(end)}
    return bodies.HoldBody(
        scope=bodies.ScopeBody.model_validate(scope),
        hold_kind=form.one("hold_kind") or "preservation",
        matter=form.one("matter"),
        authority=form.one("authority"),
        review_by=_day(visit, form.one("review_by")),
        confirmed_count=int(confirmed) if (confirmed := form.one("confirmed_count")).isdecimal() else None,
    )


def _day(visit: Visit, typed: str) -> datetime | None:
    return wall_clock(visit, typed) if typed else None


async def _cameras(visit: Visit) -> list[Camera]:
    async with engine_of(visit.request).connect() as tx:
        return await bound_cameras(tx, visit.pack.id if visit.pack is not None else "", visit.now)


async def _form_of_request(visit: Visit, request_id: str) -> Filled:
    """Fill the form with the footage of a request that the API lets this person see."""
    await requests_api.show_request(visit.request, request_id, visit.person)
    async with engine_of(visit.request).connect() as tx:
        file = await listing.load(tx, desk_of(visit.request).codec, uuid_of(request_id, "request"))
    if file.submitted is None or file.submitted.scope.ends_at is None:
        return NOTHING
    scope, ends_at = file.submitted.scope, file.submitted.scope.ends_at
    named = (("from", scope.starts_at), ("to", ends_at))
    ends = {end: [f"{visit.dates.local(at):%Y-%m-%dT%H:%M}"] for end, at in named}
    return Filled(fields={"cameras": scope.cameras, "matter": [f"request {short(request_id)}"]} | ends)
