"""Who somebody is here, from what the provider claims: a YAML file names the claims and translates their values.

What the file doesn't name gives nothing: a group that nobody translated is no role. docs/identity.md has an example.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from services.runtime.identity import Person
from services.runtime.oidc.refusals import ClaimsUnusable
from services.runtime.strict_yaml import Parsed, YamlFault, parse

FORMAT: Final = "camledger.identity/1"
PLAIN: Final = ("person_id", "account", "name")
TRANSLATED: Final = ("agency", "rank", "roles")
NEEDED: Final = ("person_id", "roles")
_ROLE: Final = re.compile(r"[a-z][a-z0-9_]{1,59}")
_ID: Final = re.compile(r"[\w.@:+-]{1,100}")
_NAME_MAX: Final = 100
_GROUPS_MAX: Final = 1_000


class MappingBroken(ValueError):
    """The mapping file can't be used; the message names file, line, value, rule and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One property: the claim that it is taken from, and what each of its values means here."""

    claim: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    always: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsMapping:
    """The mapping file: how claims become a Person."""

    person_id: Taken
    account: Taken
    name: Taken
    agency: Taken
    rank: Taken
    roles: Taken

    @classmethod
    def load(cls, path: Path) -> ClaimsMapping:
        """Read the file. Raises MappingBroken."""
        try:
            parsed = parse(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise MappingBroken(f"{path}: {error}; set CAMLEDGER_OIDC_MAPPING to a readable file") from error
        except YamlFault as fault:
            raise MappingBroken(f"{path}: {fault}") from fault
        return _Reading(path, parsed).mapping()

    def person(self, claims: Mapping[str, Any], issuer: str) -> Person:
        """Return whom these claims describe. Raises ClaimsUnusable that names what is missing."""
        person_id = _one(claims, self.person_id, "person_id")
        if _ID.fullmatch(person_id) is None or person_id.startswith("service"):
            raise ClaimsUnusable(f"claim {self.person_id.claim!r} isn't usable as a person id")
        roles = frozenset(_translated(claims, self.roles))
        if not roles:
            raise ClaimsUnusable(f"no value of claim {self.roles.claim!r} is a role here")
        return Person(
            person_id=person_id,
            account=_one(claims, self.account, "account") if self.account.claim else person_id,
            name=_name(claims, self.name) or person_id,
            roles=roles,
            rank=next(iter(_translated(claims, self.rank)), self.rank.always),
            agency=self._agency(claims),
            issuer=issuer,
            authenticated_at=_instant(claims.get("auth_time")),
            acr=str(claims.get("acr", ""))[:_NAME_MAX],
        )

    def _agency(self, claims: Mapping[str, Any]) -> str:
        if not self.agency.claim:
            return self.agency.always
        found = next(iter(_translated(claims, self.agency)), self.agency.always)
        if not found:
            raise ClaimsUnusable(f"no value of claim {self.agency.claim!r} is an agency here")
        return found


class _Reading:
    """Turns the parsed file into a mapping, or says on which line which rule is broken."""

    def __init__(self, path: Path, parsed: Parsed) -> None:
        self._path, self._parsed = path, parsed

    def mapping(self) -> ClaimsMapping:
        whole = self._parsed.value
        if not isinstance(whole, dict) or whole.get("format") != FORMAT:
            raise self._broken((), f"this isn't a file of format {FORMAT}", f"begin it with 'format: {FORMAT}'")
        self._only(whole, ("format", *PLAIN, *TRANSLATED), ())
        for name in NEEDED:
            if name not in whole:
                raise self._broken((), f"{name} is missing", f"name the claim: '{name}: {{claim: ...}}'")
        return ClaimsMapping(
            **{name: self._plain(whole, name) for name in PLAIN},
            **{name: self._values(whole, name) for name in TRANSLATED},
        )

    def _plain(self, whole: dict[str, object], name: str) -> Taken:
        return Taken(claim=self._claim(self._entry(whole, name, ("claim",)), name)) if name in whole else Taken()

    def _values(self, whole: dict[str, object], name: str) -> Taken:
        if name not in whole:
            return Taken()
        entry = self._entry(whole, name, ("claim", "values", "always"))
        always = self._always(entry, name)
        if "claim" not in entry:
            if always:
                return Taken(always=always)
            raise self._broken((name,), f"{name} names no claim", "add 'claim: NAME', or 'always: VALUE'")
        return Taken(claim=self._claim(entry, name), values=self._table(entry, name), always=always)

    def _always(self, entry: dict[str, object], name: str) -> str:
        if "always" not in entry:
            return ""
        if name == "roles":
            raise self._broken((name, "always"), "a role is given to everybody", "translate a group instead")
        return self._word(entry["always"], (name, "always"), name)

    def _table(self, entry: dict[str, object], name: str) -> dict[str, tuple[str, ...]]:
        table = entry.get("values")
        if not isinstance(table, dict) or not table:
            raise self._broken((name,), f"{name} translates no values", "add 'values: {THEIR WORD: OURS}'")
        return {key: tuple(self._meant(given, (name, "values", key), name)) for key, given in table.items()}

    def _meant(self, given: object, path: tuple[str, ...], name: str) -> Iterable[str]:
        several = given if isinstance(given, list) and name == "roles" else [given]
        return [self._word(each, path, name) for each in several]

    def _word(self, given: object, path: tuple[str, ...], name: str) -> str:
        if not isinstance(given, str) or not given.strip() or len(given) > _NAME_MAX:
            raise self._broken(path, f"{given!r} is no word", "write one word of ours")
        if name == "roles" and _ROLE.fullmatch(given) is None:
            remedy = "use a role as packs name it; services have tokens in the people file, never roles from a provider"
            raise self._broken(path, f"{given!r} is no role of a person", remedy)
        return given

    def _claim(self, entry: dict[str, object], name: str) -> str:
        claim = entry.get("claim")
        if not isinstance(claim, str) or not claim.strip():
            raise self._broken((name,), f"{name} names no claim", "add 'claim: NAME'")
        return claim

    def _entry(self, whole: dict[str, object], name: str, keys: tuple[str, ...]) -> dict[str, object]:
        entry = whole[name]
        if not isinstance(entry, dict):
            raise self._broken((name,), f"{entry!r} isn't an entry", f"write '{name}: {{claim: ...}}'")
        self._only(entry, keys, (name,))
        return entry

    def _only(self, entry: dict[str, object], keys: tuple[str, ...], path: tuple[str, ...]) -> None:
        for key in entry:
            if key not in keys:
                raise self._broken((*path, key), f"{key!r} means nothing here", f"use {', '.join(keys)}")

    def _broken(self, path: tuple[str, ...], says: str, remedy: str) -> MappingBroken:
        return MappingBroken(f"{self._path}: line {self._parsed.line(path)}: {says}; {remedy}")


def claim_of(claims: Mapping[str, Any], name: str) -> object:
    """Return a claim by its name, else by the path that its dots make: ``realm_access.roles``."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _one(claims: Mapping[str, Any], taken: Taken, what: str) -> str:
    value = claim_of(claims, taken.claim)
    said = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not said.strip() or len(said) > _NAME_MAX or not said.isprintable():
        raise ClaimsUnusable(f"claim {taken.claim!r} gives no {what}")
    return said.strip()


def _name(claims: Mapping[str, Any], taken: Taken) -> str:
    value = claim_of(claims, taken.claim) if taken.claim else ""
    return "".join(each for each in value if each.isprintable())[:_NAME_MAX] if isinstance(value, str) else ""


def _translated(claims: Mapping[str, Any], taken: Taken) -> list[str]:
    value = claim_of(claims, taken.claim) if taken.claim else None
    several = value if isinstance(value, list) else [value]
    meant = (taken.values.get(str(each), ()) for each in several[:_GROUPS_MAX] if isinstance(each, str | int))
    return [word for words in meant for word in words]


def _instant(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return None
