"""Which questions and documents are still open; shared by requests, acts, records and duties."""

from collections.abc import Iterable

from services.kernel.policy.conditions import Truth
from services.kernel.policy.facts import DOCUMENT, Facts, answered, given, items, lookup, texts, token
from services.kernel.policy.rules import Need, OneOf


def missing(need: Need, facts: Facts) -> tuple[str, ...]:
    """Names of what is open, in the order of the form; a condition that isn't known keeps its requirement in force."""
    found = [name for name in need.fields if not answered(lookup(facts, name))]
    found += [group[0] for group in need.either if not any(given(facts, name) for name in group)]
    for choice in need.one_of:
        found += _open_choice(choice, facts)
    for when, more in need.also:
        if when.judge(facts).truth is not Truth.NO:
            found += missing(more, facts)
    attached = texts(facts.get("documents"))
    found += [DOCUMENT + name for name in need.documents if name not in attached]
    return unique(found)


def names_of(need: Need) -> frozenset[str]:
    """Every field that a form may carry under this requirement."""
    found = {*need.fields, *(name for group in need.either for name in group)}
    for choice in need.one_of:
        found.add(choice.field)
        found.update(name for then in choice.values.values() for name in then)
    for _, more in need.also:
        found |= names_of(more)
    return frozenset(found)


def unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _open_choice(choice: OneOf, facts: Facts) -> list[str]:
    chosen = [token(item) for item in items(lookup(facts, choice.field))]
    if not chosen or any(each not in choice.values for each in chosen):
        return [choice.field]
    return [name for each in chosen for name in choice.values[each] if not given(facts, name)]
