"""Which fault comes when: repeatable from the seed, every kind in its turn, never two faults on one part."""

from __future__ import annotations

from tests.faults.plan import Kind, plan

SEEDS = range(30)


def test_the_same_seed_gives_the_same_faults_and_another_one_others() -> None:
    assert plan(7, 180) == plan(7, 180)
    assert plan(7, 180) != plan(8, 180)


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    short, long = plan(7, 120), plan(7, 600)
    assert long[: len(short)] == short


def test_ten_minutes_bring_every_kind_of_fault() -> None:
    assert all({fault.kind for fault in plan(seed, 600)} == set(Kind) for seed in SEEDS)


def test_what_a_machine_cannot_do_is_left_out() -> None:
    without = frozenset({Kind.CLOCK, Kind.DISK})
    assert not without & {fault.kind for fault in plan(7, 600, without=without)}


def test_no_part_is_hit_again_before_its_fault_is_over() -> None:
    for seed in SEEDS:
        faults = plan(seed, 600)
        for at, fault in enumerate(faults):
            assert all(other.until_s <= fault.at_s for other in faults[:at] if other.part == fault.part)


def test_nothing_else_is_broken_while_the_clock_is_wrong() -> None:
    for seed in SEEDS:
        faults = plan(seed, 600)
        for clock in (fault for fault in faults if fault.kind is Kind.CLOCK):
            others = [fault for fault in faults if fault is not clock]
            assert all(o.until_s <= clock.at_s or o.at_s >= clock.until_s for o in others)
