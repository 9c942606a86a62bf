"""Three-valued conditions over facts: yes, no, or not known; what isn't known never permits anything (I3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from services.kernel.policy.facts import Facts, Token, answered, items, lookup, token, tokens

Vocabulary = Mapping[str, frozenset[Token]]

# Whoever asks and whoever is behind him are judged together, or the first would be a way around the second.
_TOGETHER: Final = {"requester.classes": ("requester.class", "requester.on_behalf_of")}


class Truth(IntEnum):
    NO = 0
    UNKNOWN = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class Judgement:
    """A truth, and the questions that are open when it isn't known."""

    truth: Truth
    missing: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return self.truth is Truth.YES

    @property
    def may_hold(self) -> bool:
        return self.truth is not Truth.NO


YES: Final = Judgement(Truth.YES)
NO: Final = Judgement(Truth.NO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One field and the values that it is compared with."""

    names: tuple[str, ...]
    values: frozenset[Token]
    none_of: bool = False
    known: tuple[frozenset[Token] | None, ...] = ()

    def judge(self, facts: Facts) -> Judgement:
        open_questions: list[str] = []
        for name, known in zip(self.names, self.known, strict=True):
            value = lookup(facts, name)
            if not answered(value):
                open_questions.append(name)
                continue
            for item in items(value):
                spelt = token(item)
                if spelt in self.values:
                    return NO if self.none_of else YES
                if known is not None and spelt not in known:
                    open_questions.append(f"{name}={item}")
        if open_questions:
            return Judgement(Truth.UNKNOWN, tuple(open_questions))
        return YES if self.none_of else NO


@dataclass(frozen=True, slots=True)
class Condition:
    """All terms must hold; no terms always hold."""

    terms: tuple[Term, ...] = ()

    def judge(self, facts: Facts) -> Judgement:
        missing: list[str] = []
        for term in self.terms:
            found = term.judge(facts)
            if found.truth is Truth.NO:
                return NO
            missing.extend(found.missing)
        return Judgement(Truth.UNKNOWN, tuple(missing)) if missing else YES


ALWAYS: Final = Condition()


@dataclass(frozen=True, slots=True)
class Applies:
    """``when`` switches a rule on, ``unless`` switches it off; an open exemption leaves the rule an open question."""

    when: Condition = ALWAYS
    unless: Condition | None = None

    def judge(self, facts: Facts) -> Judgement:
        if not self.when.terms and self.unless is None:
            return YES
        on = self.when.judge(facts)
        if self.unless is None or on.truth is Truth.NO:
            return on
        off = self.unless.judge(facts)
        if off.truth is Truth.YES:
            return NO
        if off.truth is Truth.UNKNOWN:
            return Judgement(Truth.UNKNOWN, on.missing + off.missing)
        return on


def condition(when: Mapping[str, object], vocabulary: Vocabulary) -> Condition:
    """Compile ``{field: [values] | {none_of: [values]}}`` once, so that a verdict only compares."""
    return Condition(tuple(_term(name, wanted, vocabulary) for name, wanted in when.items()))


def misspelt(facts: Facts, names: Mapping[str, frozenset[Token]]) -> tuple[str, ...]:
    """Answers that the pack's closed vocabulary doesn't know, as ``field=value``."""
    found: list[str] = []
    for name, known in names.items():
        value = lookup(facts, name)
        if answered(value):
            found.extend(f"{name}={item}" for item in items(value) if token(item) not in known)
    return tuple(found)


def _term(name: str, wanted: object, vocabulary: Vocabulary) -> Term:
    names = _TOGETHER.get(name, (name,))
    negated = isinstance(wanted, Mapping)
    values = wanted.get("none_of") if isinstance(wanted, Mapping) else wanted
    known = tuple(vocabulary.get(each) for each in names)
    return Term(names=names, values=tokens(items(values)), none_of=negated, known=known)
