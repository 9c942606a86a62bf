"""The lists of an answer, the outcomes of a batch, and what unfiled facts mean. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.custody import batch_lines
from services.ingest.custody.answers import lists, spans
from services.ingest.custody.batches import Result, merged, to_json
from services.ingest.custody.facts import Worn, _covers
from services.ingest.intake.gaps import holes
from services.kernel.batches import HourLine, SegmentKey, keys
from services.kernel.events import Outcome
from services.kernel.ids import from_micros, micros
from services.kernel.mark import SegmentState
from tests.simulation.explorer.objects import footage
from tests.simulation.explorer.worlds import WORLDS

START = datetime(2026, 8, 1, tzinfo=UTC)
KEYS = st.builds(
    lambda camera, second, generation: SegmentKey(
        camera_id=camera, started_at=START + timedelta(seconds=second), generation=generation
    ),
    st.sampled_from(["cam-1", "cam-2"]),
    st.integers(0, 20_000),
    st.integers(1, 2),
)


@given(st.sets(KEYS, max_size=40))
def test_spans_count_every_secured_segment_once_and_their_digest_names_them(secured: set[SegmentKey]) -> None:
    found = spans(tuple(secured))
    assert sum(span.segments for span in found) == len(secured)
    for span in found:
        own = sorted(key for key in secured if key.camera_id == span.camera_id)
        named = "".join(f"{micros(key.started_at)}/{key.generation}\n" for key in own)
        assert span.digest == hashlib.sha256(named.encode()).hexdigest()


def test_an_answer_lists_each_segment_by_what_can_still_be_promised_of_it() -> None:
    one = footage(WORLDS["S1"], 0)
    for state, name in ((SegmentState.KEPT, "secured"), (SegmentState.DESTROYING, "destroying")):
        found = lists([replace(one, state=state)])
        assert getattr(found, name) == (one.key,)
        assert len((*found.secured, *found.destroying, *found.gone)) == 1
    found = lists([replace(one, state=SegmentState.GONE)])
    assert (found.secured, found.gone) == ((), (one.key,))


@given(st.dictionaries(KEYS, st.sampled_from([Outcome.DESTROYING, Outcome.REFUSED, Outcome.GONE]), max_size=40))
def test_every_segment_of_a_batch_has_exactly_its_outcome_in_the_answer(outcomes: dict[SegmentKey, Outcome]) -> None:
    not_before = START + timedelta(days=1)
    rows = [
        packed
        for key, outcome in outcomes.items()
        for packed in to_json({key: Result(outcome=outcome, reason="r", seq=3, not_before=not_before)})
    ]
    answers = merged(rows)
    assert {key: Outcome(answer.outcome) for answer in answers for key in keys(answer.lines)} == outcomes
    assert all(answer.not_before == not_before for answer in answers)


def test_lines_are_cut_so_that_no_mark_takes_long_and_the_oldest_come_first() -> None:
    late = HourLine(camera_id="cam-1", hour=9, generation=1, offsets_us=tuple(range(250)))
    early = HourLine(camera_id="cam-1", hour=8, generation=1, offsets_us=(1,))
    cut = batch_lines.chunks([late, early])
    assert [len(line.offsets_us) for line in cut] == [1, 100, 100, 50]
    assert sorted(keys(cut)) == sorted(keys([late, early]))


def test_a_moment_of_a_segment_that_no_shift_covers_leaves_its_wearer_unknown() -> None:
    worn = [Worn("p-1", 0, 50, frozenset()), Worn("p-2", 60, 100, frozenset())]
    assert not _covers(worn, 10, 100)
    assert _covers([*worn[:1], Worn("p-2", 50, 100, frozenset())], 10, 100)
    assert not _covers([], 10, 100)


def test_holes_are_what_no_segment_covers_beyond_the_tolerance() -> None:
    assert holes([], from_micros(0), from_micros(60_000_000)) == [(from_micros(0), from_micros(60_000_000))]
    assert holes([], from_micros(0), from_micros(4_000_000)) == []
