"""A file is tried once nobody writes to it, and answered once for as long as it stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.ingest.waitlist import Mark, Patience, Waitlist

FILE = Path("/recorder/a.mp4")


@pytest.fixture
def waitlist() -> Waitlist:
    return Waitlist(Patience(rest_seconds=2, retry_seconds=5))


def sized(size: int) -> Mark:
    return Mark(inode=1, size_bytes=size, modified_ns=0)


def test_a_file_rests_before_it_is_tried(waitlist: Waitlist) -> None:
    waitlist.see(FILE, sized(10), now=100)
    assert waitlist.ripe(101.9) == []
    assert waitlist.ripe(102) == [FILE]


def test_a_file_that_grows_rests_again(waitlist: Waitlist) -> None:
    waitlist.see(FILE, sized(10), now=100)
    waitlist.see(FILE, sized(20), now=101.5)
    assert waitlist.ripe(103) == []
    assert waitlist.ripe(103.5) == [FILE]


def test_looking_at_a_file_does_not_make_it_younger(waitlist: Waitlist) -> None:
    for now in (100, 101, 101.9):
        waitlist.see(FILE, sized(10), now)
    assert waitlist.ripe(102) == [FILE]


def test_an_answered_file_is_not_tried_again_until_it_changes(waitlist: Waitlist) -> None:
    waitlist.see(FILE, sized(10), now=100)
    waitlist.answer(FILE, sized(10))
    waitlist.see(FILE, sized(10), now=200)
    assert waitlist.ripe(300) == []
    waitlist.see(FILE, sized(11), now=300)
    assert waitlist.ripe(302) == [FILE]


def test_the_same_name_with_other_bytes_of_one_size_is_another_file(waitlist: Waitlist) -> None:
    waitlist.see(FILE, sized(10), now=100)
    waitlist.answer(FILE, sized(10))
    waitlist.see(FILE, Mark(inode=2, size_bytes=10, modified_ns=0), now=200)
    assert waitlist.ripe(202) == [FILE]


def test_an_answer_to_an_older_state_leaves_the_file_waiting(waitlist: Waitlist) -> None:
    waitlist.see(FILE, sized(10), now=100)
    waitlist.see(FILE, sized(20), now=101)
    waitlist.answer(FILE, sized(10))
    assert waitlist.ripe(103) == [FILE]


def test_an_unfinished_file_is_tried_later_and_its_rest_goes_on_counting(waitlist: Waitlist) -> None:
    waitlist.see(FILE, sized(10), now=100)
    waitlist.not_yet(FILE, now=102)
    assert waitlist.ripe(106.9) == []
    assert waitlist.ripe(107) == [FILE]
    assert waitlist.waiting[FILE].since == 100


def test_what_a_rescan_does_not_find_is_forgotten(waitlist: Waitlist) -> None:
    waitlist.see(FILE, sized(10), now=100)
    waitlist.keep_only([])
    assert waitlist.ripe(200) == []
    waitlist.not_yet(FILE, now=200)
    assert waitlist.waiting == {}


def test_the_longest_waiting_is_tried_first(waitlist: Waitlist) -> None:
    later, sooner = Path("/recorder/1.mp4"), Path("/recorder/2.mp4")
    waitlist.see(sooner, sized(1), now=100)
    waitlist.see(later, sized(1), now=101)
    assert waitlist.ripe(110) == [sooner, later]
