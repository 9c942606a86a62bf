"""What a row's own policy calls the rules that it names by id: people read titles, programs ids.

The version decides that was in force for the row, not today's. A rule that no kept version knows stays its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.analytics.certificates.queries import bindings
from services.analytics.registers.columns import Heading, Language
from services.kernel.policy import Pack
from services.kernel.policy.rules import Text
from services.runtime.kept_packs import KeptPacks
from services.runtime.settings import Settings

# The columns that name rules, each with what says under which version: another may be in force when footage goes.
NAMES_RULES: Final[Mapping[str, str]] = {"chain": "policy_version", "destruction_rules": "destruction_policy"}


async def packs_of(
    tx: AsyncConnection, kept: KeptPacks, settings: Settings, columns: Iterable[Heading]
) -> Mapping[str, Pack]:
    """Return every version that ever was in force, by its reference; none for a register that names no rule."""
    if not any(heading.name in NAMES_RULES for heading in columns):
        return {}
    adopted = (await bindings(tx)).values()
    await kept.fetch(settings, adopted)
    found = (kept.version(each.policy_id, each.version, each.digest) for each in adopted)
    return {pack.reference: pack for pack in found if pack is not None}


def titles_of(packs: Mapping[str, Pack], row: Mapping[str, Any]) -> dict[str, Text]:
    """Return the titles of all rules that a row names, by id, each in every language that its policy has."""
    named = ((_pack(packs, row, name), each) for name in NAMES_RULES for each in _listed(row.get(name)))
    return {each: pack.rules[each].title for pack, each in named if pack is not None and each in pack.rules}


def titled(packs: Mapping[str, Pack], row: Mapping[str, Any], name: str, language: Language) -> object:
    """Return a row's value under a column as people read it: rules by their titles, all else as it stands."""
    if name not in NAMES_RULES or row[name] is None:
        return row[name]
    pack = _pack(packs, row, name)
    return [_title(pack, rule_id, language) for rule_id in _listed(row[name])]


def _pack(packs: Mapping[str, Pack], row: Mapping[str, Any], name: str) -> Pack | None:
    return packs.get(row.get(NAMES_RULES[name]) or "")


def _title(pack: Pack | None, rule_id: str, language: Language) -> str:
    rule = pack.rules.get(rule_id) if pack is not None else None
    said = [] if rule is None else [rule.title[each] for each in _spoken(language) if each in rule.title]
    return " ".join(said) or rule_id


def _spoken(language: Language) -> tuple[str, ...]:
    return ("zh-Hant", "en") if language == "both" else (language,)


def _listed(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else value or []
