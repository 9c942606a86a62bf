"""The questions before a live picture opens, made from the policy's own rules for it. No agency is named here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from services.access.console.asked_form import Question
from services.access.console.forms import Filled
from services.access.live.decider import OPEN
from services.kernel.policy import Facts, Pack
from services.kernel.policy.facts import mappings, text
from services.kernel.policy.rules import Need, OneOf

PREFIX: Final = "live."
# What the gateway itself knows.
OURS: Final = frozenset({"live.selected_camera", "live.cameras_in_session"})


def questions(pack: Pack, sheets: Iterable[Facts]) -> list[Question]:
    """Return what somebody is asked: choices in the order of the rule, then what each choice needs."""
    labels = _labels(sheets)
    found: dict[str, Question] = {}
    for need in (rule.need for rule in pack.acts.get(OPEN, ())):
        for choice in need.one_of:
            _ask(found, labels, _choice(choice))
            for name, values in _needed(choice).items():
                _ask(found, labels, _open(pack, name, ((choice.field, values),)))
        for name in _fields(need):
            _ask(found, labels, _open(pack, name))
    return list(found.values())


def answers(asked: Iterable[Question], form: Filled) -> dict[str, str]:
    """Return what was answered, by the name after ``live.``; an answer that its choice doesn't need is left out."""
    said = {each.name: form.one(each.name) for each in asked}
    needed = {
        each.name: said[each.name]
        for each in asked
        if all(said.get(field, "") in values for field, values in each.only_if)
    }
    return {name.removeprefix(PREFIX): value for name, value in needed.items() if value}


def _ask(found: dict[str, Question], labels: dict[str, Facts], question: Question) -> None:
    if question.name.startswith(PREFIX) and question.name not in OURS | found.keys():
        label = labels.get(question.name, {}).get("label", {})
        found[question.name] = (
            question if not isinstance(label, dict) else _named(question, {k: text(v) for k, v in label.items()})
        )


def _named(question: Question, label: dict[str, str]) -> Question:
    return Question(
        name=question.name,
        sort=question.sort,
        label=label,
        must=question.must,
        choices=question.choices,
        only_if=question.only_if,
    )


def _choice(choice: OneOf) -> Question:
    return Question(name=choice.field, sort="choice", label={}, must=True, choices=tuple(map(str, choice.values)))


def _open(pack: Pack, name: str, only_if: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> Question:
    known = tuple(sorted(str(each) for each in pack.vocabulary.get(name, frozenset())))
    sort = "choice" if known else "text"
    return Question(name=name, sort=sort, label={}, must=not only_if, choices=known, only_if=only_if)


def _needed(choice: OneOf) -> dict[str, tuple[str, ...]]:
    names = dict.fromkeys(name for then in choice.values.values() for name in then)
    return {name: tuple(str(value) for value, then in choice.values.items() if name in then) for name in names}


def _fields(need: Need) -> tuple[str, ...]:
    return tuple(name for name in need.fields if name.startswith(PREFIX))


def _labels(sheets: Iterable[Facts]) -> dict[str, Facts]:
    parts = [part for sheet in sheets for part in mappings(sheet.get("sections"))]
    return {text(each.get("fact")): each for part in parts for each in mappings(part.get("fields"))}
