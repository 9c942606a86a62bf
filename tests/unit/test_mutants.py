"""The list of planted faults can't rot: each stands exactly once in the source, and its tests exist."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutants import report, seen
from tests.mutants.faults import REPOSITORY, Mutant, Planted, all_pairs, faults_of, listed_pairs, mutants, singles
from tests.mutants.seen import Sighting

BITS = next(each for each in singles() if each.name == "bits-mirrored")


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


def sighting(planted: Planted, verdict: str = "killed") -> Sighting:
    told = {"by": planted.killed_by[0], "cpu_s": 1.0, "commit": "abc1234", "on": "2026-11-22"}
    return Sighting(name=planted.name, digest=seen.digest(planted), verdict=verdict, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize("changed", ["services/retention/bits.py", "tests/unit/retention/test_bits.py"])
def test_a_sighting_counts_no_more_once_the_source_or_the_test_has_changed(changed: str, tmp_path: Path) -> None:
    for name in ("services/retention/bits.py", "tests/unit/retention/test_bits.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        shutil.copy(REPOSITORY / name, tmp_path / name)
    assert seen.digest(BITS, tmp_path) == seen.digest(BITS)
    with (tmp_path / changed).open("a") as file:
        file.write("# another text")
    assert seen.digest(BITS, tmp_path) != seen.digest(BITS)


def test_the_page_counts_what_stands_and_names_the_rest(tmp_path: Path) -> None:
    stale, survivor = singles()[:2]
    known = [sighting(BITS), replace(sighting(stale), digest="older"), sighting(survivor, "survived")]
    report.write({each.name: each for each in known}, tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text("utf-8")
    assert "\n1 faults noticed alone" in page
    assert f"- {stale.name}: killed at abc1234, 2026-11-22, before its source or its tests changed" in page
    assert f"- {survivor.name}: survived at abc1234" in page
    assert page.count(": never seen") == len(singles()) + len(listed_pairs()) - 3


def test_sightings_of_several_runs_are_merged_and_faults_that_are_gone_leave(tmp_path: Path) -> None:
    kept = tmp_path / "seen.jsonl"
    seen.keep([sighting(BITS), replace(sighting(BITS), name="gone")], kept)
    seen.keep([replace(sighting(singles()[0]), commit="newer")], kept)
    assert seen.read(kept).keys() == {"bits-mirrored", singles()[0].name}
