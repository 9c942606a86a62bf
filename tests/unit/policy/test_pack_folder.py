"""A broken pack says file, line, value, rule and remedy; the digest follows every byte of the folder."""

import shutil
from pathlib import Path

import pytest

from services.runtime.packs import PackBroken, PackFault, folder_digest, load_folder, load_pack, load_packs
from services.runtime.settings import REPOSITORY
from services.runtime.strict_yaml import YamlFault, parse

POLICIES = REPOSITORY / "policies"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(POLICIES / "daan-cctv", tmp_path / "daan-cctv")


def swap(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def faults(folder: Path, *, scenarios: bool = False) -> tuple[PackFault, ...]:
    with pytest.raises(PackBroken) as broken:
        load_folder(folder, scenarios=scenarios)
    return broken.value.faults


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        ("keep_at_least: P90D", "keep_at_least: 90", "retention.min90.keep_at_least", "90"),
        ("keep_at_least: P90D", "keep_for: P90D", "retention.min90", "keep_for"),
        ("keep_at_least: P90D", "keep_at_least: P90D\n      keep_at_least: P1D", "", "stands twice"),
        ("zone: Asia/Taipei", "zone: Asia/Taibei", "time.zone", "no IANA zone"),
        ("clauses: [DAAN-02]", "clauses: []", "retention.min90.clauses", "non-empty"),
        ("grant: true", "grant: yes", "", "may mean a word or a truth"),
        ("chain: chain.annex3", "chain: chain.annex4", "request.internal", "there is no chain"),
        ("distinct: [[requester,", "distinct: [[requestor,", "chain.annex3", "'requestor'"),
        ("request.legal_basis: [other]", "request.legal_basis: [others]", "request.internal", "'others'"),
        ("refuse_without: [request.statute,", "refuse_without: [request.law,", "request.agency", "never asks"),
        ("{time}_{segment}", "{time}_{secret}", "filing.daan", "unknown place"),
        ("audio: keep", "audio: strip", "filing.daan", "disagree"),
        ("dispose: at_minimum", "dispose: at_maximum", "retention", "no rule states"),
        ("- id: act.copy", "- id: act.result", "act.result", "stands on two rules"),
        (", zh-Hant: 系統管理人}", "}", "", "isn't there in zh-Hant"),
        ("clauses: [DAAN-01, DAAN-12]", "clauses: [DAAN-01, DAAN-13]", "record.camera", "DAAN-13"),
    ],
)
def test_a_fault_is_named_with_its_place_and_its_remedy(
    folder: Path, old: str, new: str, where: str, says: str
) -> None:
    swap(folder / "policy.yaml", old, new)
    found = faults(folder)
    assert any(each.where.startswith(where) and says in each.says for each in found), [str(each) for each in found]
    assert all(each.line >= 1 and each.remedy for each in found)


def test_the_line_is_the_line_of_the_value(folder: Path) -> None:
    path = folder / "policy.yaml"
    swap(path, "keep_at_least: P90D", "keep_at_least: forever")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [each.line for each in faults(folder)] == [next(i for i, x in enumerate(lines, 1) if "forever" in x)]


def test_a_rule_without_a_clause_is_told_to_state_its_basis(folder: Path) -> None:
    swap(folder / "policy.yaml", "clauses: [DAAN-02]", "clauses: []")
    assert [each.remedy for each in faults(folder)] == [
        "a rule cites a clause, or states the basis on which it is ours"
    ]


def test_a_clause_that_lists_a_rule_which_does_not_cite_it(folder: Path) -> None:
    swap(folder / "clauses.yaml", "rules: [request.party]", "rules: [request.party, act.copy]")
    assert "lists act.copy" in faults(folder)[0].says


def test_a_register_column_that_a_clause_of_nobodys_asks_for(folder: Path) -> None:
    swap(folder / "policy.yaml", "use: [DAAN-07]", "use: [DAAN-99]")
    assert faults(folder)[0].says == "is asked for by DAAN-99, which clauses.yaml doesn't have"


def test_a_register_column_that_no_register_has(folder: Path) -> None:
    swap(folder / "policy.yaml", "use: [DAAN-07]", "shoe_size: [DAAN-07]")
    assert "shoe_size" in faults(folder)[0].says


def test_two_scenarios_with_one_id(folder: Path) -> None:
    swap(folder / "scenarios" / "asking.yaml", "id: daan-c02", "id: daan-c01")
    assert {each.says for each in faults(folder, scenarios=True)} == {"two scenarios have this id"}


def test_a_file_that_belongs_to_no_pack(folder: Path) -> None:
    (folder / "notes.yaml").write_text("a: b\n", encoding="utf-8")
    assert faults(folder)[0].file == "notes.yaml"


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "clauses.yaml").unlink()
    assert faults(folder)[0].says == "the file is missing"


def test_a_file_of_another_kind(folder: Path) -> None:
    swap(folder / "calendar.yaml", "camledger.calendar/1", "camledger.form/1")
    assert faults(folder)[0].remedy == "write format: camledger.calendar/1"


def test_the_digest_follows_every_file_and_its_name(folder: Path) -> None:
    before = folder_digest(folder)
    assert before == folder_digest(POLICIES / "daan-cctv")
    (folder / "scenarios" / "keeping.yaml").rename(folder / "scenarios" / "kept.yaml")
    renamed = folder_digest(folder)
    swap(folder / "calendar.yaml", "weekend: [6, 7]", "weekend: [7]")
    assert len({before, renamed, folder_digest(folder)}) == 3


def test_the_reference_in_an_envelope_is_id_version_and_twelve_characters_of_the_digest() -> None:
    pack = load_pack(POLICIES / "npa-bwc")
    assert pack.reference == f"npa-bwc@1#{folder_digest(POLICIES / 'npa-bwc')[:12]}"


def test_packs_load_by_their_id() -> None:
    assert sorted(load_packs(POLICIES)) == ["daan-cctv", "npa-bwc", "spd-cctv", "taipei-live"]


@pytest.mark.parametrize(
    ("text", "line"), [("a: 1\na: 2\n", 2), ("a: no\n", 1), ("a: [1\n", 2), ("", 1), ("? [x]\n: y\n", 1)]
)
def test_yaml_that_may_be_misread_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(YamlFault) as fault:
        parse(text)
    assert fault.value.line == line


def test_dates_and_leading_zeros_stay_text() -> None:
    text = "{a: 2025-01-31, b: 007, c: 1e3, d: 12:30, e: 0x1F, f: -4, g: 2.5, h: null, i: true}"
    wanted = {"a": "2025-01-31", "b": "007", "c": "1e3", "d": "12:30", "e": "0x1F"}
    assert parse(text).value == {**wanted, "f": -4, "g": 2.5, "h": None, "i": True}


def test_a_document_that_unfolds_without_end_is_refused() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    with pytest.raises(YamlFault, match="too many values"):
        parse(bomb)
