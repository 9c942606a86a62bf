"""A topic is whole when every record stands on it in the order of its stream, and no reader was further."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.access.own_facts import key_of
from services.cli.operations.replay.readers import Knowledge
from services.cli.operations.replay.standing import Standing
from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import ActRefused, HoldReleaseProposed
from services.kernel.ids import PROTECTION_LOG
from services.runtime.received import Received

HOLD = UUID(int=7)


def fact(version: int, stream: str = PROTECTION_LOG) -> Recorded:
    event = HoldReleaseProposed(hold_id=HOLD, seq=version, person="p-1")
    at = datetime(2026, 11, 1, tzinfo=UTC)
    return recorded(event, stream_id=stream, stream_version=version, at=at, actor=Actor(id="access", role="system"))


def standing(*versions: int) -> Standing:
    found = Standing()
    for offset, version in enumerate(versions):
        found.take(
            Received(
                topic="hold.events",
                partition=0,
                offset=offset,
                key=f"k{version}",
                headers={},
                recorded=fact(version),
                raw=bytes([version]),
            )
        )
    return found


def known(seqs: dict[str, tuple[int, int]], custody: int, analytics: int = 0) -> Knowledge:
    log = "hold.events"
    offsets = {("ingest.protection", log): {0: custody}, ("analytics.log", log): {0: analytics}}
    return Knowledge(ids={}, offsets=offsets, seqs=seqs)


def test_repeats_are_told_from_records() -> None:
    found = standing(1, 2, 1, 2, 3)
    assert (found.records, found.repeats) == (3, 2)


def test_a_tail_that_stands_before_its_past_is_no_whole_topic() -> None:
    assert standing(3, 1, 2).records == 1


def test_a_repeat_before_the_last_record_moves_what_follows_and_one_behind_it_does_not() -> None:
    assert standing(1, 2, 1, 2, 3).shifted == 1
    assert standing(1, 2, 3, 3).shifted == 0


def test_a_run_that_was_killed_goes_on_behind_what_stands_there() -> None:
    assert [standing(1, 2).has(fact(version)) for version in (1, 2, 3)] == [True, True, False]
    assert not standing(1, 2).has(fact(1, "approval/other"))


def test_the_last_record_is_repeated_up_to_the_furthest_reader() -> None:
    assert standing(1, 2).repeated({0: 4}) == [(b"\x02", "k2")] * 2
    assert standing(1, 2).repeated({0: 2}) == []
    with pytest.raises(LookupError, match="partition 1 was read"):
        standing(1, 2).repeated({1: 1})


def test_what_custody_has_read_and_access_does_not_keep_is_lost() -> None:
    assert known({"ingest": (5, 5)}, 5).lost("hold.events", 4).startswith("ingest has read seq 5 of hold.events")
    assert known({"ingest": (5, 5)}, 5).lost("hold.events", 5) == ""
    assert known({"ingest": (5, 5)}, 5).lost("request.events", 4) == ""


def test_what_was_read_beyond_what_is_kept_is_counted_by_the_furthest_reader() -> None:
    assert known({}, custody=5, analytics=7).surplus("hold.events", 5) == 2
    assert known({}, custody=5, analytics=4).surplus("hold.events", 5) == 0


@pytest.mark.parametrize(
    ("seq", "offset", "kept", "goes_on"),
    [((5, 5), 5, 9, True), ((9, 9), 12, 9, True), ((4, 5), 5, 9, True), ((5, 5), 8, 9, False)],
)
def test_custody_goes_on_where_its_offset_is_that_of_its_seq_or_nothing_is_left_to_read(
    seq: tuple[int, int], offset: int, kept: int, goes_on: bool
) -> None:
    assert (known({"ingest": seq}, offset).misplaced("hold.events", kept) == "") is goes_on


def test_the_key_of_a_record_follows_from_it() -> None:
    assert key_of(fact(1)) == str(HOLD)
    assert key_of(fact(1, f"approval/{UUID(int=9)}")) == str(UUID(int=9))
    act = ActRefused(act="hold.place", subject="plaza-01", refusal="", rule="", clause="", explanation="")
    at, who = datetime(2026, 11, 1, tzinfo=UTC), Actor(id="access", role="system")
    assert key_of(recorded(act, stream_id="refusal/x", stream_version=1, at=at, actor=who)) == "plaza-01"
