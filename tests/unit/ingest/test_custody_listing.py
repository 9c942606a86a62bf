"""The lists of an answered hold, page by page: all of it once, and never more than a page in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.catalog.footage import Filmed
from services.ingest.custody.answers import spans
from services.ingest.custody.listing import Listing
from services.kernel.batches import SegmentKey
from services.kernel.mark import SegmentState

START = datetime(2026, 8, 1, tzinfo=UTC)
ANSWERED_US = 100
FILMED = st.builds(
    lambda camera, second, recorded_us, state: Filmed(
        camera_id=camera,
        started_at=START + timedelta(seconds=second),
        ended_at=START + timedelta(seconds=second + 1),
        generation=1,
        officer="",
        recorded_us=recorded_us,
        state=state,
    ),
    st.sampled_from(["cam-1", "cam-2", "cam-3"]),
    st.integers(0, 500),
    st.sampled_from([ANSWERED_US - 1, ANSWERED_US, ANSWERED_US + 1]),
    st.sampled_from(SegmentState),
)
HELD = st.lists(FILMED, unique_by=lambda row: row.key).map(lambda rows: sorted(rows, key=lambda row: row.key))


def page(held: list[Filmed], offset: int, most: int) -> Listing:
    listing = Listing(ANSWERED_US, offset, most)
    for _, camera in groupby(held, key=lambda row: row.camera_id):
        listing.add(list(camera))
    return listing


@given(HELD, st.integers(1, 7))
def test_the_pages_together_list_everything_once_and_in_order(held: list[Filmed], most: int) -> None:
    secured, born_held, offset = list[SegmentKey](), list[SegmentKey](), 0
    while True:
        listing = page(held, offset, most)
        assert max(len(listing.secured.keys), len(listing.born_held.keys)) <= most
        secured += listing.secured.keys
        born_held += listing.born_held.keys
        if listing.next_offset is None:
            break
        offset = listing.next_offset
    kept = [row for row in held if row.state is SegmentState.KEPT]
    assert secured == [row.key for row in kept if row.recorded_us <= ANSWERED_US]
    assert born_held == [row.key for row in kept if row.recorded_us > ANSWERED_US]
    assert (listing.secured.total, listing.born_held.total) == (len(secured), len(born_held))
    assert listing.spans == spans(secured)
