"""The form of one kind of request, made from the pack alone: its questions, their sorts, which must be answered.

No agency is named here: a new pack brings its own form.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from services.access.console.forms import Filled
from services.access.requests.form import is_personal
from services.kernel.policy import Facts, Pack
from services.kernel.policy.facts import DOCUMENT, items, mappings, text
from services.kernel.policy.needs import names_of
from services.kernel.policy.rules import Need, RequestRule, Text

CLASS, ACTION, KIND = "requester.class", "request.action", "request.kind"
CAMERAS, INTERVAL, OFFICER = "request.cameras", "request.interval", "request.officer"
HOLD_KIND, REVIEW_BY = "request.hold_kind", "request.review_by"
PRESERVE: Final = "preserve"
# What a preservation is asked for besides; the hold that it becomes carries them.
OF_A_HOLD: Final = (HOLD_KIND, "request.matter", REVIEW_BY)
TRUE, FALSE = "\0True", "\0False"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question. ``sort`` is text, long, choice, several, yes_no, interval, cameras or date."""

    name: str
    sort: str
    label: Text
    must: bool = False
    personal: bool = False
    choices: tuple[str, ...] = ()
    only_if: tuple[tuple[str, tuple[str, ...]], ...] = ()  # answers that make it necessary

    @property
    def part(self) -> str:
        """Return the section of the form that it stands in."""
        if self.name in (CAMERAS, INTERVAL, OFFICER):
            return "footage"
        return "requester" if self.name.startswith("requester.") else "request"

    @property
    def field(self) -> str:
        """Return the id of its field in a page."""
        return f"q-{self.name.replace('.', '-')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The whole form of a kind."""

    rule: RequestRule
    questions: tuple[Question, ...]
    documents: tuple[tuple[str, bool], ...]  # name, refused without it

    def part(self, part: str) -> list[Question]:
        return [each for each in self.questions if each.part == part]


def form_of(pack: Pack, rule: RequestRule, sheets: Iterable[Facts], personal: Collection[str]) -> Asked:
    """Return the questions of a kind: what the rule needs, then what the pack's own form asks besides."""
    labels = {text(each.get("fact")): each for each in _fields(sheets)}
    must = _must(rule.need, rule.refuse_without)
    names = dict.fromkeys(_wanted(pack, rule, labels))
    conditions = _conditions(rule.need)
    questions = tuple(
        _question(pack, rule, name, labels.get(name, {}), must=name in must, personal=is_personal(name, personal),
                  only_if=conditions.get(name, ()))
        for name in names
    )  # fmt: skip
    return Asked(rule=rule, questions=questions, documents=_documents(rule))


def facts(asked: Asked, form: Filled) -> tuple[dict[str, object], dict[str, object], list[str]]:
    """Return requester, request and documents as the API takes them; an empty answer is left out."""
    told: dict[str, dict[str, object]] = {"requester": {}, "request": {KIND.partition(".")[2]: asked.rule.kind}}
    for question in asked.questions:
        answer = _answer(question, form)
        if answer not in ("", [], None):
            part, _, name = question.name.partition(".")
            told[part][name] = answer
    known = {name for name, _ in asked.documents}
    return told["requester"], told["request"], [each for each in form.all("documents") if each in known]


def _answer(question: Question, form: Filled) -> object:
    match question.sort:
        case "interval":
            ends = [form.one(f"{question.name}.from"), form.one(f"{question.name}.to")]
            # With one end alone it is an answer that nobody can read: it is asked again, not left out.
            return ends if any(ends) else ""
        case "cameras":
            typed = [each.strip() for line in form.all(question.name) for each in line.split(",")]
            return [each for each in typed if each]
        case "several":
            ticked = form.all(question.name)
            return ticked[0] if len(ticked) == 1 else ticked
        case "yes_no":
            return {"true": True, "false": False}.get(form.one(question.name), "")
        case _:
            return form.one(question.name)


def _fields(sheets: Iterable[Facts]) -> Iterable[Facts]:
    return [
        each for sheet in sheets for part in mappings(sheet.get("sections")) for each in mappings(part.get("fields"))
    ]


