"""From file to receipt: one segment's way through three services, found by trace ids and span links alone."""

from __future__ import annotations

from tests.acceptance.conftest import Finished
from tests.fakes.collector import Span

# The last footage that the demo takes over: none of its spans was lost with the ingest that was killed.
STREAM = "segment/corner-05/"
IN_ITS_TRACE = ("record SegmentRecorded", "record DestructionStarted", "record SegmentDestroyed")


def test_one_walk_leads_from_the_file_to_the_receipt(finished: Finished) -> None:
    spans = finished.spans
    destroyed = next(s for s in spans if s.name == IN_ITS_TRACE[-1] and stream(s).startswith(STREAM))
    own = {s.name: s for s in spans if s.trace == destroyed.trace}
    assert set(IN_ITS_TRACE) <= own.keys()
    assert named(causes(spans, own["record SegmentRecorded"]), "ingest.take_file")
    (cleared,) = named(causes(spans, own["record DestructionStarted"]), "record DeletionCleared")
    (commanded,) = named(causes(spans, cleared), "record DeletionCommanded")
    assert own["record SegmentRecorded"] in causes(spans, commanded)


def test_each_step_was_recorded_by_the_service_that_decides_it(finished: Finished) -> None:
    by = {s.name: s.service for s in finished.spans}
    assert by["record SegmentRecorded"] == by["record SegmentDestroyed"] == "camledger-ingest"
    assert by["record DeletionCommanded"] == "camledger-retention"
    assert by["record DeletionCleared"] == "camledger-access"


def causes(spans: list[Span], of: Span) -> list[Span]:
    """Return what a span links to; a link to a piece of work leads on to what that work was linked to."""
    linked = [s for s in spans if (s.trace, s.span) in of.links]
    further = [cause for s in linked if s.name.startswith("consume ") for cause in causes(spans, s)]
    return [*linked, *further]


def named(spans: list[Span], name: str) -> list[Span]:
    return list({(s.trace, s.span): s for s in spans if s.name == name}.values())


def stream(span: Span) -> str:
    return str(span.attributes.get("camledger.stream", ""))
