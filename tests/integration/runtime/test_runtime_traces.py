"""A trace crosses processes and services: real ones, with OTLP received over a socket; silent without an endpoint."""

from __future__ import annotations

import subprocess
import sys

from services.kernel.topics import BY_NAME
from services.runtime import telemetry
from services.runtime.topics_admin import ensure_topics
from tests.fakes.collector import Collector, Span
from tests.fakes.ledger import card
from tests.fakes.ledger_world import World, until

QUIET = {"OTEL_BSP_SCHEDULE_DELAY": "200"}


def reached(spans: list[Span], first: tuple[str, str]) -> set[str]:
    """Return the names of all spans that can be walked to from one, over links and over spans of one trace."""
    traces, names, grown = {first[0]}, set[str](), True
    while grown:
        joined = {s.trace for s in spans if s.trace in traces or any(link[0] in traces for link in s.links)}
        grown = not joined <= traces
        traces |= joined
        names = {span.name for span in spans if span.trace in traces}
    return names


def test_one_walk_leads_from_the_first_event_through_two_services(world: World) -> None:
    ensure_topics(world.settings, [BY_NAME["access.events"], BY_NAME["dead-letter.access"]])
    with Collector() as collector:
        world.start("all", OTEL_EXPORTER_OTLP_ENDPOINT=collector.address, **QUIET)
        world.start_module("tests.fakes.echo", OTEL_EXPORTER_OTLP_ENDPOINT=collector.address, **QUIET)
        world.feed([card("cam-0", 1)])
        until(lambda: collector.named("access", "record ActRefused"))
        until(lambda: collector.named("access", "consume access.echo"))
        until(lambda: collector.named("retention", "consume retention.ledger"))
        first = telemetry.traceparent_of("cards/cam-0", 1).split("-")
        names = reached(collector.spans, (first[1], first[2]))
    assert {"consume retention.ledger", "record BreakerTripped", "consume access.echo", "record ActRefused"} <= names


def test_an_events_span_has_the_ids_that_its_stream_and_version_give(world: World) -> None:
    with Collector() as collector:
        world.start("worker", OTEL_EXPORTER_OTLP_ENDPOINT=collector.address, **QUIET)
        world.feed([card("cam-0", 1), card("cam-0", 2)])
        until(lambda: len(collector.named("retention", "record BreakerTripped")) == 2)
        found = {(span.trace, span.span) for span in collector.named("retention", "record BreakerTripped")}
    given = [telemetry.traceparent_of("answers/cam-0", version).split("-") for version in (1, 2)]
    assert found == {(parts[1], parts[2]) for parts in given}


def test_nothing_of_the_exporter_is_even_loaded_without_an_endpoint() -> None:
    program = (
        "import sys; from services.runtime import telemetry; telemetry.start('ingest')\n"
        "with telemetry.span('x'): pass\n"
        "telemetry.stop(); sys.exit(any(m.startswith('opentelemetry.sdk') for m in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
