"""The exact bytes of an audit entry: JSON in UTF-8, keys in order, no spaces. Made once, then only stored."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum
from uuid import UUID

from services.analytics.audit.redaction import ENVELOPE, PARTS, RULES, Rule
from services.kernel.envelope import Envelope, Recorded

FORMAT = "camledger.audit.v1"
WITHHELD = "withheld"

# What this system issues as an id: ASCII, no spaces. Anything else in an id field is somebody's own words.
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@#+=-]{0,254}")
# A pseudonym carries a number; a service carries its own name. A bare word is neither.
_PERSON = r"[a-z]{1,16}-[0-9]{2,12}|(?:ingest|retention|access|analytics)(?:[.:/@-][A-Za-z0-9._:/@#-]{1,120})?"
# A receipt names the rule and the custodian of record (NPA-12); the rule is one of a pack: dotted, or plainly "policy".
_RULE = r"policy|[a-z0-9_]{1,40}(?:\.[a-z0-9_-]{1,60})+"
PERSON = re.compile(rf"(?:(?:{_RULE}); custodian )?(?:{_PERSON})")

# Our own code's words, as FFmpeg's "mov,mp4" or a store's "unlinked, folder synced": small letters, no names' marks.
OWN = re.compile(r"[a-z0-9_]{1,40}(?:(?:[,;] ?| )[a-z0-9_]{1,40}){0,20}")


class NoRule(LookupError):
    """An event type without a redaction rule: nothing of it may leave until somebody writes one."""


def entry(fact: Recorded) -> bytes:
    """Return the entry of an event. Raises NoRule for a type that nobody has decided on."""
    rule = RULES.get(type(fact.event))
    if rule is None:
        raise NoRule(f"{type(fact.event).__name__} has no rule in services/analytics/audit/redaction.py")
    value = {
        "format": FORMAT,
        "type": type(fact.event).__name__,
        "envelope": _redacted(fact.envelope, ENVELOPE) | {"actor_id": _actor(fact.envelope)},
        "event": _redacted(fact.event, rule),
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()


def _actor(envelope: Envelope) -> object:
    # A timer is an actor too (I6): the system names its rule, a person only a pseudonym.
    role = envelope.actor_role
    return _plain(envelope.actor_id, ID if role == "system" or role.startswith("service:") else PERSON)


def _redacted(part: object, rule: Rule) -> dict[str, object]:
    shown = {name: _plain(getattr(part, name), ID) for name in rule.shown}
    people = {name: _plain(getattr(part, name), PERSON) for name in rule.people}
    return shown | people | {name: _plain(getattr(part, name), OWN) for name in rule.own}


def _plain(value: object, allowed: re.Pattern[str]) -> object:  # noqa: PLR0911 - one kind of value a line
    match value:
        case None | bool() | int():
            return value
        case Enum():
            return _plain(value.value, allowed)
        case str():
            return value if not value or allowed.fullmatch(value) else WITHHELD
        case bytes():
            return value.hex()
        case UUID():
            return str(value)
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case tuple():
            return [_plain(item, allowed) for item in value]
        case _:
            return _redacted(value, PARTS[type(value)])


def rule_of_unknown_fields(event_type: type, rule: Rule) -> set[str]:
    """Return names in the rule that the type doesn't have: a typing error would silently show less."""
    return set(rule.shown | rule.people | rule.own) - {field.name for field in fields(event_type)}
