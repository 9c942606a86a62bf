"""What a rule is told about a case: nested mappings looked up by dotted names; an empty answer is no answer."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from services.kernel.ids import is_in_time
from services.kernel.policy.periods import both_folds

Facts = Mapping[str, object]
Token = str | int | float

# A caller may add this prefix to ask for an attached document instead of a field.
DOCUMENT: Final = "document:"
_NOT_A_SCALAR: Final = "\0not-a-scalar"


def lookup(facts: Facts, name: str) -> object:
    """Return the fact called ``name`` (``requester.class``), or None when nobody has answered it."""
    value: object = facts
    for part in _parts(name):
        # Asking for the exact type first is worth it: this is where a verdict spends its time.
        if type(value) is not dict and not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def answered(value: object) -> bool:
    """An empty string or list answers nothing; ``False`` and ``0`` and "nobody" are answers."""
    if value is None:
        return False
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, Mapping):
        return bool(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(answered(item) for item in value)
    return True


def given(facts: Facts, name: str) -> bool:
    if name.startswith(DOCUMENT):
        return name.removeprefix(DOCUMENT) in texts(facts.get("documents"))
    return answered(lookup(facts, name))


def items(value: object) -> tuple[object, ...]:
    """A list as it is, a single answer as a list of one, nothing as an empty one."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, (list, tuple)):
        return tuple(value)
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(value, key=repr))
    return () if value is None else (value,)


def texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in items(value) if isinstance(item, str) and item.strip())


def mappings(value: object) -> tuple[Facts, ...]:
    return tuple(item for item in items(value) if isinstance(item, Mapping))


def sub(raw: Facts, name: str) -> Facts:
    """The mapping of that name; an empty one where there is none."""
    found = raw.get(name)
    return found if isinstance(found, Mapping) else {}


def text(value: object) -> str:
    return value if isinstance(value, str) and value.strip() else ""


def whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def token(value: object) -> Token:
    """A comparable form: Python takes True for 1, a policy must not."""
    if isinstance(value, bool):
        return f"\0{value}"
    if isinstance(value, (str, int, float)):
        return value
    return _NOT_A_SCALAR


def tokens(values: Iterable[object]) -> frozenset[Token]:
    return frozenset(token(value) for value in values)


def instant(value: object, zone: ZoneInfo) -> datetime | None:
    """Read an instant as UTC. A plain date, or a time without an offset, is wall clock in the agency's zone.

    What lies at the ends of the calendar is no answer: it can't be reckoned with.
    """
    if isinstance(value, str):
        value = _parsed(value.strip())
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        return None
    found = value if value.tzinfo else value.replace(tzinfo=zone)
    return found.astimezone(UTC) if is_in_time(found) else None


def instants(value: object, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Every instant that a value may mean: two where it is a wall time that the clocks showed twice, or skipped."""
    found = instant(value, zone)
    if found is None:
        return ()
    read = _parsed(value.strip()) if isinstance(value, str) else value
    if isinstance(read, datetime):
        return (found,) if read.tzinfo else both_folds(read, zone)
    return both_folds(datetime.combine(read, time()), zone) if isinstance(read, date) else (found,)


def exact_instant(value: object, zone: ZoneInfo) -> datetime | None:
    """Like ``instant``, but a bare date says too little and counts as no answer."""
    if isinstance(value, str) and len(value.strip()) <= len("2026-02-12"):
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return None
    return instant(value, zone)


def span(value: object, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """Read ``[from, to]``; None unless both ends are instants in order."""
    match [instant(item, zone) for item in items(value)]:
        case [datetime() as start, datetime() as end] if start <= end:
            return start, end
    return None


@lru_cache(maxsize=4096)
def _parts(name: str) -> tuple[str, ...]:
    return tuple(name.split("."))


def _parsed(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
