"""Destroying the key of a request's personal data over HTTP; the ticker does the same by itself when a term ends."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request

from services.access.asking import Asking, desk_of, engine_of, must_have, on_record, uuid_of, vault_of
from services.access.vault import shredding

router = APIRouter(prefix="/api/v1")

SHREDDERS: Final = frozenset({"system_manager", "custodian", "records_unit"})


@router.post("/requests/{request_id}/shred")
async def shred_request(request: Request, request_id: str, who: Asking) -> dict[str, object]:
    """Destroy the key of a request's personal data; refused with its clause while the register's term lasts."""
    async with on_record(request, who, "request.shred", request_id):
        role = must_have(who, SHREDDERS, "destroy personal data")
        identity = uuid_of(request_id, "request")
        file = await shredding.shred(engine_of(request), desk_of(request), vault_of(request), identity, who.actor(role))
        return {"request_id": str(file.request_id), "personal": "destroyed"}
