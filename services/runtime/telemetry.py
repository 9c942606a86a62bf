"""Traces and metrics, in one place with one closed list of names. Silent without an OTLP endpoint; never personal data.

Every event has a derived place in a trace: the trace id follows from its stream, the span id from its event id. So all
events of one segment, from file to receipt, are one trace although no process remembers a trace for them, and other
causes are links.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, TraceFlags

from services.kernel.ids import event_id
from services.runtime.metric_names import METRICS

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
LINKS_MAX = 64  # of a batch; more would only repeat what the records' own headers say

_given: ContextVar[tuple[int, int] | None] = ContextVar("_given", default=None)


def trace_id_of(stream_id: str) -> int:
    """Return the trace that all events of a stream stand in."""
    return int.from_bytes(sha256(f"trace/{stream_id}".encode()).digest()[:16])


def traceparent_of(stream_id: str, stream_version: int) -> str:
    """Return the W3C ``traceparent`` of any event, without looking the event up."""
    span = event_id(stream_id, stream_version).bytes[:8].hex()
    return f"00-{trace_id_of(stream_id):032x}-{span}-01"


def context_of(traceparent: str) -> SpanContext | None:
    """Return the span context that a ``traceparent`` header names, or None if it names none."""
    parts = traceparent.split("-")
    if len(parts) != 4 or [len(part) for part in parts] != [2, 32, 16, 2]:  # noqa: PLR2004 - W3C Trace Context 3.2
        return None
    try:
        context = SpanContext(int(parts[1], 16), int(parts[2], 16), is_remote=True, trace_flags=TraceFlags(1))
    except ValueError:
        return None
    return context if context.is_valid else None


def start(service: str) -> None:
    """Export spans over OTLP/HTTP if the standard OTEL_ variables name an endpoint; otherwise do nothing."""
    if not any(os.environ.get(name) for name in ENDPOINTS):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    start_with(service, OTLPSpanExporter())


def start_with(service: str, exporter: SpanExporter) -> None:
    """Export spans through ``exporter`` from now on, for the whole process."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class GivenIds(RandomIdGenerator):
        """Ids of an event's own span are derived, all others random."""

        def generate_trace_id(self) -> int:
            given = _given.get()
            return super().generate_trace_id() if given is None else given[0]

        def generate_span_id(self) -> int:
            given = _given.get()
            return super().generate_span_id() if given is None else given[1]

    provider = TracerProvider(
        resource=Resource.create({"service.name": f"camledger-{service}"}), id_generator=GivenIds()
    )
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
    trace.set_tracer_provider(provider)


def stop() -> None:
    """Send what is still waiting; called once when the process ends."""
    shutdown = getattr(trace.get_tracer_provider(), "shutdown", None)
    if shutdown is not None:
        shutdown()


@contextmanager
def span(name: str, *, links: Iterable[str] = (), **attributes: str | int | bool) -> Iterator[None]:
    """Time a piece of work. ``links`` are traceparents of its causes; attributes never name a person."""
    with _tracer().start_as_current_span(name, links=_links(links), attributes=attributes):
        yield


def event_span(stream_id: str, stream_version: int, event: str, causes: Iterable[str]) -> str:
    """Put an event into its stream's trace, linked to the current span and ``causes``; return its traceparent.

    ``causes`` aren't looked at where nothing is exported.
    """
    header = traceparent_of(stream_id, stream_version)
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return header
    context = context_of(header)
    assert context is not None, header
    current = trace.get_current_span().get_span_context()
    links = [*_links(causes), *([Link(current)] if current.is_valid else [])]
    token = _given.set((context.trace_id, context.span_id))
    try:
        root = trace.set_span_in_context(NonRecordingSpan(trace.INVALID_SPAN_CONTEXT))
        attributes: dict[str, str | int] = {"camledger.stream": stream_id, "camledger.stream_version": stream_version}
        _tracer().start_span(f"record {event}", context=root, links=links, attributes=attributes).end()
    finally:
        _given.reset(token)
    return header


def count(name: str, n: int = 1, **labels: str) -> None:
    """Add to a counter of ``METRICS``; raises KeyError for a name that isn't on the list."""
    METRICS.counter(name).labels(**labels).inc(n)


def gauge(name: str, value: float, **labels: str) -> None:
    """Set a gauge of ``METRICS``; raises KeyError for a name that isn't on the list."""
    METRICS.gauge(name).labels(**labels).set(value)


def observe(name: str, seconds: float, **labels: str) -> None:
    """Add a duration to a histogram of ``METRICS``; raises KeyError for a name that isn't on the list."""
    METRICS.histogram(name).labels(**labels).observe(seconds)


def _tracer() -> trace.Tracer:
    return trace.get_tracer("camledger")


def _links(traceparents: Iterable[str]) -> list[Link]:
    contexts = (context_of(header) for header in dict.fromkeys(traceparents))
    return [Link(context) for context in contexts if context is not None][:LINKS_MAX]
