"""Prohibitions and routes: asked first at every request, and again at every step and act."""

from dataclasses import dataclass

from services.kernel.policy.facts import Facts
from services.kernel.policy.needs import unique
from services.kernel.policy.pack import Pack
from services.kernel.policy.rules import Gate, Prohibition, Route


@dataclass(frozen=True, slots=True)
class Barred:
    """The first prohibition that certainly applies, and the questions that others leave open."""

    by: Prohibition | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Routed:
    """The first route that certainly applies, and the questions that others leave open."""

    to: Route | None
    missing: tuple[str, ...]


def barred(pack: Pack, gate: Gate, facts: Facts) -> Barred:
    """Ask every prohibition of a gate; an unanswered question under one never lets anything pass."""
    open_questions: list[str] = []
    for rule in pack.prohibitions[gate]:
        found = rule.applies.judge(facts)
        if found.holds:
            return Barred(rule, ())
        open_questions.extend(found.missing)
    return Barred(None, unique(open_questions))


def routed(pack: Pack, facts: Facts) -> Routed:
    open_questions: list[str] = []
    for rule in pack.routing:
        found = rule.applies.judge(facts)
        if found.holds:
            return Routed(rule, ())
        open_questions.extend(found.missing)
    return Routed(None, unique(open_questions))
