"""One row a request for lists and clocks; folded anew from its streams whenever they grow."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.ledger import access_stream, approval_stream, history, request_stream
from services.access.requests.file import RequestFile
from services.access.requests.folding import fold
from services.access.tables import request_file
from services.runtime.codec import Codec


async def load(tx: AsyncConnection, codec: Codec, request_id: UUID) -> RequestFile:
    """Return the file of a request; an empty one if no event of it exists."""
    streams = (request_stream(request_id), approval_stream(request_id), access_stream(request_id))
    return fold(request_id, await history(tx, codec, *streams))


async def refresh(tx: AsyncConnection, codec: Codec, request_id: UUID) -> RequestFile:
    """Fold a request anew and write its row."""
    file = await load(tx, codec, request_id)
    if (row := _row(file)) is not None:
        written = insert(request_file).values(row)
        await tx.execute(written.on_conflict_do_update(index_elements=["request_id"], set_=row))
    return file


async def listed(
    tx: AsyncConnection,
    *,
    requester: str = "",
    limit: int = 200,
    is_open: bool | None = None,
    before: datetime | None = None,
) -> list[RowMapping]:
    """Return requests, the newest first; only one person's, open or closed ones, or older ones, if asked."""
    wanted = select(request_file).order_by(request_file.c.submitted_at.desc(), request_file.c.request_id).limit(limit)
    if requester:
        wanted = wanted.where(request_file.c.requester == requester)
    if is_open is not None:
        wanted = wanted.where(request_file.c.is_open.is_(is_open))
    if before is not None:
        wanted = wanted.where(request_file.c.submitted_at < before)
    return list((await tx.execute(wanted)).mappings())


async def open_until(tx: AsyncConnection, instant: datetime) -> list[RowMapping]:
    """Return open requests whose term ends at or before an instant."""
    wanted = select(request_file).where(request_file.c.is_open, request_file.c.term_ends_at <= instant)
    return list((await tx.execute(wanted.order_by(request_file.c.term_ends_at))).mappings())


def _row(file: RequestFile) -> dict[str, object] | None:
    head = file.submitted or file.refused
    if head is None:
        return None
    return {
        "request_id": file.request_id,
        "policy_id": head.policy_id,
        "kind": head.kind,
        "action": head.action,
        "requester": head.requester,
        "requester_class": head.requester_class,
        "state": str(file.state),
        "is_open": file.is_open,
        "submitted_at": file.submitted_at,
        "term_ends_at": file.submitted.term_ends_at if file.submitted is not None else None,
        "changed_at": file.changed_at,
        "has_personal": bool(file.personal) and not file.shredded,
    }
