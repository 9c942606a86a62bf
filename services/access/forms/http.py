"""Forms over HTTP as PDF. Whoever may read a request may print it; names stand on it for who may read names."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from services.access.asking import Asking, desk_of, engine_of
from services.access.forms import entries, sheet
from services.access.forms.entries import Entries
from services.access.forms.filling import filled
from services.access.forms.marks import Calendar
from services.access.forms.words import texts
from services.access.ledger import Desk, history
from services.access.policies.project_file import CHAIN, fold
from services.access.policies.project_office import PREFIX, may_read
from services.access.refusals import Unknown, Unusable
from services.access.requests import reading
from services.access.requests.file import RequestFile
from services.kernel.envelope import Recorded
from services.kernel.events import ProjectDecided
from services.kernel.policy import Facts, Pack
from services.kernel.policy.facts import sub, text
from services.kernel.policy.paper import Paper, fields_of, paper_of
from services.runtime.identity import Person
from services.runtime.turns import OneAtATime

router = APIRouter(prefix="/api/v1")

PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}, "description": "the form"}}
Language = Annotated[Literal["en", "zh-Hant"] | None, Query(alias="lang")]
ProjectId = Annotated[str, Path(max_length=100)]


@router.get("/requests/{request_id}/form.pdf", response_class=Response, responses=PDF)
async def request_form(request: Request, request_id: str, who: Asking, lang: Language = None) -> Response:
    """Return a request's application form in the agency's own layout, with its signatures as they are recorded."""
    file, pack = await reading.file_for(request, request_id, who)
    if file.submitted is None:
        raise Unusable(
            f"request {request_id} was not accepted: of a refused form nothing is kept but the refusal",
            rule="request.form",
            remedy=f"see why: GET /api/v1/requests/{request_id}",
        )
    form, paper = _paper(desk_of(request).shelf.forms(pack), pack, kind=file.submitted.kind)
    language = paper.language(lang or pack.language)
    personal = await _personal(request, file, pack, who, form, language)
    told = entries.of_request(file, pack, language, personal)
    return await _printed(request, form, paper, pack.zone, told, language)


@router.get("/projects/{project_id}/form.pdf", response_class=Response, responses=PDF)
async def project_form(request: Request, project_id: ProjectId, who: Asking, lang: Language = None) -> Response:
    """Return a live project's sheet with its decisions as they are recorded."""
    desk = desk_of(request)
    async with engine_of(request).connect() as tx:
        past = await history(tx, desk.codec, PREFIX + project_id)
    decided = [each for each in past if isinstance(each.event, ProjectDecided)]
    pack = _decided_under(desk, decided[-1]) if decided else None
    project = fold(project_id, decided, pack)
    if pack is None or not may_read(pack, who, project):
        raise Unknown(f"no project {project_id}", remedy="ask as somebody who has a part in it, by its id")
    form, paper = _paper(desk.shelf.forms(pack), pack, chain=CHAIN)
    language = paper.language(lang or pack.language)
    # What was taken back is no longer on the sheet: it stands on the log.
    standing = [each for each in decided if each.event in project.said.values()]
    told = entries.of_project(project, standing, pack, paper.chain, language)
    return await _printed(request, form, paper, pack.zone, told, language)


def has_paper(forms: Iterable[Facts], kind: str) -> bool:
    """Tell whether a pack brings a sheet for requests of this kind: without one there is nothing to print."""
    return any(paper is not None and kind in paper.kinds for paper in map(paper_of, forms))


def _paper(forms: Iterable[Facts], pack: Pack, *, kind: str = "", chain: str = "") -> tuple[Facts, Paper]:
    for form in forms:
        paper = paper_of(form)
        if paper is not None and (kind in paper.kinds or (chain and chain == paper.chain)):
            return form, paper
    raise Unknown(
        f"{pack.reference} has no paper for {kind or chain}",
        remedy="a later version of the pack may bring one: forms/*.yaml, paper",
    )


async def _personal(  # noqa: PLR0917 - the wiring comes first, then the case
    request: Request, file: RequestFile, pack: Pack, who: Person, form: Facts, language: str
) -> dict[str, str]:
    """Return the vault's fields as JSON by name; instead of each, why it isn't there."""
    assert file.submitted is not None
    if not file.submitted.personal_ref:
        return {}
    if reading.may_see_person(file, pack, who):
        if (fields := await reading.personal_of(request, file)) is not None:
            return {name: value.reveal() for name, value in fields.items()}
        return _instead(form, texts(language)["destroyed"])
    return _instead(form, texts(language)["withheld"])


def _instead(form: Facts, why: str) -> dict[str, str]:
    return {text(each.get("fact")): json.dumps(why) for each in fields_of(form) if each.get("personal") is True}


async def _printed(  # noqa: PLR0917 - the wiring comes first, then the case
    request: Request, form: Facts, paper: Paper, zone: ZoneInfo, told: Entries, language: str
) -> Response:
    calendar = Calendar(zone=zone, roc=paper.calendar == "roc", language=language)
    title = text(sub(form, "title").get(language))
    cells = filled(paper, told, calendar)
    press: OneAtATime = request.app.state.press
    content = await press.do(partial(sheet.pdf, cells, title, told.number, told.version, language))
    headers = {
        "Content-Disposition": f'attachment; filename="{paper.form_id}-{_file_name(told.number)}.pdf"',
        "Content-Language": language,
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="application/pdf", headers=headers)


def _file_name(number: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in number)


def _decided_under(desk: Desk, record: Recorded) -> Pack | None:
    policy_id, _, version = record.envelope.policy_version.partition("@")
    number = version.partition("#")[0]
    return desk.shelf.find(policy_id, int(number)) if number.isdecimal() else None
