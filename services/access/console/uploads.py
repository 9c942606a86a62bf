"""A file that a person hands to a page: read once, bounded, and only with the token of the person's own session."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from fastapi import HTTPException

from services.access.console.forms import TOKEN, forged
from services.access.console.sessions import same
from services.access.console.visit import Visit
from services.access.refusals import AccessRefusal, Unusable

MULTIPART: Final = "multipart/form-data"
FILE_BYTES_MAX: Final = 900_000
# The fields beside the file and the lines between them; the service itself ends a body at a million bytes.
BESIDE_BYTES_MAX: Final = 50_000
PARTS_MAX: Final = 8
HEAD_BYTES_MAX: Final = 2_000
BOUNDARY: Final = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s";,]{1,70}))\s*(?:;|$)', re.IGNORECASE)
NAMED: Final = re.compile(rb'\r\ncontent-disposition: *form-data; *name="([^"\r\n]{1,100})"', re.IGNORECASE)


class TooLarge(AccessRefusal):
    """More than a page takes in one piece."""

    answers_with = 413
    says = "Too large for this page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """What a form with a file sent: the file's own bytes, and the other fields."""

    file: bytes
    fields: dict[str, str]


async def uploaded(visit: Visit, file_field: str) -> Uploaded:
    """Return what the page's form sent. Raises Forbidden, TooLarge or Unusable."""
    request = visit.request
    origin = request.headers.get("origin", "")
    if origin and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise forged()
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != MULTIPART:
        raise forged()  # another kind of body can't carry the token
    fields = parsed(kind, await _bounded(visit))
    if not same(fields.get(TOKEN, b"").decode("utf-8", "replace"), visit.session.form_token):
        raise forged()
    file = fields.pop(file_field, b"")
    if len(file) > FILE_BYTES_MAX:
        raise too_large()
    return Uploaded(file=file, fields={name: _text(value) for name, value in fields.items()})


async def _bounded(visit: Visit) -> bytes:
    most = FILE_BYTES_MAX + BESIDE_BYTES_MAX
    told = visit.request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > most:
        raise too_large()
    body = b""
    try:
        async for chunk in visit.request.stream():
            body += chunk
            if len(body) > most:
                raise too_large()
    except HTTPException as error:  # the service's own limit, which stands above ours
        raise too_large() from error
    return body


def parsed(kind: str, body: bytes) -> dict[str, bytes]:
    """Return the fields of a multipart body by name (RFC 7578). Raises Unusable for one that no form of ours sends.

    Not with the standard library's reader of mails: parts within parts take it to its recursion limit, and a body of
    this size with many lines or parameters keeps it, and with it everybody who waits for access, for half a minute.
    """
    boundary = BOUNDARY.search(kind)
    if boundary is None:
        raise unreadable("it has no boundary")
    line = f"\r\n--{boundary[1] or boundary[2]}".encode("latin-1", "replace")
    _, *parts = (b"\r\n" + body).split(line, PARTS_MAX + 1)
    if len(parts) < 2 or not parts.pop().startswith(b"--"):  # noqa: PLR2004 - a field, and the end
        raise unreadable(f"it has no field, more than {PARTS_MAX}, or no end")
    return dict(_field(part) for part in parts)


def _field(part: bytes) -> tuple[str, bytes]:
    head, ends, content = part.partition(b"\r\n\r\n")
    found = NAMED.match(head) if ends and len(head) <= HEAD_BYTES_MAX else None
    if found is None:
        raise unreadable("a field of it has no name, or holds fields itself")
    return found[1].decode("utf-8", "replace"), content


def too_large() -> TooLarge:
    """Return the refusal of more than a page takes."""
    return TooLarge(
        f"a page takes up to {FILE_BYTES_MAX:,} bytes",
        rule="console.upload",
        remedy="check it on the command line: camledger deletion verify FILE",
        word="UploadTooLarge",
    )


def unreadable(why: str) -> Unusable:
    """Return the refusal of a body that isn't our form's."""
    return Unusable(
        f"the form can't be read: {why}",
        rule="console.upload",
        remedy="use the page's own form",
        word="FormUnreadable",
    )


def _text(value: bytes) -> str:
    try:
        return value.decode().strip()
    except UnicodeDecodeError as error:
        raise unreadable("it isn't UTF-8") from error
