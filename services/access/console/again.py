"""An act that wants a fresh sign-in: the form waits in the session, and is sent again by the person's own hand."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.access.console import frame, words
from services.access.console.forms import TOKEN, parsed
from services.access.console.sessions import Unfinished
from services.access.console.visit import visit
from services.access.policies import project_file
from services.access.status import names
from services.access.status.words import LANGUAGES
from services.runtime.oidc.refusals import FreshSignInNeeded

KEPT_BYTES_MAX: Final = 65_536
# What the fields of our own forms are called on the page that shows a waiting one.
LABELS: Final = {
    "authority": "authority",
    "begins": "glass_begins",
    "cameras": "cameras",
    "decision": "again_decision",
    "finding": "glass_finding",
    "from": "from",
    "hold_kind": "kind",
    "matter": "matter",
    "members": "members",
    "minutes": "glass_minutes",
    "networks": "networks",
    "note": "note",
    "opinion": "opinion",
    "policy_id": "again_policy",
    "project_id": "project",
    "review_by": "review_by",
    "role": "glass_role",
    "to": "to",
    "why": "glass_why",
}
ANSWERS: Final = {
    "agreed": "glass_begins_agreed",
    "approve": "decision_approve",
    "at_once": "glass_begins_at_once",
    "attested": "again_attested",
    "justified": "glass_find_justified",
    "not_justified": "glass_find_not_justified",
}

DECISIONS: Final = {each: f"again_{each}" for each in project_file.DECISIONS}
RECORD: Final = "record."


def shown(unfinished: Unfinished, language: str) -> list[tuple[str, str]]:
    """Return what waits as labels and answers; a field without an answer is left out."""
    told = (
        (name, [_answer(name, each, language) for each in values if each]) for name, values in unfinished.fields.items()
    )
    return [(_label(name, language), words.word("list_sep", language).join(each)) for name, each in told if each]


def _label(name: str, language: str) -> str:
    if name in LABELS:
        return words.word(LABELS[name], language)
    of_project = name.removeprefix(RECORD)
    return words.fact(f"project.{of_project}" if of_project != name else name.removeprefix("field."), language)


def _answer(name: str, given: str, language: str) -> str:
    if name == "role":
        return names.role(given, LANGUAGES.index(language))
    if name == "decision" and given in DECISIONS:
        return words.word(DECISIONS[given], language)
    if given in ANSWERS:
        return words.word(ANSWERS[given], language)
    return words.value(given, language) if given in words.questions.VALUES else given


async def asked_for(request: Request, refusal: FreshSignInNeeded) -> HTMLResponse:
    """Return the page that leads to the provider, and keep what was filled in."""
    visiting = await visit(request)
    body = await request.body()
    is_kept = request.method == "POST" and len(body) <= KEPT_BYTES_MAX
    if is_kept:
        fields = {name: tuple(values) for name, values in parsed(body).fields.items() if name != TOKEN}
        visiting.session.unfinished = Unfinished(action=request.url.path, fields=fields)
    answer = frame.page(visiting, "again.html", status=refusal.status, is_kept=is_kept)
    answer.headers.update(refusal.headers)
    return answer
