"""Which fault comes when: a pure function of the seed and the length of the run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

SERVICES = ("ingest", "ingest-2", "retention", "retention-2", "access", "access-2")
BROKERS = ("1", "2", "3")
WIRES = ("kafka-1", "kafka-2", "kafka-3", "postgres")
SESSION_S = 6.0  # a member that is silent for longer loses its partitions
GAP_S = (1.5, 4.0)
QUIET_S = 6.0  # around a fault that wants to be alone


class Kind(StrEnum):
    """What can go wrong, as the report names it."""

    KILLED = "service killed -9"
    FROZEN = "service stopped past its session, then continued"
    CUT = "network cut"
    SLOW = "network slow"
    STALLED = "network stalled"
    BROKER_KILLED = "broker killed -9 and restarted"
    BROKER_FROZEN = "broker stopped past its session, then continued"
    LEADER = "leader of the protection log moved"
    DATABASE = "Postgres killed -9 and restarted"
    DISK = "disk full"
    CLOCK = "database clock moved"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: when it begins, what it hits, how long it lasts."""

    at_s: float
    kind: Kind
    target: str
    lasts_s: float
    amount: float = 0.0  # seconds of delay on a slow wire, or by which the clock moves

    @property
    def until_s(self) -> float:
        return self.at_s + self.lasts_s

    @property
    def part(self) -> str:
        """What must not be hit twice at once: a majority of brokers and one of both processes stay whole."""
        if self.kind in {Kind.BROKER_KILLED, Kind.BROKER_FROZEN, Kind.LEADER}:
            return "broker"
        return self.target.partition("-")[0] if self.target in SERVICES else self.target


LASTS_S: dict[Kind, tuple[float, float]] = {
    Kind.KILLED: (0.0, 0.0),
    Kind.FROZEN: (SESSION_S + 1, SESSION_S + 4),
    Kind.CUT: (1.0, 6.0),
    Kind.SLOW: (4.0, 9.0),
    Kind.STALLED: (2.0, 8.0),
    Kind.BROKER_KILLED: (1.0, 6.0),
    Kind.BROKER_FROZEN: (SESSION_S, SESSION_S + 3),
    Kind.LEADER: (0.0, 2.0),
    Kind.DATABASE: (0.0, 2.0),
    Kind.DISK: (4.0, 8.0),
    Kind.CLOCK: (5.0, 8.0),
}
AFTERWARDS_S = {Kind.BROKER_KILLED: 14.0, Kind.LEADER: 14.0, Kind.BROKER_FROZEN: 6.0, Kind.DATABASE: 6.0}
"""Time that a part needs after its fault before it may be hit again."""

OFTEN = {Kind.KILLED: 4, Kind.FROZEN: 3, Kind.CUT: 3, Kind.STALLED: 2, Kind.SLOW: 2, Kind.DATABASE: 2}
"""Cards of a kind in the deck; one where nothing is said."""


def plan(seed: int, seconds: float, *, without: frozenset[Kind] = frozenset()) -> tuple[Fault, ...]:
    """Return the faults of a run. The same seed gives the same ones; a longer run begins like a shorter one."""
    chance = random.Random(seed)
    planned: list[Fault] = []
    at = 0.0
    for kind in _deck(chance, without):
        at += chance.uniform(*GAP_S)
        fault = _fault(chance, kind, at)
        at = max([at, *(_free_from(other, fault) for other in planned)])
        fault = Fault(at, kind, fault.target, fault.lasts_s, fault.amount)
        if fault.until_s > seconds:
            return tuple(planned)
        planned.append(fault)
    raise AssertionError("the deck never ends")


def _deck(chance: random.Random, without: frozenset[Kind]) -> Iterator[Kind]:
    cards = [kind for kind in Kind if kind not in without for _ in range(OFTEN.get(kind, 1))]
    while True:
        chance.shuffle(cards)
        yield from cards


def _fault(chance: random.Random, kind: Kind, at: float) -> Fault:
    lasts = round(chance.uniform(*LASTS_S[kind]), 2)
    if kind in {Kind.KILLED, Kind.FROZEN}:
        return Fault(at, kind, chance.choice(SERVICES), lasts)
    if kind in {Kind.CUT, Kind.SLOW, Kind.STALLED}:
        return Fault(at, kind, chance.choice(WIRES), lasts, round(chance.uniform(0.05, 0.4), 2))
    if kind in {Kind.BROKER_KILLED, Kind.BROKER_FROZEN}:
        return Fault(at, kind, chance.choice(BROKERS), lasts)
    if kind is Kind.CLOCK:
        # Two hours ahead is an alarm that two persons settle, an hour back one that settles itself.
        return Fault(at, kind, "clock", lasts, chance.choice((7200.0, -3600.0)))
    return Fault(at, kind, {Kind.LEADER: "leader", Kind.DATABASE: "postgres", Kind.DISK: "disk"}[kind], lasts)


def _free_from(other: Fault, fault: Fault) -> float:
    """Return the instant from which ``fault`` may begin beside ``other``."""
    if Kind.CLOCK in {other.kind, fault.kind}:
        # A process that starts while the clock is wrong can't know it: that promise nobody gives, so nobody is tested.
        return other.until_s + AFTERWARDS_S.get(other.kind, 0.0) + QUIET_S
    if other.part == fault.part or {other.part, fault.part} == {"broker", "kafka"}:
        return other.until_s + AFTERWARDS_S.get(other.kind, 0.0)
    return 0.0
