"""Every word of the console in both languages, in one catalogue: a page can't show a word that only one of them has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.access.console.words import (
    cameras,
    common,
    copies,
    events,
    holds,
    home,
    identity,
    live,
    new,
    policies,
    questions,
    reasons,
    requests,
    simulations,
    verify,
    viewings,
)
from services.access.status.words import LANGUAGES, STATES

Both = tuple[str, str]
PARTS: Final = (
    common,
    identity,
    home,
    requests,
    copies,
    new,
    holds,
    cameras,
    policies,
    simulations,
    verify,
    live,
    viewings,
    events,
)
REFUSING: Final = (reasons, viewings, simulations, verify)
WORDS: Final[Mapping[str, Both]] = {name: both for part in PARTS for name, both in part.WORDS.items()} | {
    f"state_{name}": (said[1], said[2]) for name, said in STATES.items()
}


def word(name: str, language: str, /, **values: object) -> str:
    """Return a word or sentence with its values filled in. Raises KeyError for a name that nobody wrote."""
    said = WORDS[name][LANGUAGES.index(language)]
    return said.format(**values) if values else said


def fact(name: str, language: str) -> str:
    """Return what a question of a form is called where the pack's own form has no label for it."""
    if name.startswith("document:"):
        return value(name.removeprefix("document:"), language)
    found = questions.FACTS.get(name)
    plain = name.partition(".")[2] or name
    return plain.replace("_", " ") if found is None else found[LANGUAGES.index(language)]


def value(name: object, language: str) -> str:
    """Return what an answer is called; an agency's own word as it stands, where nobody has translated it."""
    found = questions.VALUES.get(str(name))
    return str(name).replace("_", " ") if found is None else found[LANGUAGES.index(language)]


def refusal(reason: str, language: str) -> Both | None:
    """Return (what happened, what to do) for a reason; None where only the refusal itself can say it."""
    found = next((part.REASONS[reason] for part in REFUSING if reason in part.REASONS), None)
    return None if found is None else found[LANGUAGES.index(language)]
