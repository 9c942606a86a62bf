"""A scenario: given these facts, when this is asked, then that is the answer, by the evaluator that services use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.kernel.policy.acts import act
from services.kernel.policy.chains import step, withdraw
from services.kernel.policy.change import adopt, amended, difference
from services.kernel.policy.closing import close
from services.kernel.policy.duties import duty
from services.kernel.policy.facts import Facts, exact_instant, instant, items, lookup, mappings, span, text, texts
from services.kernel.policy.filing import FilingError, file_path
from services.kernel.policy.pack import Pack
from services.kernel.policy.programmes import programme
from services.kernel.policy.reconciling import reconcile
from services.kernel.policy.records import record
from services.kernel.policy.requests import submit
from services.kernel.policy.segments import segment
from services.kernel.policy.terms import protection_needs_a_person, register_term
from services.kernel.policy.verdicts import Verdict

# What a clause lets happen. Everything else is a refusal, an alarm, or footage that stays.
_ALLOWING: Final = frozenset(
    {"accepted", "routed", "recorded", "granted", "withdrawn", "allowed", "strip_audio", "accept_with_gap_finding"}
    | {"closed", "ok", "adopted", "clean", "running", "destroy_key", "filed", "protects"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    id: str
    title: str
    clauses: tuple[str, ...]
    at: str
    given: Facts
    when: Facts
    then: Facts
    allows: bool | None = None
    generated: bool = False
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One scenario's answer: ``differences`` is empty when every expected value was met."""

    scenario: Scenario
    actual: Facts
    allows: bool
    differences: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        return not self.differences


def scenario_from(raw: Facts, *, file: str = "", line: int = 0) -> Scenario:
    """Build a scenario from its (already validated) mapping."""
    allows = raw.get("allows")
    return Scenario(
        id=text(raw["id"]),
        title=text(raw["title"]),
        clauses=texts(raw["clauses"]),
        at=text(raw["at"]),
        given=_mapping(raw["given"]),
        when=_mapping(raw["when"]),
        then=_mapping(raw["then"]),
        allows=allows if isinstance(allows, bool) else None,
        generated=raw.get("generated") is True,
        file=file,
        line=line,
    )


def run(pack: Pack, scenario: Scenario) -> Ran:
    """Ask the pack and compare every value under ``then``; values that aren't named there don't matter."""
    verdict = ask(pack, facts_of(scenario))
    actual = verdict.to_facts()
    differences = tuple(
        f"{name}: expected {wanted!r}, got {actual.get(name)!r}"
        for name, wanted in scenario.then.items()
        if not _same(wanted, actual.get(name), pack.zone)
    )
    allows = scenario.allows if scenario.allows is not None else _allows(verdict)
    return Ran(scenario=scenario, actual=actual, allows=allows, differences=differences)


def facts_of(scenario: Scenario) -> Facts:
    """The facts that a service would hand over: what was given, and what is asked now."""
    return {**_merged(scenario.given, scenario.when), "at": scenario.at}


def ask(pack: Pack, facts: Facts) -> Verdict:
    """Answer one question; ``ask`` names it. Raises KeyError for a question that the kernel doesn't know."""
    return QUESTIONS[text(facts.get("ask"))](pack, facts)


def permits(verdict: Verdict) -> bool:
    """Did the answer let something happen?"""
    return verdict.outcome in _ALLOWING


def _allows(verdict: Verdict) -> bool:
    deletable = getattr(verdict, "deletable", None)
    return bool(deletable) if deletable is not None else permits(verdict)


def _segment(pack: Pack, facts: Facts) -> Verdict:
    """A segment under the version in force at ``at``; ``versions`` are simulated as changes of the pack."""
    now = instant(facts.get("at"), pack.zone)
    binding, shortened_at = pack, None
    for each in mappings(facts.get("versions")):
        effective = instant(each.get("effective"), pack.zone)
        if effective is None or now is None or now < effective:
            continue
        newer = amended(binding, _mapping(each.get("change")))
        shortened_at = effective if difference(binding, newer).shortens else shortened_at
        binding = newer
    return segment(binding, facts, shortened_at=shortened_at)


def _adopt(pack: Pack, facts: Facts) -> Verdict:
    return adopt(pack, amended(pack, _mapping(facts.get("change"))), facts)


def _file(pack: Pack, facts: Facts) -> Verdict:
    start = exact_instant(lookup(facts, "footage.start"), pack.zone)
    values = {name: str(value) for name, value in _mapping(facts.get("values")).items()}
    rule = pack.filing
    cited = (rule.id, rule.clauses) if rule is not None else ("", ())
    if start is None:
        return _Filed(outcome="incomplete", reason="missing", missing=("footage.start",))
    try:
        path = file_path(pack, start, values)
    except FilingError as error:
        return _Filed(outcome="refused", reason=str(error), rule=cited[0], clauses=cited[1])
    return _Filed(outcome="filed", rule=cited[0], clauses=cited[1], path=path)


def _cap(pack: Pack, facts: Facts) -> Verdict:
    wanted = span(lookup(facts, "request.interval"), pack.zone)
    cameras = len(items(lookup(facts, "request.cameras")))
    # A request without a span protects without end: that is always for a person to confirm.
    needs = wanted is None or protection_needs_a_person(pack, cameras, _length(wanted))
    return Verdict(outcome="confirm" if needs else "protects")


def _length(wanted: tuple[datetime, datetime]) -> timedelta:
    return wanted[1] - wanted[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filed(Verdict):
    path: str = ""


QUESTIONS: Final[Mapping[str, Callable[[Pack, Facts], Verdict]]] = {
    "submit": submit,
    "step": step,
    "withdraw": withdraw,
    "act": act,
    "close": close,
    "segment": _segment,
    "duty": duty,
    "term": register_term,
    "record": record,
    "reconcile": reconcile,
    "programme": programme,
    "adopt": _adopt,
    "file": _file,
    "cap": _cap,
}


def _same(wanted: object, got: object, zone: ZoneInfo) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(got, Mapping) and all(_same(each, got.get(name), zone) for name, each in wanted.items())
    if isinstance(wanted, list):
        same_length = isinstance(got, list) and len(got) == len(wanted)
        return same_length and all(_same(a, b, zone) for a, b in zip(wanted, items(got), strict=True))
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    if wanted == got:
        return True
    first, second = exact_instant(wanted, zone), exact_instant(got, zone)
    return first is not None and first == second


def _merged(one: Facts, other: Facts) -> dict[str, object]:
    found = dict(one)
    for name, value in other.items():
        before = found.get(name)
        found[name] = _merged(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else value
    return found


def _mapping(value: object) -> Facts:
    return value if isinstance(value, Mapping) else {}
