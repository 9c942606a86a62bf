"""Which clause is carried by what: rules, allowing and refusing scenarios, tests of services; and which is open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.kernel.policy.facts import Facts, text, texts
from services.kernel.policy.scenarios import Ran

SERVICES: Final = frozenset({"ingest", "retention", "access", "analytics"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseEntry:
    """One clause of ``clauses.yaml``: ``waits_for`` names rooms that aren't built, ``tests`` what proves a service."""

    id: str
    rules: tuple[str, ...]
    carried_by: tuple[str, ...]
    note: str = ""
    tests: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseCoverage:
    """A clause with what proves it; ``faults`` says what is missing although the clause isn't open."""

    entry: ClauseEntry
    pack: str
    allowing: tuple[str, ...]
    refusing: tuple[str, ...]
    failing: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return bool(self.entry.waits_for)

    @property
    def untested(self) -> bool:
        """A service carries part of a built clause, and no test through its interface is named."""
        return not self.is_open and not self.entry.tests and not SERVICES.isdisjoint(self.entry.carried_by)


def clause_entries(raw: Facts) -> tuple[ClauseEntry, ...]:
    """Build the entries of a (already validated) ``clauses.yaml``."""
    clauses = raw["clauses"]
    assert isinstance(clauses, Mapping)
    return tuple(
        ClauseEntry(
            id=clause,
            rules=texts(entry.get("rules")),
            carried_by=texts(entry.get("carried_by")),
            note=text(entry.get("note")),
            tests=texts(entry.get("tests")),
            waits_for=texts(entry.get("waits_for")),
        )
        for clause, entry in clauses.items()
    )


def coverage(
    pack: str, entries: Iterable[ClauseEntry], ran: Sequence[Ran], *, absent: Mapping[str, str] | None = None
) -> tuple[ClauseCoverage, ...]:
    """Say for each clause what proves it. ``absent`` names cited tests that don't exist, with the reason.

    Generated scenarios don't count: they only pin what the evaluator did.
    """
    hand_written = [each for each in ran if not each.scenario.generated]
    return tuple(_clause(pack, entry, hand_written, absent or {}) for entry in entries)


def _clause(pack: str, entry: ClauseEntry, ran: Sequence[Ran], absent: Mapping[str, str]) -> ClauseCoverage:
    own = [each for each in ran if entry.id in each.scenario.clauses]
    allowing = tuple(each.scenario.id for each in own if each.passed and each.allows)
    refusing = tuple(each.scenario.id for each in own if each.passed and not each.allows)
    failing = tuple(each.scenario.id for each in own if not each.passed)
    faults = [] if entry.rules else ["no rule carries it"]
    faults += [] if allowing else ["no scenario shows what it allows"]
    faults += [] if refusing else ["no scenario shows what it refuses"]
    faults += [f"scenario {each} fails" for each in failing]
    faults += [f"{test}: {absent[test]}" for test in entry.tests if test in absent]
    return ClauseCoverage(
        entry=entry, pack=pack, allowing=allowing, refusing=refusing, failing=failing, faults=tuple(faults)
    )
