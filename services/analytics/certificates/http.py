"""Deletion certificates over HTTP: canonical JSON, or the page for paper. Whoever may read registers may have one."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from services.analytics.certificates.compose import Office, certificate
from services.analytics.certificates.paper import pdf
from services.analytics.certificates.subject import HourSubject, RequestSubject, SegmentSubject, Subject
from services.kernel.certificate import canonical
from services.runtime.bodies import Instant
from services.runtime.database import db_now
from services.runtime.identity import Person, person, require
from services.runtime.refusal import Refusal
from services.runtime.turns import OneAtATime

router = APIRouter(prefix="/api/v1")

READERS = (
    "auditor",
    "system_manager",
    "manager_supervisor",
    "custodian",
    "supervisor",
    "records_unit",
    "ethics_office",
    "director",
    "secretary",
    "platform_admin",
)
Reader = Annotated[Person, Depends(person)]
Camera = Annotated[str, Path(max_length=200)]
Form = Annotated[Literal["json", "pdf"], Query(alias="format")]
Language = Annotated[Literal["en", "zh-Hant"], Query(alias="lang")]


@router.get("/certificates/segments/{camera_id}/{started_at}")
async def of_segment(  # noqa: PLR0917 - FastAPI names every argument
    request: Request,
    camera_id: Camera,
    started_at: Instant,
    reader: Reader,
    generation: Annotated[int, Query(ge=1, le=2**31 - 1)] = 1,
    form: Form = "json",
    lang: Language = "zh-Hant",
) -> Response:
    """Certify the destruction of one segment."""
    subject = SegmentSubject(camera_id=camera_id, started_at=started_at.astimezone(UTC), generation=generation)
    return await _answer(request, reader, subject, form, lang)


@router.get("/certificates/hours/{camera_id}/{hour}")
async def of_hour(  # noqa: PLR0917 - as above
    request: Request,
    camera_id: Camera,
    hour: Instant,
    reader: Reader,
    form: Form = "json",
    lang: Language = "zh-Hant",
) -> Response:
    """Certify the destruction of what a camera recorded in a clock hour; what is kept of it is listed as kept."""
    begins = hour.astimezone(UTC)
    if begins != begins.replace(minute=0, second=0, microsecond=0):
        raise Refusal(
            "NoWholeHour",
            status=422,
            title="Not the beginning of an hour",
            detail=f"{begins.isoformat()} lies inside an hour of UTC",
            remedy="name the instant at which a clock hour begins, such as 2026-03-01T08:00:00Z",
        )
    return await _answer(request, reader, HourSubject(camera_id=camera_id, begins=begins), form, lang)


@router.get("/certificates/requests/{request_id}")
async def of_request(
    request: Request, request_id: UUID, reader: Reader, form: Form = "json", lang: Language = "zh-Hant"
) -> Response:
    """Certify the destruction of what a request asked for."""
    return await _answer(request, reader, RequestSubject(request_id=request_id), form, lang)


async def _answer(request: Request, reader: Person, subject: Subject, form: str, lang: str) -> Response:
    require(reader, *READERS)
    async with request.app.state.engine.connect() as tx:
        now: datetime = await db_now(tx)
        document = await certificate(tx, cast("Office", request.app.state.certificates), subject, now)
    name = f"certificate-{document['digest'][:12]}"
    if form == "json":
        return _file(canonical(document), "application/json", f"{name}.json")
    # Laying out takes seconds of a processor: never on the loop that answers.
    return _file(
        await cast("OneAtATime", request.app.state.press).do(partial(pdf, document, lang)),
        "application/pdf",
        f"{name}.{lang}.pdf",
    )


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers: dict[str, Any] = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
