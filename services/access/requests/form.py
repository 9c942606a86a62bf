"""A filled-in form: what of it may stand on the log, what belongs in the vault, and which footage it names."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from services.kernel.events import FieldValue
from services.kernel.policy import Facts, Pack
from services.kernel.policy.facts import answered, lookup, span, text, texts
from services.kernel.scope import Scope

# Whatever a pack's forms mark, these name a person: better one field too many in the vault than one on the log.
ALWAYS_PERSONAL: Final = frozenset(
    {"requester.name", "requester.telephone", "requester.address", "requester.email", "requester.id_number"}
)
# Of the requester only this is no personal detail; an unknown field about a person is one.
REQUESTER_PUBLIC: Final = frozenset({"requester.class", "requester.on_behalf_of", "requester.unit", "requester.title"})
FIELDS_MAX: Final = 100
TEXT_MAX: Final = 4_000
DEPTH_MAX: Final = 3
UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
NAME: Final = re.compile(r"[A-Za-z0-9_]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The answers of one form, split by where they may stand."""

    public: tuple[FieldValue, ...]
    personal: Mapping[str, str]


def split(facts: Facts, personal_names: Collection[str]) -> Form:
    """Split answers: personal ones by the pack's forms, by ``ALWAYS_PERSONAL``, or about the requester."""
    public: list[FieldValue] = []
    personal: dict[str, str] = {}
    for name, value in leaves(facts):
        if is_personal(name, personal_names):
            personal[name] = json.dumps(value, ensure_ascii=False)
        else:
            public.append(FieldValue(name=name, value=json.dumps(value, ensure_ascii=False)))
    return Form(public=tuple(public), personal=personal)


def unfit(answers: Facts) -> str:
    """Return why these answers can be no form, "" if they can: nothing that the log couldn't carry may enter it."""
    named = list(_named(answers, 0))
    if len(named) > FIELDS_MAX:
        return f"more than {FIELDS_MAX} answers"
    if any(depth > DEPTH_MAX or not NAME.fullmatch(name) for name, _, depth in named):
        return f"a question is named by letters, digits and underscores, at most {DEPTH_MAX} levels deep"
    if odd := next(filter(None, (unprintable(n, value) for n, value, _ in named)), ""):
        return odd
    long = next((n for n, value, _ in named if len(json.dumps(value, ensure_ascii=False)) > TEXT_MAX), None)
    return f"the answer to {long} is longer than {TEXT_MAX} characters" if long is not None else ""


def unprintable(name: str, value: object) -> str:
    """Return why the log, a database or paper can't carry an answer, "" if all of them can."""
    if _writable(value):
        return ""
    return f"the answer to {name} holds a character that can't be written: a control character, or half of one"


def _writable(value: object) -> bool:
    match value:
        case str():
            return not UNWRITABLE.search(value)
        case list():
            return all(map(_writable, value))
        case Mapping():
            return all(_writable(each) for pair in value.items() for each in pair)
        case _:
            return True


def _named(answers: Mapping[str, object], depth: int) -> Iterator[tuple[str, object, int]]:
    for key, value in answers.items():
        if isinstance(value, Mapping) and depth <= DEPTH_MAX:
            yield key, "", depth
            yield from _named(value, depth + 1)
        else:
            yield key, value, depth


def is_personal(name: str, personal_names: Collection[str]) -> bool:
    if name in ALWAYS_PERSONAL or name in personal_names:
        return True
    return name.startswith("requester.") and name not in REQUESTER_PUBLIC


def leaves(facts: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield answered facts by dotted name."""
    for key, value in facts.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{prefix}{key}.")
        elif answered(value):
            yield f"{prefix}{key}", value


def nested(fields: Iterable[FieldValue]) -> dict[str, object]:
    """Return stored answers as the nested facts that the policy kernel reads."""
    facts: dict[str, object] = {}
    for each in fields:
        place = facts
        *path, last = each.name.split(".")
        for part in path:
            inner = place.setdefault(part, {})
            assert isinstance(inner, dict), each.name
            place = inner
        place[last] = json.loads(each.value)
    return facts


def scope_of(pack: Pack, facts: Facts) -> Scope | None:
    """Return the footage that a form names; None while cameras (or an officer) or the interval are open."""
    cameras, officer = texts(lookup(facts, "request.cameras")), text(lookup(facts, "request.officer"))
    interval = span(lookup(facts, "request.interval"), pack.zone)
    if interval is None or not (cameras or officer):
        return None
    return Scope(cameras=tuple(sorted(set(cameras))), officer=officer, starts_at=interval[0], ends_at=interval[1])


def lacking_scope(pack: Pack, facts: Facts) -> tuple[str, ...]:
    """Return the questions without which no footage can be named."""
    lacking = []
    if span(lookup(facts, "request.interval"), pack.zone) is None:
        lacking.append("request.interval")
    if not texts(lookup(facts, "request.cameras")) and not text(lookup(facts, "request.officer")):
        lacking.append("request.cameras")
    return tuple(lacking)
