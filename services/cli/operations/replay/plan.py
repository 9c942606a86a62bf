"""What a replay would do, before it does anything: which records, which tables. Its digest is what ``apply`` takes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from services.runtime.digests import Digest
from services.runtime.moment import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One partition: records from ``start`` up to, and without, ``stop``. Below ``start`` nothing exists any more."""

    topic: str
    partition: int
    start: int
    stop: int

    @property
    def records(self) -> int:
        return self.stop - self.start

    @property
    def missing(self) -> int:
        return self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One projection of one service, up to one moment."""

    service: str
    tables: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    waiting: int  # records of our own that were still in the outbox

    @property
    def records(self) -> int:
        return sum(stretch.records for stretch in self.stretches) + self.waiting

    @property
    def missing(self) -> int:
        return sum(stretch.missing for stretch in self.stretches)

    def body(self) -> dict[str, Any]:
        """Return the plan as JSON values; the same plan gives the same."""
        lines = [[s.topic, s.partition, s.start, s.stop] for s in self.stretches]
        return {"service": self.service, "tables": list(self.tables), "stretches": lines, "waiting": self.waiting}

    def digest(self) -> str:
        """Return the sha256 of the plan."""
        return hashlib.sha256(json.dumps(self.body(), sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Return the plan that ``body`` was made from."""
        stretches = tuple(Stretch(topic=t, partition=p, start=a, stop=b) for t, p, a, b in body["stretches"])
        return cls(service=body["service"], tables=tuple(body["tables"]), stretches=stretches, waiting=body["waiting"])


def lost_of(at: Moment) -> str:
    """Return which records that were read the topics have no longer, empty if none: a rebuild would forget them."""
    told = [f"{n:,} of {t}/{p}" for t, parts in sorted(at.lost.items()) for p, n in sorted(parts.items())]
    if not told:
        return ""
    return (
        f"records that were read are not in the log any more: {', '.join(told)}. A rebuild would forget them. Remedy: "
        "bring the brokers' disks or the topic back (docs/runbooks/broker-down.md)"
    )


def forgotten(kept: Mapping[str, int], at: Moment) -> str:
    """Return which topics have fewer records than the service keeps of its own, empty if none: it would forget them.

    Its own topics it reads at a start alone, so that offsets may know of fewer than it wrote.
    """
    there = {topic: on_log(at, topic) + len(at.waiting.get(topic, ())) for topic in at.ends}
    told = [f"{n:,} of {t}, where {there[t]:,} are left" for t, n in sorted(kept.items()) if there.get(t, n) < n]
    if not told:
        return ""
    return (
        f"the service's own tables tell of more records than the log has: {', '.join(told)}. A rebuild would forget "
        "them. Remedy: bring the topic back, or `camledger replay write-again` (docs/runbooks/broker-down.md)"
    )


def on_log(at: Moment, topic: str) -> int:
    """Return how many records of a topic exist up to a moment."""
    return sum(end - at.firsts[topic].get(partition, 0) for partition, end in at.ends[topic].items())


def plan_of(service: str, tables: tuple[str, ...], at: Moment) -> Plan:
    """Return the plan to build ``tables`` up to a moment."""
    stretches = [
        Stretch(topic=topic, partition=partition, start=min(at.firsts[topic].get(partition, 0), end), stop=end)
        for topic, parts in sorted(at.ends.items())
        for partition, end in sorted(parts.items())
    ]
    return Plan(
        service=service,
        tables=tables,
        stretches=tuple(stretches),
        waiting=sum(map(len, at.waiting.values())),
    )


def over(digests: Mapping[str, Digest], tables: Sequence[str]) -> str:
    """Return one sha256 over the digests of several tables."""
    lines = (f"{name} {digests[name].rows} {digests[name].sha256}\n" for name in sorted(tables))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
