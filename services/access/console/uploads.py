"""A file that a person hands to a page: read once, bounded, and only with the token of the person's own session."""

from __future__ import annotations

from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
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
    """Return the fields of a multipart body by name. Raises Unusable for one that no form of ours sends."""
    head = f"MIME-Version: 1.0\r\nContent-Type: {kind}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = list(message.iter_parts()) if message.is_multipart() else []
    if not 0 < len(parts) <= PARTS_MAX:
        raise unreadable(f"it has {len(parts)} fields")
    found: dict[str, bytes] = {}
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            raise unreadable("a field of it has no name, or holds fields itself")
        found[name] = content
    return found


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
