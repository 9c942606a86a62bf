"""The closed list of metrics: what is not on it can't be counted. ``docs/runtime.md`` lists it; a test compares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from prometheus_client import REGISTRY, Counter, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One name with what it means. Labels are few and closed: never an id, never a person."""

    name: str
    kind: type[Counter | Gauge | Histogram]
    meaning: str
    labels: tuple[str, ...] = ()

    @cached_property
    def made(self) -> Any:  # noqa: ANN401 - one of three classes
        """Return the metric itself, registered on first use."""
        extra: dict[str, Any] = {"buckets": SECONDS} if self.kind is Histogram else {}
        return self.kind(self.name, self.meaning, self.labels, registry=REGISTRY, **extra)


class MetricList:
    """Metrics by name."""

    def __init__(self, *metrics: Metric) -> None:
        self.by_name = {metric.name: metric for metric in metrics}

    def counter(self, name: str) -> Counter:
        """Return a counter by name."""
        return cast("Counter", self._of(name, Counter))

    def gauge(self, name: str) -> Gauge:
        """Return a gauge by name."""
        return cast("Gauge", self._of(name, Gauge))

    def histogram(self, name: str) -> Histogram:
        """Return a histogram by name."""
        return cast("Histogram", self._of(name, Histogram))

    def _of(self, name: str, kind: type) -> Any:  # noqa: ANN401 - an instance of ``kind``
        metric = self.by_name[name]
        assert metric.kind is kind, f"{name} is a {metric.kind.__name__}"
        return metric.made


METRICS = MetricList(
    Metric(
        name="camledger_records_read_total",
        kind=Counter,
        meaning="Records that a worker has committed.",
        labels=("consumer", "topic"),
    ),
    Metric(
        name="camledger_batch_seconds",
        kind=Histogram,
        meaning="Time from a batch in hand to its commit.",
        labels=("consumer",),
    ),
    Metric(
        name="camledger_lag_records",
        kind=Gauge,
        meaning="Records behind the end of the partitions that this process owns.",
        labels=("consumer", "topic"),
    ),
    Metric(
        name="camledger_dead_letters_total",
        kind=Counter,
        meaning="Records that were put aside, as bad or as parked behind a bad one.",
        labels=("consumer", "kind"),
    ),
    Metric(
        name="camledger_dead_letters_open",
        kind=Gauge,
        meaning="Records that were put aside and that nobody has settled.",
        labels=("service", "kind"),
    ),
    Metric(
        name="camledger_database_retries_total",
        kind=Counter,
        meaning="Transactions begun again after a passing error.",
        labels=("part",),
    ),
    Metric(
        name="camledger_events_published_total",
        kind=Counter,
        meaning="Events that the broker has acknowledged to a relay.",
        labels=("topic",),
    ),
    Metric(
        name="camledger_outbox_waiting",
        kind=Gauge,
        meaning="Events that a relay has read and not yet seen acknowledged.",
        labels=("service",),
    ),
    Metric(
        name="camledger_part_beat_age_seconds",
        kind=Gauge,
        meaning="Seconds since a part of the process last said that it lives.",
        labels=("part",),
    ),
    Metric(
        name="camledger_database_silent",
        kind=Gauge,
        meaning="1 if the database didn't answer when the process was last asked whether it is ready.",
        labels=("service",),
    ),
    Metric(
        name="camledger_differences",
        kind=Gauge,
        meaning="Places where catalog and storage differ now; missing_bytes and other_hash are alarms.",
        labels=("difference",),
    ),
    Metric(
        name="camledger_protections_parked",
        kind=Gauge,
        meaning="Records of the protection log that bar destruction until two persons settle them.",
        labels=("service",),
    ),
    Metric(
        name="camledger_stores_full",
        kind=Gauge,
        meaning="Stores that had no room for the last file that was brought to them.",
        labels=("service",),
    ),
    Metric(
        name="camledger_late_camera_hours",
        kind=Gauge,
        meaning="Camera-hours past their limit: overdue is an alarm, past_maximum_protected is lawful.",
        labels=("outcome",),
    ),
    Metric(
        name="camledger_breakers_open",
        kind=Gauge,
        meaning="Breakers that keep retention from proposing until two persons reset them.",
        labels=("service",),
    ),
    Metric(
        name="camledger_break_glass_overdue",
        kind=Gauge,
        meaning="Emergency accesses that nobody has reviewed within 72 hours.",
        labels=("service",),
    ),
    Metric(
        name="camledger_bulk_viewings_overdue",
        kind=Gauge,
        meaning="Much viewing by one person that nobody has looked into within a day.",
        labels=("service",),
    ),
    Metric(
        name="camledger_hold_reviews",
        kind=Gauge,
        meaning="Holds by their review date: overdue is an alarm, soon is within 30 days.",
        labels=("service", "review"),
    ),
    Metric(
        name="camledger_clock_halted",
        kind=Gauge,
        meaning="1 while retention proposes nothing because the database clock ran back or jumped.",
        labels=("service",),
    ),
    Metric(
        name="camledger_sweep_age_seconds",
        kind=Gauge,
        meaning="Seconds since retention last looked through everything that was due.",
        labels=("service",),
    ),
    Metric(
        name="camledger_too_many_total",
        kind=Counter,
        meaning="Requests refused because a person or an address asked too often.",
        labels=("whose",),
    ),
    Metric(
        name="camledger_http_seconds",
        kind=Histogram,
        meaning="Time to answer a request.",
        labels=("method", "route", "status"),
    ),
)
