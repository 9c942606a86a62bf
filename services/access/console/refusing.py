"""A refusal as a page tells it: what happened, what to do, the clause. Two verbs: a rule refuses, a person denies."""

from __future__ import annotations

from dataclasses import dataclass

from services.access.console import words
from services.access.refusals import AccessRefusal
from services.access.status import names
from services.access.status.words import LANGUAGES
from services.kernel.policy import Pack
from services.runtime.refusal import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One refusal in the language of a page."""

    what: str
    why: str  # what the rule of the policy tells people
    do: str
    detail: str  # always English: for whoever looks into it
    rule: str
    clauses: tuple[str, ...]
    missing: tuple[str, ...]
    roles: tuple[str, ...]  # of which one may do it, in words; none where it isn't about roles


def told(refusal: Refusal, language: str) -> Told:
    """Return a refusal in words. Nothing that the API would say is left out."""
    reason = reason_of(refusal)
    what, do = words.refusal(reason, language) or (refusal.title, refusal.remedy)
    return Told(
        what=what,
        why=refusal.message.get(language, ""),
        do=do,
        detail=f"{refusal.detail} · {refusal.remedy}" if refusal.remedy else refusal.detail,
        rule=refusal.rule,
        clauses=refusal.clauses,
        missing=missing_of(refusal),
        roles=tuple(names.role(each, LANGUAGES.index(language)) for each in refusal.roles),
    )


def in_short(reason: str, language: str) -> str:
    """Return what happened, for the reason of an event; "" where only the event's own words say it."""
    found = words.refusal(camel(reason), language)
    return "" if found is None else found[0]


def explained(pack: Pack, event: object, language: str) -> str:
    """Return why an event says no, in a language: its rule's message, our words, else the log's own in English."""
    explanation = str(getattr(event, "explanation", ""))
    if not explanation:
        return ""
    rule = pack.rules.get(getattr(event, "rule", ""))
    # A title alone names the rule and not what is wrong.
    said = rule.message.get(language, "") if rule is not None else ""
    return said or in_short(getattr(event, "refusal", ""), language) or explanation


def reason_of(refusal: Refusal) -> str:
    """Return the reason as a word: the rule's, where a form was refused by one."""
    reason = refusal.more.get("reason", "") if isinstance(refusal, AccessRefusal) else ""
    return camel(str(reason)) or refusal.kind


def camel(reason: str) -> str:
    """Return a reason of the policy kernel as refusals are named."""
    return "".join(part.capitalize() for part in reason.split("_"))


def missing_of(refusal: Refusal) -> tuple[str, ...]:
    """Return the questions that a refusal names as open; what is misspelt comes with its value behind a sign."""
    named = refusal.more.get("missing", ()) if isinstance(refusal, AccessRefusal) else ()
    assert isinstance(named, list | tuple)
    return tuple(dict.fromkeys(str(each).partition("=")[0] for each in named))
