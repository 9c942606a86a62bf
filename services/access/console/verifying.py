"""The page that checks a proof for whoever holds one: it shows the way to the root, and what is wrong if it isn't."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from services.access.asking import desk_of
from services.access.console import frame, judging, refusing, words
from services.access.console.judging import Judged
from services.access.console.neighbours import ask
from services.access.console.route import PageRoute
from services.access.console.uploads import FILE_BYTES_MAX, Uploaded, uploaded
from services.access.console.visit import Visit, Visiting
from services.access.console.words import faults
from services.access.refusals import Unreachable, Unusable
from services.kernel.canonical import canonical
from services.kernel.policy import Pack
from services.runtime.refusal import Refusal

router = APIRouter(prefix="/console/verify", route_class=PageRoute, include_in_schema=False)

EVENTS_ASKED_MAX: Final = 100
ROOT: Final = re.compile(r"[0-9a-fA-F]{64}")


@router.get("")
async def page(visit: Visiting) -> HTMLResponse:
    """Show the form, and the log as it stands here."""
    return await _shown(visit)


@router.post("")
async def check(visit: Visiting) -> HTMLResponse:
    """Check what a person pasted or uploaded; what is no proof at all is refused on the same page."""
    typed = ""
    try:
        sent = await uploaded(visit, "file")
        typed = sent.fields.get("root", "")
        judged, silent = await _judged(visit, sent, _root(typed))
    except Refusal as refusal:
        if refusal.kind == "FormNotOurs":
            raise
        return await _shown(visit, refusal=refusal, root=typed)
    return await _shown(visit, judged=judged, silent=silent, root=typed)


async def _judged(visit: Visit, sent: Uploaded, root: str) -> tuple[Judged, bool]:
    content = sent.file or sent.fields.get("pasted", "").encode()
    kind, document = judging.read(content)
    if kind == judging.RECEIPT:
        return await _receipt(visit, document, root)
    if kind == judging.CERTIFICATE:
        judged = await asyncio.to_thread(judging.certificate, content, document, root, _packs(visit))
    else:
        judged = await asyncio.to_thread(judging.proof, document, root)
    return await _against_ours(visit, judged)


async def _against_ours(visit: Visit, judged: Judged) -> tuple[Judged, bool]:
    """A proof that fits in itself may be of a log that nobody else ever saw: ours has to have its entries, too."""
    events = judging.events_of(judged.logs, EVENTS_ASKED_MAX)
    if not judged.valid or not events:
        return judged, False
    here = await ask(visit, "analytics", "/audit/proofs", event=events)
    if here.silent:
        return judged, True
    return judged.with_faults(judging.against(judged.logs, here.says)), False


async def _receipt(visit: Visit, document: dict[str, Any], root: str) -> tuple[Judged, bool]:
    """A receipt proves nothing by itself: the certificate of the same footage brings the log's entry and its proof."""
    camera, start = quote(str(document["camera_id"]), safe=""), quote(str(document["started_at"]), safe="")
    path = f"/certificates/segments/{camera}/{start}"
    try:
        answer = await ask(visit, "analytics", path, generation=str(document["generation"]))
    except Refusal as refusal:
        if refusal.status in (404, 409, 422):
            return Judged(kind=judging.RECEIPT, faults=("the log has no entry of this destruction",)), False
        raise
    if answer.silent:
        raise Unreachable("analytics, which keeps the log, doesn't answer", remedy="try again")
    certified = await asyncio.to_thread(judging.certificate, canonical(answer.says), answer.says, root, _packs(visit))
    return judging.receipt(document, certified, answer.says["log"]), False


def _packs(visit: Visit) -> dict[str, Pack]:
    """Return every version kept here by digest: instants are computed again with its own files."""
    shelf = desk_of(visit.request).shelf
    return {pack.digest: pack for policy_id in shelf.all_offered() for pack in shelf.versions(policy_id)}


def _root(typed: str) -> str:
    if typed and ROOT.fullmatch(typed) is None:
        raise Unusable(
            "a root is 64 hexadecimal digits", rule="console.verify", remedy="copy it whole, or leave it", word="NoRoot"
        )
    return typed


async def _shown(
    visit: Visit, *, judged: Judged | None = None, silent: bool = False, refusal: Refusal | None = None, root: str = ""
) -> HTMLResponse:  # fmt: skip
    head = await ask(visit, "analytics", "/audit/root")
    return frame.page(
        visit,
        "verify.html",
        status=refusal.status if refusal is not None else 200,
        head=None if head.silent else head.says,
        judged=judged,
        silent=silent,
        refusal=refusing.told(refusal, visit.language) if refusal is not None else None,
        typed_root=root,
        bytes_max=f"{FILE_BYTES_MAX // 1000:,} kB",
        fault=lambda text: faults.said(text, visit.language),
        kind_word=lambda kind: words.word(f"proof_{kind}", visit.language),
    )