def _wanted(pack: Pack, rule: RequestRule, labels: Mapping[str, Facts]) -> Iterable[str]:
    yield CLASS
    yield ACTION
    yield from rule.need.fields
    yield from (name for name in labels if name.startswith(("requester.", "request.")) and name != "request.date")
    yield from sorted(name for name in names_of(rule.need) if not name.startswith(DOCUMENT))
    yield from ((rule.necessity.incident, rule.necessity.explain) if rule.necessity is not None else ())
    yield from (OF_A_HOLD if PRESERVE in rule.actions and pack.retention.holds else ())
    yield INTERVAL
    yield from (CAMERAS,) if CAMERAS in names_of(rule.need) else (CAMERAS, OFFICER)


def _must(need: Need, refuse_without: Collection[str]) -> set[str]:
    return {CLASS, ACTION, INTERVAL, *need.fields, *refuse_without, *(each.field for each in need.one_of)}


def _conditions(need: Need) -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Questions that only some answers make necessary, with those answers."""
    found: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {}
    for choice in need.one_of:
        for value, names in choice.values.items():
            for name in names:
                if not name.startswith(DOCUMENT):
                    found[name] = (*found.get(name, ()), (choice.field, (str(value),)))
    for when, more in need.also:
        terms = tuple((name, tuple(sorted(map(plain, t.values)))) for t in when.terms for name in t.names)
        found |= dict.fromkeys(more.fields, terms)
    return found


def _documents(rule: RequestRule) -> tuple[tuple[str, bool], ...]:
    named = list(rule.need.documents)
    for choice in rule.need.one_of:
        named += [n.removeprefix(DOCUMENT) for names in choice.values.values() for n in names if n.startswith(DOCUMENT)]
    return tuple((name, DOCUMENT + name in rule.refuse_without) for name in dict.fromkeys(named))


def _question(
    pack: Pack,
    rule: RequestRule,
    name: str,
    sheet: Facts,
    *,
    must: bool,
    personal: bool,
    only_if: tuple[tuple[str, tuple[str, ...]], ...],
) -> Question:
    sort, choices = _sort(pack, rule, name, text(sheet.get("type")))
    label = sheet.get("label")
    return Question(
        name=name,
        sort=sort,
        label=dict(label) if isinstance(label, Mapping) else {},
        must=must,
        personal=personal,
        choices=choices,
        only_if=only_if,
    )


def _sort(pack: Pack, rule: RequestRule, name: str, of_sheet: str) -> tuple[str, tuple[str, ...]]:
    fixed = {CLASS: rule.requesters, ACTION: rule.actions, HOLD_KIND: pack.retention.holds}
    if name in fixed:
        return "choice", tuple(sorted(fixed[name]))
    if known := pack.vocabulary.get(name):
        words = in_order(pack, name, tuple(map(plain, known)))
        yes_no = known <= {TRUE, FALSE}
        single = any(choice.field == name for choice in rule.need.one_of)
        return ("yes_no" if yes_no else "choice" if single else "several"), words
    sorts = {INTERVAL: "interval", CAMERAS: "cameras", REVIEW_BY: "date"}
    if rule.necessity is not None:
        sorts |= {rule.necessity.incident: "interval", rule.necessity.explain: "long"}
    return sorts.get(name) or ("long" if of_sheet == "text" and "purpose" in name else "text"), ()


def in_order(pack: Pack, name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a vocabulary as the pack lists them."""
    vocabulary = pack.document.get("vocabulary")
    values = vocabulary.get("values") if isinstance(vocabulary, Mapping) else None
    listed = values.get(name) if isinstance(values, Mapping) else None
    order = [str(each).lower() if isinstance(each, bool) else str(each) for each in items(listed)]
    return tuple(sorted(known, key=lambda word: (order.index(word) if word in order else len(order), word)))


def plain(word: object) -> str:
    """Return a word of the vocabulary as it is written; it keeps yes and no apart from words by a mark in front."""
    return str(word).replace(TRUE, "true").replace(FALSE, "false")
