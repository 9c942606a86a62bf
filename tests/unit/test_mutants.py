"""The list of planted faults can't rot: each stands exactly once in the source, and its tests exist."""

from __future__ import annotations

from tests.mutants.faults import Mutant, all_pairs, faults_of, listed_pairs, mutants, singles


def test_every_fault_stands_once_in_the_source_and_names_tests_that_exist() -> None:
    assert [fault for mutant in mutants().values() for fault in faults_of(mutant)] == []
    assert len(singles()) >= 60


def test_every_listed_pair_is_of_two_faults_and_names_its_tests() -> None:
    assert all(len({each.name for each in pair.mutants}) == 2 and pair.killed_by for pair in listed_pairs())


def test_every_guard_of_the_deletion_protocol_is_taken_away_somewhere() -> None:
    guards = {"clear", "order", "published", "eff", "holds", "lock", "inbox", "gate", "areplay", "scope", "selfreplay"}
    guards |= {"intent", "markfirst", "cas", "predicate", "unknown", "park", "reqlog", "min", "pollog", "notice"}
    guards |= {"supersede", "window", "onepart", "tomb", "dedup", "wait", "sticky"}
    assert {each.guard for each in mutants().values() if each.guard} == guards
    assert len(all_pairs()) > 350


def test_a_fault_whose_text_has_gone_is_told() -> None:
    gone = Mutant(
        name="gone",
        path="Makefile",
        old="no such text",
        new="",
        breaks="",
        invariant="",
        killed_by=("tests/unit/x::y",),
    )
    assert list(faults_of(gone)) == [
        "gone: its old text stands 0 times in Makefile",
        "gone: there is no tests/unit/x::y",
    ]
