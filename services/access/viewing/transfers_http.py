"""Transfers to the evidence repository over HTTP. Every refusal is an AccessRefused."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from services.access.asking import Asking, access_on_record, desk_of, engine_of, settings_of, uuid_of
from services.access.viewing.decider import TRANSFER
from services.access.viewing.transfers import Transfer, transfer
from services.runtime.bodies import Body, Instant

router = APIRouter(prefix="/api/v1")
Text = Annotated[str, Field(min_length=1, max_length=200)]


class TransferBody(Body):
    """One clip, the case and the repository that takes it; that it shows a crime is said, never assumed."""

    camera: Text
    start: Instant
    case_number: Text
    repository_id: Text
    shows_crime: bool


@router.post("/requests/{request_id}/transfers", status_code=201)
async def transfer_clip(request: Request, request_id: str, body: TransferBody, who: Asking) -> dict[str, object]:
    """Transfer a clip under a grant; our own copy still runs out by its policy (SPD-06)."""
    identity = uuid_of(request_id, "request")
    async with access_on_record(request, who, TRANSFER, identity):
        engine, desk, settings = engine_of(request), desk_of(request), settings_of(request)
        return await transfer(engine, desk, settings, who, identity, Transfer(**body.model_dump()))
