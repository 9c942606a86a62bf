"""Every scenario of every pack that ships, one test each; and every clause of the sources is shown both ways."""

import csv
from functools import lru_cache

import pytest

from services.kernel.policy.coverage import ClauseCoverage, coverage
from services.kernel.policy.scenarios import Scenario, run
from services.runtime.cited_tests import absent_tests
from services.runtime.packs import PackFolder, load_folder, pack_folders
from services.runtime.settings import REPOSITORY

POLICIES = REPOSITORY / "policies"
# A clause may wait for these rooms and for nothing else.
ROOMS = {"console", "forms", "live gateway", "shifts and docks", "audits", "effect measures", "public reports"}


@lru_cache(maxsize=1)
def folders() -> dict[str, PackFolder]:
    loaded = [load_folder(path) for path in pack_folders(POLICIES)]
    return {each.pack.id: each for each in loaded}


@lru_cache(maxsize=1)
def covered() -> list[ClauseCoverage]:
    found: list[ClauseCoverage] = []
    for pack_id, each in folders().items():
        cited = [test for entry in each.clauses for test in entry.tests]
        ran = [run(each.pack, scenario) for scenario in each.scenarios]
        found += coverage(pack_id, each.clauses, ran, absent=absent_tests(cited, REPOSITORY))
    return found


def cases() -> list[object]:
    return [
        pytest.param(pack_id, scenario, id=f"{scenario.id}-{scenario.title[:60]}")
        for pack_id, each in folders().items()
        for scenario in each.scenarios
    ]


@pytest.mark.parametrize(("pack_id", "scenario"), cases())
def test_the_pack_answers_as_the_scenario_says(pack_id: str, scenario: Scenario) -> None:
    ran = run(folders()[pack_id].pack, scenario)
    assert ran.differences == (), f"{scenario.file}:{scenario.line} {scenario.title}: {ran.actual}"


def test_all_four_packs_ship() -> None:
    assert sorted(folders()) == ["daan-cctv", "npa-bwc", "spd-cctv", "taipei-live"]


def test_every_clause_of_the_sources_stands_in_exactly_one_pack() -> None:
    with (POLICIES / "clauses.tsv").open(encoding="utf-8", newline="") as file:
        listed = sorted(row["id"] for row in csv.DictReader(file, delimiter="\t"))
    assert sorted(each.entry.id for each in covered()) == listed


@pytest.mark.parametrize("clause", covered(), ids=lambda each: each.entry.id)
def test_every_clause_is_shown_by_hand_both_allowing_and_refusing(clause: ClauseCoverage) -> None:
    assert clause.faults == ()
    assert set(clause.entry.waits_for) <= ROOMS


def test_a_scenario_with_a_wrong_expectation_fails() -> None:
    folder = folders()["spd-cctv"]
    scenario = next(each for each in folder.scenarios if each.id == "spd-q15")
    wrong = Scenario(
        id="wrong",
        title="face recognition let through",
        clauses=scenario.clauses,
        at=scenario.at,
        given=scenario.given,
        when=scenario.when,
        then={"outcome": "accepted"},
    )
    assert not run(folder.pack, wrong).passed
