"""What making a copy needs, and the signed provenance that goes into it where its container can carry one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.ledger import Desk
from services.access.provenance.claims import Claim, format_of, manifest
from services.access.provenance.studio import Studio
from services.access.provenance.unfit import Unfit
from services.access.viewing.copy_files import Written, measured, new_file
from services.runtime.logs import logger
from services.runtime.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Database, log, settings and the studio that signs."""

    engine: AsyncEngine
    desk: Desk
    settings: Settings
    studio: Studio


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The copy that a derivative was made from."""

    path: Path
    copy_number: str


async def with_provenance(shop: Workshop, written: Written, claim: Claim, parent: Parent | None = None) -> Written:
    """Return the copy with a signed manifest in it, or as it was where it can't carry one."""
    sort = format_of(written.clip.container)
    if not sort:
        return written
    target = new_file(shop.settings)
    about = None if parent is None else {"path": str(parent.path), "title": parent.copy_number}
    try:
        signed = await shop.studio.sign(written.path, target, manifest(claim, written.clip.container), about)
    except Unfit as unfit:
        # The original says of itself that it is a video of this kind, and isn't: it is handed out as it was recorded.
        logger().warning("copy.unsigned", copy=claim.copy_number, why=str(unfit)[:200])
        return written
    digest, size = await asyncio.to_thread(measured, target)
    written.path.unlink()
    return replace(written, path=target, sha256=digest, size_bytes=size, provenance=signed)
