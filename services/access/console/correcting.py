"""A request that was sent back: its form with all answers in it, handed in again by the API's own route."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from services.access.asking import desk_of, signatory
from services.access.console import asked_form
from services.access.console.asked_form import Asked, Question
from services.access.console.forms import Filled, filled
from services.access.console.new import form_sheet
from services.access.console.route import PageRoute, malformed, moved
from services.access.console.visit import Visit, Visiting
from services.access.requests import reading
from services.access.requests import submission_http as api
from services.access.requests.correcting import must_be_correctable
from services.access.requests.file import RequestFile
from services.kernel.policy import Pack
from services.kernel.policy.facts import span
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console/requests", route_class=PageRoute, include_in_schema=False)


@router.get("/{request_id}/correct")
async def correct_page(visit: Visiting, request_id: str) -> HTMLResponse:
    """Show the form as it was handed in."""
    file, pack, asked = await _open(visit, request_id)
    return await form_sheet(visit, pack, asked, await _answers(visit, file, asked, pack), correcting=file)


@router.post("/{request_id}/correct")
async def hand_in_again(visit: Visiting, request_id: str) -> Response:
    """Hand the corrected form in; a refusal comes back on the form, with everything that was typed."""
    form = await filled(visit)
    file, pack, asked = await _open(visit, request_id)
    requester, request, documents = asked_form.facts(asked, form)
    try:
        body = api.CorrectionBody(requester=requester, request=request, documents=documents)
        await api.correct_request(visit.request, request_id, body, visit.person)
    except ValidationError as error:
        return await form_sheet(visit, pack, asked, form, malformed(error.errors()), correcting=file)
    except Refusal as refusal:
        return await form_sheet(visit, pack, asked, form, refusal, correcting=file)
    return moved(f"/console/requests/{request_id}", done="corrected")


async def _open(visit: Visit, request_id: str) -> tuple[RequestFile, Pack, Asked]:
    file, pack = await reading.file_for(visit.request, request_id, visit.person)
    must_be_correctable(file, signatory(visit.person))
    assert file.submitted is not None
    shelf = desk_of(visit.request).shelf
    rule = pack.requests[file.submitted.kind]
    return file, pack, asked_form.form_of(pack, rule, shelf.forms(pack), shelf.personal_names(pack))


async def _answers(visit: Visit, file: RequestFile, asked: Asked, pack: Pack) -> Filled:
    assert file.submitted is not None
    given = {each.name: json.loads(each.value) for each in file.submitted.facts}
    hidden = await reading.personal_of(visit.request, file)
    given |= {name: json.loads(value.reveal()) for name, value in (hidden or {}).items()}
    fields: dict[str, list[str]] = {"documents": list(file.submitted.documents)}
    for question in asked.questions:
        fields |= _typed(question, given.get(question.name), pack.zone)
    return Filled(fields=fields)


def _typed(question: Question, answer: Any, zone: ZoneInfo) -> dict[str, list[str]]:  # noqa: ANN401 - as JSON has it
    if answer is None:
        return {}
    if question.sort == "interval":
        ends = span(answer, zone)
        names = (f"{question.name}.from", f"{question.name}.to")
        return {name: [_wall(end, zone)] for name, end in zip(names, ends, strict=True)} if ends is not None else {}
    several = answer if isinstance(answer, list) else [answer]
    return {question.name: [str(each).lower() if isinstance(each, bool) else str(each) for each in several]}


def _wall(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes")
