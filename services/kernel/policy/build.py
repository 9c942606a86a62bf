"""From a validated document to a Pack. The JSON Schema has been applied before; what is left to say is in lint.py."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

from services.kernel.policy.conditions import Vocabulary
from services.kernel.policy.facts import Facts, items, mappings, sub, text, texts, tokens, whole
from services.kernel.policy.pack import Pack
from services.kernel.policy.parts import readings, words
from services.kernel.policy.periods import Reading
from services.kernel.policy.rules import ActRule, Calendar, Chain, Gate, HoldKind, RetentionRule, Rule
from services.kernel.policy.sections import Sections

R = TypeVar("R", bound=Rule)


def pack_from(document: Facts, *, digest: str, calendar: Facts | None = None) -> Pack:
    """Build the typed pack of one version from its (already validated) document and its folder's digest."""
    vocabulary = _vocabulary(document)
    time = sub(document, "time")
    default = readings(time) or (Reading.INSTANT,)
    build = Sections(vocabulary, default)
    chains, acts = _all(document, "chains", build.chain), _all(document, "acts", build.act)
    prohibitions, routing = _all(document, "prohibitions", build.prohibition), _all(document, "routing", build.route)
    requests, records = _all(document, "requests", build.request), _all(document, "records", build.record)
    duties, registers = _all(document, "duties", build.duty), _all(document, "registers", build.register)
    violations = _all(document, "violations", build.violation)
    retention = build.retention(sub(document, "retention"))
    change = build.change(sub(document, "change_control"))
    programme = build.programme(sub(document, "programme")) if document.get("programme") else None
    filing = build.filing(sub(document, "filing")) if document.get("filing") else None
    rules: list[Rule] = [*prohibitions, *routing, *requests, *acts, *records, *duties, *registers, *violations, change]
    rules += [*_chain_rules(chains), *_retention_rules(retention.rules, retention.holds.values())]
    rules += [rule for rule in (programme, filing) if rule is not None]
    agency = sub(document, "agency")
    return Pack(
        id=text(document["id"]),
        version=whole(document["version"]),
        status=text(document["status"]),
        title=words(document["title"]),
        agency=text(agency["id"]),
        agency_name=words(agency["name"]),
        language=text(document["language"]),
        effective=date.fromisoformat(text(document["effective"])),
        enacted_by=tuple(text(each["id"]) for each in mappings(document["enacted_by"])),
        digest=digest,
        zone=ZoneInfo(text(time["zone"])),
        readings=default,
        vocabulary=vocabulary,
        ranks=texts(sub(document, "vocabulary").get("ranks")),
        change_control=change,
        programme=programme,
        retention=retention,
        filing=filing,
        calendar=_calendar(calendar or {}),
        prohibitions={gate: tuple(rule for rule in prohibitions if gate in rule.gates) for gate in Gate},
        routing=routing,
        requests={rule.kind: rule for rule in requests},
        chains={chain.id: chain for chain in chains},
        acts=_by_act(acts),
        records={rule.id: rule for rule in records},
        duties={rule.id: rule for rule in duties},
        registers={rule.id: rule for rule in registers},
        violations=violations,
        rules={rule.id: rule for rule in rules},
        request_chains=frozenset([rule.chain for rule in requests] + [route.chain for route in routing]),
        document=document,
        calendar_document=calendar or {},
    )


def _all(document: Facts, section: str, build: Callable[[Facts], R]) -> tuple[R, ...]:
    return tuple(build(each) for each in mappings(document.get(section)))


def _chain_rules(chains: Iterable[Chain]) -> list[Rule]:
    return [rule for chain in chains for rule in (chain, *chain.steps)]


def _retention_rules(rules: Iterable[RetentionRule], holds: Iterable[HoldKind]) -> list[Rule]:
    return [*rules, *holds]


def _by_act(rules: Iterable[ActRule]) -> Mapping[str, tuple[ActRule, ...]]:
    found: dict[str, list[ActRule]] = {}
    for rule in rules:
        for act in rule.acts:
            found.setdefault(act, []).append(rule)
    return {act: tuple(each) for act, each in found.items()}


def _vocabulary(document: Facts) -> Vocabulary:
    values = sub(sub(document, "vocabulary"), "values")
    found = {name: tokens(items(known)) for name, known in values.items()}
    kinds = tokens(raw.get("kind") for raw in mappings(document.get("requests")))
    # A misspelt kind must not slip past a rule that asks for the kind.
    return {"request.kind": kinds, **found} if kinds else found


def _calendar(raw: Facts) -> Calendar:
    weekend = frozenset(day for day in items(raw.get("weekend")) if isinstance(day, int))
    return Calendar(
        weekend=weekend,
        every_year=frozenset(texts(raw.get("every_year"))),
        closed=frozenset(texts(raw.get("closed"))),
        open=frozenset(texts(raw.get("open"))),
    )
