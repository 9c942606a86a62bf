"""Safeguards compared between two versions: prohibitions, routes, forms, chains, acts, records, duties, registers.

For each key of a rule it is stated which direction is stricter; a change of any other key counts as a relaxation.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from services.kernel.policy.facts import Facts, items, mappings, sub, text, texts
from services.kernel.policy.lengths import shorter
from services.kernel.policy.periods import parse_period

Weaker = Callable[[object, object], bool]

_WORDING: Final = frozenset({"id", "clauses", "basis", "title", "message", "illustrative", "optional", "then"})
_HOW_OFTEN: Final = {"day": 0, "month": 1, "half_year": 2, "year": 3}


def relaxed(old: Facts, new: Facts) -> Iterator[str]:
    """Ids of what asks less in ``new`` than in ``old``; both are documents of ``policy.yaml``."""
    for section, adding_opens in _SECTIONS.items():
        before, after = _by_id(old, section), _by_id(new, section)
        yield from (rule_id for rule_id, rule in before.items() if _rule_weaker(rule, after.get(rule_id)))
        if adding_opens:
            yield from (rule_id for rule_id in after if rule_id not in before and _opens(section, after[rule_id], old))
    yield from _vocabulary(old, new)
    yield from _singles(old, new)


# Whether a rule that is new in the section lets something happen that was refused before.
_SECTIONS: Final = {
    "prohibitions": False,
    "routing": False,
    "requests": True,
    "chains": False,
    "acts": True,
    "records": False,
    "duties": False,
    "registers": False,
    "violations": False,
}


def _opens(section: str, rule: Facts, old: Facts) -> bool:
    if section == "requests":
        return True
    known = {act for each in mappings(old.get("acts")) for act in texts(each.get("acts"))}
    return not set(texts(rule.get("acts"))) <= known


def _rule_weaker(old: Facts, new: Facts | None) -> bool:
    if new is None:
        return True
    keys = (set(old) | set(new)) - _WORDING
    return any(_KEYS.get(key, _changed)(old.get(key), new.get(key)) for key in keys)


def _by_id(document: Facts, section: str) -> dict[str, Facts]:
    return {text(each.get("id")): each for each in mappings(document.get(section))}


def _forms(value: object) -> set[str]:
    return {json.dumps(item, sort_keys=True, ensure_ascii=False, default=str) for item in items(value)}


def _changed(old: object, new: object) -> bool:
    return old != new


def _fewer(old: object, new: object) -> bool:
    return not _forms(old) <= _forms(new)


def _more(old: object, new: object) -> bool:
    return not _forms(new) <= _forms(old)


def _asks_less_why(old: object, new: object) -> bool:
    """A wider margin, another question, or none at all."""
    before, after = _mapping(old), _mapping(new)
    if not before:
        return False
    same = all(before.get(name) == after.get(name) for name in ("incident", "explain"))
    return not same or shorter(parse_period(text(before["margin"])), parse_period(text(after["margin"])))


def _switched_off(old: object, new: object) -> bool:
    return old is True and new is not True


def _narrower(old: object, new: object) -> bool:
    """A condition that may hold less often: a term more, a value less, or one more value excepted."""
    before, after = _mapping(old), _mapping(new)
    if not set(after) <= set(before):
        return True
    return any(_term_narrower(before[name], after[name]) for name in after)


def _term_narrower(old: object, new: object) -> bool:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return _more(old.get("none_of"), new.get("none_of"))
    return isinstance(old, Mapping) or isinstance(new, Mapping) or _fewer(old, new)


def _exempts_more(old: object, new: object) -> bool:
    if new is None:
        return False
    return old is None or _narrower(new, old)


def _facts_wider(old: object, new: object) -> bool:
    before, after = _mapping(old), _mapping(new)
    return any(name not in after or _more(wanted, after[name]) for name, wanted in before.items())


def _limits_higher(old: object, new: object) -> bool:
    before, after = _mapping(old), _mapping(new)
    return any(not _number(after.get(name)) <= _number(limit) for name, limit in before.items())


def _must_be_less(old: object, new: object) -> bool:
    before, after = _mapping(old), _mapping(new)
    return any(name not in after or after[name] != wanted for name, wanted in before.items())


def _steps_weaker(old: object, new: object) -> bool:
    after = {text(each.get("id")): each for each in mappings(new)}
    kept = [text(each.get("id")) for each in mappings(old)]
    order = [name for name in after if name in kept]
    return order != kept or any(_rule_weaker(each, after.get(text(each.get("id")))) for each in mappings(old))


def _distinct_weaker(old: object, new: object) -> bool:
    groups = [set(texts(group)) for group in items(new)]
    return any(not any(set(texts(group)) <= wider for wider in groups) for group in items(old))


def _later(old: object, new: object) -> bool:
    if not isinstance(old, str) or not isinstance(new, str):
        return old != new
    return shorter(parse_period(old), parse_period(new))


def _rarer(old: object, new: object) -> bool:
    return _HOW_OFTEN.get(text(new), 9) > _HOW_OFTEN.get(text(old), -1)


def _term_shorter(old: object, new: object) -> bool:
    before, after = _mapping(old), _mapping(new)
    if {**before, "period": ""} != {**after, "period": ""}:
        return True
    return shorter(parse_period(text(after.get("period"))), parse_period(text(before.get("period"))))


def _delegable_more(old: object, new: object) -> bool:
    return _number(new, 0) > _number(old, 0)


def _vocabulary(old: Facts, new: Facts) -> Iterator[str]:
    """A word more is an answer that no prohibition may know; a list that is gone accepts every word."""
    before, after = (sub(sub(each, "vocabulary"), "values") for each in (old, new))
    for name, known in before.items():
        if name not in after or _more(known, after[name]):
            yield f"vocabulary.{name}"
    if items(sub(old, "vocabulary").get("ranks")) != items(sub(new, "vocabulary").get("ranks")):
        yield "vocabulary.ranks"


def _singles(old: Facts, new: Facts) -> Iterator[str]:
    was, now = sub(old, "change_control"), sub(new, "change_control")
    a, b = sub(was, "shorten"), sub(now, "shorten")
    notice = shorter(parse_period(text(b.get("notice"))), parse_period(text(a.get("notice"))))
    if (
        notice
        or _number(b.get("approvals"), 0) < _number(a.get("approvals"), 0)
        or _fewer(a.get("roles"), b.get("roles"))
    ):
        yield text(was.get("id"))
    programme, later = sub(old, "programme"), sub(new, "programme")
    if programme and (not later or _postponed(programme, later)):
        yield text(programme.get("id"))
    filing = sub(old, "filing")
    if filing and filing.get("audio") in {"strip", "refuse"} and sub(new, "filing").get("audio") == "keep":
        yield text(filing.get("id"))


def _postponed(old: Facts, new: Facts) -> bool:
    if old.get("ends") is not None and (new.get("ends") is None or text(new.get("ends")) > text(old.get("ends"))):
        return True
    return text(new.get("review_by")) > text(old.get("review_by"))


def _number(value: object, default: float = float("inf")) -> float:
    return float(value) if isinstance(value, (int, float)) else default


def _mapping(value: object) -> Facts:
    return value if isinstance(value, Mapping) else {}


_KEYS: Final[Mapping[str, Weaker]] = {
    "gates": _fewer,
    "when": _narrower,
    "unless": _exempts_more,
    "requesters": _more,
    "actions": _more,
    "roles": _more,
    "fields": _fewer,
    "documents": _fewer,
    "refuse_without": _fewer,
    "necessity": _asks_less_why,
    "either": _fewer,
    "also": _fewer,
    "covers": _fewer,
    "within": _fewer,
    "before": _fewer,
    "after": _fewer,
    "listed": _fewer,
    "present": _fewer,
    "closes_with": _fewer,
    "treat": _fewer,
    "acts": _fewer,
    "facts": _facts_wider,
    "grant": _switched_off,
    "closed": _switched_off,
    "withdrawable": _switched_off,
    "limits": _limits_higher,
    "must_be": _must_be_less,
    "steps": _steps_weaker,
    "distinct": _distinct_weaker,
    "delegable": _delegable_more,
    "every": _later,
    "per": _rarer,
    "term": _term_shorter,
}
