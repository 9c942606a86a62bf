"""What JSON Schema can't say about a pack: links between rules, clauses, chains, words, languages and scenarios."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.kernel.policy.chains import REQUESTER
from services.kernel.policy.coverage import ClauseEntry
from services.kernel.policy.facts import Facts, items, mappings, sub, text, texts, token
from services.kernel.policy.filing import PLACEHOLDER, PLACES
from services.kernel.policy.pack import Pack
from services.kernel.policy.paper_lint import paper_flaws, two_papers
from services.kernel.policy.rules import Chain, Clock, Dispose, RequestRule
from services.kernel.policy.scenarios import QUESTIONS, Scenario

_CLOCKS: Final = frozenset(Clock)
_TOGETHER: Final = {"requester.classes": "requester.class"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One fault: ``where`` is the rule, clause or scenario, ``path`` leads to the value in its document."""

    file: str
    where: str
    says: str
    remedy: str
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A pack with everything that stands beside it."""

    pack: Pack
    clauses: Sequence[ClauseEntry] = ()
    scenarios: Sequence[Scenario] = ()
    forms: Mapping[str, Facts] = field(default_factory=dict)


def lint(folder: Folder) -> tuple[Flaw, ...]:
    """Every flaw of a folder that its schema let pass; empty for a pack that may be adopted."""
    pack = folder.pack
    return (
        *_ids(pack),
        *_links(pack, folder.clauses),
        *_chains(pack),
        *_words(pack),
        *_languages(pack, folder.forms),
        *_requests(pack),
        *_retention(pack),
        *_filing(pack),
        *_scenarios(folder),
        *_forms(folder),
        *_columns(folder),
    )


def _flaw(where: str, says: str, remedy: str, *, file: str = "policy.yaml", path: tuple[str | int, ...] = ()) -> Flaw:
    return Flaw(file=file, where=where, says=says, remedy=remedy, path=path)


def _raw_rules(pack: Pack) -> Iterator[tuple[tuple[str | int, ...], Facts]]:
    """Every mapping with an ``id`` and its place in the document."""

    def walk(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Facts]]:
        if isinstance(value, Mapping):
            if "id" in value and path and path[0] not in {"agency", "enacted_by"}:
                yield path, value
            for key, inner in value.items():
                yield from walk(inner, (*path, str(key)))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from walk(inner, (*path, index))

    yield from walk(pack.document, ())


def _ids(pack: Pack) -> Iterator[Flaw]:
    steps = {step.id for chain in pack.chains.values() for step in chain.steps}
    count = Counter(text(raw["id"]) for _, raw in _raw_rules(pack))
    for path, raw in _raw_rules(pack):
        rule_id = text(raw["id"])
        # Two chains may call their last step "decide"; any other id names one rule.
        if count[rule_id] > 1 and rule_id not in steps:
            yield _flaw(rule_id, "the id stands on two rules", "give each rule an id of its own", path=(*path, "id"))


def _links(pack: Pack, clauses: Sequence[ClauseEntry]) -> Iterator[Flaw]:
    cites = {(clause, text(raw["id"])) for _, raw in _raw_rules(pack) for clause in texts(raw.get("clauses"))}
    listed = {(entry.id, rule) for entry in clauses for rule in entry.rules}
    for clause, rule in sorted(cites - listed):
        yield _flaw(rule, f"cites {clause}, which doesn't list it", f"add {rule} to {clause}", file="clauses.yaml")
    for clause, rule in sorted(listed - cites):
        says = f"{clause} lists {rule}, which doesn't cite it"
        yield _flaw(clause, says, f"add {clause} to the rule, or drop it here", file="clauses.yaml")


def _chains(pack: Pack) -> Iterator[Flaw]:
    users: list[tuple[str, str]] = [(rule.id, rule.chain) for rule in pack.requests.values()]
    users += [(route.id, route.chain) for route in pack.routing]
    users += [(rule.id, rule.chain) for rules in pack.acts.values() for rule in rules if rule.chain]
    for rule_id, chain_id in users:
        if chain_id not in pack.chains:
            yield _flaw(rule_id, f"there is no chain {chain_id!r}", "write the chain, or name one that exists")
    for chain in pack.chains.values():
        yield from _steps(pack, chain)


def _steps(pack: Pack, chain: Chain) -> Iterator[Flaw]:
    known = [step.id for step in chain.steps]
    named = {name for group in chain.distinct for name in group}
    for name in sorted(named - set(known) - {REQUESTER}):
        yield _flaw(chain.id, f"distinct names {name!r}, no step of it", "name a step or requester")
    for index, step in enumerate(chain.steps):
        for name in sorted(set(step.after) - set(known[:index])):
            yield _flaw(step.id, f"comes after {name!r}, which isn't listed before it", "list that step first")
        if step.min_rank and step.min_rank not in pack.ranks:
            yield _flaw(step.id, f"the rank {step.min_rank!r} is unknown", "add it to vocabulary.ranks")


def _words(pack: Pack) -> Iterator[Flaw]:
    """A condition that compares with a word outside the vocabulary can never hold: a dropped prohibition."""
    for path, raw in _raw_rules(pack):
        for key in ("when", "unless", "facts"):
            yield from _condition_words(pack, raw, sub(raw, key), (*path, key))
        for inner in ("also", "treat"):
            for index, each in enumerate(mappings(raw.get(inner))):
                yield from _condition_words(pack, raw, sub(each, "when"), (*path, inner, index, "when"))
        for each in mappings(raw.get("one_of")):
            known = pack.vocabulary.get(text(each.get("field")))
            for word in sub(each, "values"):
                if known is not None and token(word) not in known:
                    yield _unknown_word(raw, text(each.get("field")), word, path)


def _condition_words(pack: Pack, raw: Facts, when: Facts, path: tuple[str | int, ...]) -> Iterator[Flaw]:
    for name, wanted in when.items():
        known = pack.vocabulary.get(_TOGETHER.get(name, name))
        values = items(wanted.get("none_of")) if isinstance(wanted, Mapping) else items(wanted)
        for word in values:
            if known is not None and token(word) not in known:
                yield _unknown_word(raw, name, word, (*path, name))


def _unknown_word(raw: Facts, name: str, word: object, path: tuple[str | int, ...]) -> Flaw:
    says = f"{name} can't be {word!r}: the vocabulary doesn't know it"
    return _flaw(text(raw.get("id")), says, f"spell it as in vocabulary.values.{name}, or add it there", path=path)


def _languages(pack: Pack, forms: Mapping[str, Facts]) -> Iterator[Flaw]:
    wanted = dict.fromkeys(("en", pack.language))
    for file, document in {"policy.yaml": pack.document, **forms}.items():
        for path, texts_here in _texts(document, ()):
            for language in wanted:
                if language not in texts_here:
                    says = f"the text {text(texts_here.get('en'))!r} isn't there in {language}"
                    yield _flaw(".".join(map(str, path)), says, f"add {language}", file=file, path=path)


def _texts(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Facts]]:
    if isinstance(value, Mapping):
        if "en" in value:
            yield path, value
        for key, inner in value.items():
            yield from _texts(inner, (*path, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))


def _requests(pack: Pack) -> Iterator[Flaw]:
    kinds = Counter(text(raw.get("kind")) for raw in mappings(pack.document.get("requests")))
    for kind, count in kinds.items():
        if count > 1:
            yield _flaw(kind, "two requests have this kind", "give each request a kind of its own")
    classes = pack.vocabulary.get("requester.class")
    for rule in pack.requests.values():
        for name in sorted(rule.requesters):
            if classes is not None and name not in classes:
                yield _flaw(rule.id, f"the requester class {name!r} is unknown", "add it to the vocabulary")
        for name in sorted(rule.refuse_without - _asked(rule)):
            yield _flaw(rule.id, f"refuse_without names {name!r}, which it never asks", "ask it in fields or documents")


def _asked(rule: RequestRule) -> frozenset[str]:
    return frozenset((*rule.need.fields, *(f"document:{name}" for name in rule.need.documents)))


def _retention(pack: Pack) -> Iterator[Flaw]:
    rules = pack.retention.rules
    for rule in rules:
        if rule.clock not in _CLOCKS and "." not in rule.clock:
            yield _flaw(rule.id, f"the clock {rule.clock!r} is none", "write start, end, both or the name of a fact")
        if rule.keep_at_least is None and rule.destroy_by is None:
            yield _flaw(rule.id, "states no minimum and no maximum", "state keep_at_least, destroy_by or both")
    aim = pack.retention.dispose
    if aim is Dispose.AT_MAXIMUM and not any(rule.destroy_by for rule in rules):
        yield _flaw("retention", "aims at a maximum that no rule states", "state destroy_by, or dispose at_minimum")
    if aim is Dispose.AT_MINIMUM and not any(rule.keep_at_least for rule in rules):
        yield _flaw("retention", "aims at a minimum that no rule states", "state keep_at_least, or dispose at_maximum")


def _filing(pack: Pack) -> Iterator[Flaw]:
    if pack.filing is None:
        return
    for name in sorted(set(PLACEHOLDER.findall(pack.filing.path)) - PLACES):
        yield _flaw(
            pack.filing.id, f"the path has an unknown place {{{name}}}", f"use one of {', '.join(sorted(PLACES))}"
        )
    strips = any(do == "strip_audio" for rule in pack.acts.get("ingest", ()) for _, do in rule.treat)
    if strips != (pack.filing.audio == "strip"):
        yield _flaw(pack.filing.id, "audio and the ingest rule's strip_audio disagree", "state both, or neither")


def _scenarios(folder: Folder) -> Iterator[Flaw]:
    count = Counter(each.id for each in folder.scenarios)
    known = {entry.id for entry in folder.clauses}
    for each in folder.scenarios:
        if count[each.id] > 1:
            yield _flaw(each.id, "two scenarios have this id", "give each an id of its own", file=each.file)
        for clause in sorted(set(each.clauses) - known):
            yield _flaw(each.id, f"names {clause}, which clauses.yaml doesn't have", "correct the id", file=each.file)
        question = text(each.when.get("ask"))
        if question not in QUESTIONS:
            yield _flaw(each.id, f"asks {question!r}", f"ask one of {', '.join(QUESTIONS)}", file=each.file)


def _forms(folder: Folder) -> Iterator[Flaw]:
    steps = {step.id for chain in folder.pack.chains.values() for step in chain.steps}
    known = {entry.id for entry in folder.clauses}
    for file, form in folder.forms.items():
        yield from _unknown(file, form, "signatures", steps, "a step of a chain")
        yield from _unknown(file, form, "clauses", known, "a clause of clauses.yaml")
        for says, remedy in paper_flaws(folder.pack, form):
            yield _flaw(text(form.get("id")), says, remedy, file=file, path=("paper",))
    for file, kind in two_papers(folder.forms):
        yield _flaw(kind, "two forms print this kind of request", "leave it on one", file=file, path=("paper", "kinds"))


def _columns(folder: Folder) -> Iterator[Flaw]:
    known = {entry.id for entry in folder.clauses}
    asked = sub(folder.pack.document, "register_columns")
    cited = [(register, name, sub(asked, register)[name]) for register in asked for name in sub(asked, register)]
    for register, name, clauses in cited:
        for clause in sorted(set(texts(clauses)) - known):
            says = f"is asked for by {clause}, which clauses.yaml doesn't have"
            yield _flaw(f"{register}.{name}", says, "correct the id", path=("register_columns", register, name))


def _unknown(file: str, form: Facts, key: str, known: Iterable[str], what: str) -> Iterator[Flaw]:
    for name in sorted(set(texts(form.get(key))) - set(known)):
        yield _flaw(text(form.get("id")), f"{key} names {name!r}", f"name {what}", file=file, path=(key,))
