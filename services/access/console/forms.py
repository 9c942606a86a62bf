"""What a page's form sent: read once, bounded, and only when it carries the token of the person's own session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request

from services.access.console.sessions import same
from services.access.console.visit import Visit
from services.access.refusals import Forbidden, Unusable

FIELDS_MAX: Final = 400
URLENCODED: Final = "application/x-www-form-urlencoded"
TOKEN: Final = "form_token"  # noqa: S105 - the name of a field, not a secret
TOKEN_HEADER: Final = "x-form-token"  # noqa: S105 - the name of a header


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The answers of one form, by the names of its fields."""

    fields: Mapping[str, Sequence[str]]

    def one(self, name: str) -> str:
        """Return an answer, trimmed; "" where there is none."""
        return next(iter(self.fields.get(name, ())), "").strip()

    def all(self, name: str) -> list[str]:
        """Return every ticked answer."""
        return [each for each in self.fields.get(name, ()) if each.strip()]


NOTHING: Final = Filled(fields={})


async def filled(visit: Visit) -> Filled:
    """Return the form of a person who is signed in; raises Forbidden for a form that another page made up."""
    form = await read(visit.request)
    if not same(form.one(TOKEN), visit.session.form_token):
        raise forged()
    visit.session.unfinished = None
    return form


def must_be_its_page(visit: Visit) -> None:
    """Raise Forbidden for a body that no page of this session sends: what is a file has its token in a header."""
    _must_be_ours(visit.request)
    if not same(visit.request.headers.get(TOKEN_HEADER, ""), visit.session.form_token):
        raise forged()


def _must_be_ours(request: Request) -> None:
    origin = request.headers.get("origin", "")
    if origin and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise forged()


async def read(request: Request) -> Filled:
    """Return the fields of a form that came from a page of ours. Raises Forbidden or Unusable."""
    _must_be_ours(request)
    if request.headers.get("content-type", "").partition(";")[0].strip() != URLENCODED:
        raise _unreadable("it isn't a form of the console")
    return parsed(await request.body())


def parsed(body: bytes) -> Filled:
    """Read an urlencoded body; raises Unusable for one that no form of ours sends."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError as error:
        raise _unreadable(f"it has more than {FIELDS_MAX} fields, or isn't UTF-8") from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        if "\0" in value:
            raise _unreadable(f"the answer to {name[:40]!r} holds a character that can't be stored")
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return Filled(fields=fields)


def forged() -> Forbidden:
    """Return the refusal of a form whose token isn't this session's."""
    return Forbidden(
        "the form doesn't carry the token of this session",
        rule="console.form",
        remedy="open the page again and send its form from there",
        word="FormNotOurs",
    )


def _unreadable(why: str) -> Unusable:
    return Unusable(
        f"the form can't be read: {why}",
        rule="console.form",
        remedy="fill in the page's own form",
        word="FormUnreadable",
    )
