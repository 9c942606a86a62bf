"""``camledger policy`` on files alone: exit codes, JSON, both languages, and cited tests that don't exist."""

import json
import shutil
from pathlib import Path

from typer.testing import CliRunner

from services.cli.policy.command import policy_app
from services.runtime.cited_tests import absent_tests
from services.runtime.settings import REPOSITORY

POLICIES = REPOSITORY / "policies"
RUNNER = CliRunner(env={"COLUMNS": "240", "NO_COLOR": "1"})


def broken_copy(tmp_path: Path, old: str, new: str, file: str = "policy.yaml") -> Path:
    folder = shutil.copytree(POLICIES / "taipei-live", tmp_path / "live")
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def test_all_packs_pass_their_scenarios() -> None:
    done = RUNNER.invoke(policy_app, ["test", "--json"])
    assert done.exit_code == 0, done.output
    assert [each["failed"] for each in json.loads(done.output)] == [[], [], [], []]


def test_a_scenario_that_fails_is_a_finding(tmp_path: Path) -> None:
    folder = broken_copy(tmp_path, "outcome: allowed", "outcome: refused", "scenarios/opening.yaml")
    done = RUNNER.invoke(policy_app, ["test", str(folder)])
    assert done.exit_code == 1
    assert "outcome: expected 'refused', got 'allowed'" in done.output


def test_a_broken_pack_is_a_finding_with_its_line(tmp_path: Path) -> None:
    done = RUNNER.invoke(policy_app, ["test", str(broken_copy(tmp_path, "dispose: none", "dispose: never"))])
    assert done.exit_code == 1
    assert "policy.yaml:" in done.output
    assert "'never' is not one of" in done.output


def test_coverage_names_open_clauses_and_missing_tests(tmp_path: Path) -> None:
    cited = "    tests:\n      - tests/unit/policy/test_command.py::test_that_nobody_wrote\n"
    folder = broken_copy(tmp_path, "    tests:\n", cited, "clauses.yaml")
    clauses = folder / "clauses.yaml"
    clauses.write_text(clauses.read_text().replace("  LIVE-09:\n", "  LIVE-09:\n    waits_for: [public reports]\n"))
    done = RUNNER.invoke(policy_app, ["test", str(folder), "--coverage"])
    assert done.exit_code == 1
    said = " ".join(done.output.replace("│", " ").split())  # a narrow terminal breaks cells into lines
    assert "there is no such test in the file" in said
    assert "open: public reports" in said


def test_a_pack_that_does_not_exist_is_wrong_use() -> None:
    done = RUNNER.invoke(policy_app, ["show", "nowhere"])
    assert done.exit_code == 2
    assert "known packs: daan-cctv, npa-bwc, spd-cctv, taipei-live" in done.output


def test_a_clause_is_shown_with_its_rules_in_both_languages() -> None:
    assert "No face recognition" in RUNNER.invoke(policy_app, ["show", "spd-cctv", "SPD-08"]).output
    assert "禁止臉部辨識" in RUNNER.invoke(policy_app, ["show", "spd-cctv", "SPD-08", "--lang", "zh-Hant"]).output


def test_packs_are_listed_with_version_and_digest() -> None:
    listed = json.loads(RUNNER.invoke(policy_app, ["list", "--json"]).output)
    assert [each["id"] for each in listed] == ["daan-cctv", "npa-bwc", "spd-cctv", "taipei-live"]
    assert all(each["reference"].startswith(f"{each['id']}@{each['version']}#") for each in listed)


def test_a_cited_test_is_looked_up_in_its_file() -> None:
    own = "tests/unit/policy/test_command.py"
    cited = [f"{own}::test_a_cited_test_is_looked_up_in_its_file", f"{own}::test_not_there", "tests/none.py::test_x"]
    assert list(absent_tests(cited, REPOSITORY)) == cited[1:]


def test_every_clause_of_the_sources_is_covered_or_open_by_name() -> None:
    done = RUNNER.invoke(policy_app, ["test", "--coverage", "--json"])
    assert done.exit_code == 0, done.output
    clauses = [clause for pack in json.loads(done.stdout) for clause in pack["coverage"]]
    assert [each["clause"] for each in clauses if not (each["open"] or each["tests"])] == []


def test_a_clause_of_the_sources_that_no_pack_names_is_a_finding(tmp_path: Path) -> None:
    sources = tmp_path / "policies"
    shutil.copytree(REPOSITORY / "policies", sources)
    with (sources / "clauses.tsv").open("a", encoding="utf-8") as rows:
        rows.write("DAAN-99\tsource\t9\tSomething new\tregistry\n")
    done = RUNNER.invoke(policy_app, ["test", "--policies", str(sources), "--coverage"])
    assert (done.exit_code, "DAAN-99" in done.output) == (1, True)


def test_a_pack_is_shown_with_what_may_be_asked_how_long_footage_is_kept_and_who_signs() -> None:
    told = RUNNER.invoke(policy_app, ["show", "daan-cctv"]).output
    assert all(word in told for word in ("What may be asked", "interested_third_party", "P90D", "manager_supervisor"))
    document = json.loads(RUNNER.invoke(policy_app, ["show", "daan-cctv", "--json"]).output)
    assert [each["kind"] for each in document["requests"]] == ["internal", "party", "agency", "preservation"]
    assert {"chain": "chain.annex3", "step": "director", "roles": ["director"]} in document["chains"]
    assert "可提出之申請" in RUNNER.invoke(policy_app, ["show", "daan-cctv", "--lang", "zh-Hant"]).output
