"""The bundle over HTTP: one file, on the log before its first byte; and the signature under its receipt."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from services.access.asking import Asking, access_on_record, on_record, uuid_of
from services.access.bundle import archive, office
from services.access.requests import telling
from services.access.viewing.copies_http import SignatureBody, workshop_of
from services.access.viewing.decider import COPY

router = APIRouter(prefix="/api/v1")


@router.post("/requests/{request_id}/bundle", response_class=StreamingResponse)
async def hand_out_bundle(request: Request, request_id: str, who: Asking) -> StreamingResponse:
    """Send all copies of a request as one ZIP with lineage, audit extract, verifier and receipt."""
    identity = uuid_of(request_id, "request")
    address = request.client.host if request.client is not None else ""
    async with access_on_record(request, who, COPY, identity):
        handed = await office.hand_out(workshop_of(request), who, identity, address)
    stack, files = await asyncio.to_thread(archive.opened, handed.contents)
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{handed.receipt_number}.zip"',
        "x-receipt-number": handed.receipt_number,
    }
    sent = archive.streamed(handed.contents, stack, files, handed.at)
    return StreamingResponse(sent, media_type="application/zip", headers=headers)


@router.post("/requests/{request_id}/receipt")
async def sign_receipt(request: Request, request_id: str, body: SignatureBody, who: Asking) -> dict[str, object]:
    """Sign for every copy of the bundle that was handed out last."""
    async with on_record(request, who, "bundle.sign", request_id):
        signed = await office.sign(workshop_of(request), who, uuid_of(request_id, "request"), body.role)
    return {"request_id": request_id, "copies": [telling.copy(each) for each in signed]}
