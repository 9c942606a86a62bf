"""Says in the words of a page what a request wrote on the hold that it became: number, rule, who decided. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from services.access.console import words
from services.access.console.numbers import short
from services.kernel.policy import Pack

# As ``requests.protecting`` writes them on the log; whatever a person typed is shown as it stands.
OF_REQUEST: Final = re.compile(r"request ([0-9a-f]{8})-[0-9a-f-]{27}")
DECIDED: Final = re.compile(r"(\S+), decided by (\S+)")


def matter(written: str, language: str) -> str:
    """Return what a hold is about."""
    found = OF_REQUEST.fullmatch(written)
    return written if found is None else words.word("matter_of_request", language, number=short(found[1]))


def authority(written: str, pack: Pack | None, language: str, name_of: Callable[[str], str]) -> str:
    """Return who ordered a hold and under which rule, as the pack of its request calls that rule."""
    found = DECIDED.fullmatch(written)
    if found is None:
        return written
    rule, person = found.groups()
    return words.word("decided_under", language, rule=_title(rule, pack, language), name=name_of(person))


def _title(rule_id: str, pack: Pack | None, language: str) -> str:
    rules = pack.requests.values() if pack is not None else ()
    title = next((rule.title for rule in rules if rule.id == rule_id), {})
    return title.get(language) or next(iter(title.values()), rule_id)
