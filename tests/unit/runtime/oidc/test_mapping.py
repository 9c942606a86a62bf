"""The mapping file: what it gives, and how it says that it can't be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.runtime.oidc.mapping import ClaimsMapping, MappingBroken, claim_of
from services.runtime.oidc.refusals import ClaimsUnusable

GOOD = """format: camledger.identity/1
person_id: {claim: sub}
account: {claim: email}
rank: {claim: title, values: {Chief: precinct_chief}}
agency: {always: daan}
roles: {claim: realm_access.roles, values: {viewers: applicant, keepers: [custodian, system_manager]}}
"""


def read(path: Path, text: str) -> ClaimsMapping:
    (path / "identity.yaml").write_text(text, "utf-8")
    return ClaimsMapping.load(path / "identity.yaml")


def test_several_groups_give_several_roles_and_unknown_ones_none(tmp_path: Path) -> None:
    claims = {"sub": "7", "email": "wu@city", "realm_access": {"roles": ["keepers", "admins", 7, None]}}
    found = read(tmp_path, GOOD).person(claims, "https://id.city")
    assert found.roles == {"custodian", "system_manager"}
    assert (found.rank, found.agency, found.authenticated_at) == ("", "daan", None)
    assert found.issuer == "https://id.city"


def test_a_rank_is_given_only_for_a_title_that_is_named(tmp_path: Path) -> None:
    claims = {"sub": "7", "email": "wu@city", "realm_access": {"roles": "viewers"}}
    assert read(tmp_path, GOOD).person(claims | {"title": "Chief"}, "i").rank == "precinct_chief"
    assert not read(tmp_path, GOOD).person(claims | {"title": "chief"}, "i").rank


@pytest.mark.parametrize(
    "changed", [{"sub": ""}, {"sub": True}, {"sub": "a b"}, {"email": "x" * 101}, {"email": "a\nb"}, {"sub": None}]
)
def test_a_claim_that_names_nobody_lets_nobody_in(tmp_path: Path, changed: dict[str, object]) -> None:
    claims = {"sub": "7", "email": "wu@city", "realm_access": {"roles": ["keepers"]}}
    with pytest.raises(ClaimsUnusable):
        read(tmp_path, GOOD).person(claims | changed, "i")


def test_a_claim_with_a_dot_in_its_name_is_found_before_its_path() -> None:
    assert claim_of({"https://city.tw/roles": ["a"]}, "https://city.tw/roles") == ["a"]
    assert claim_of({"a": {"b": 1}}, "a.b") == 1
    assert claim_of({"a": "text"}, "a.b.c") is None


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("identity/1", "identity/2", 1, "format: camledger.identity/1"),
        ("person_id: {claim: sub}", "", 1, "person_id is missing"),
        ("{claim: sub}", "sub", 2, "'person_id: {claim: ...}'"),
        ("{claim: sub}", "{claim: sub, values: {a: b}}", 2, "'values' means nothing here"),
        ("{claim: sub}", "{claim: 7}", 2, "names no claim"),
        ("viewers: applicant", "viewers: 'service:access'", 6, "'service:access' is no role of a person"),
        ("viewers: applicant", "viewers: [applicant, [x]]", 6, "is no word"),
        ("{always: daan}", "{values: {a: b}}", 5, "agency names no claim"),
        ("{claim: title, values: {Chief: precinct_chief}}", "{claim: title}", 4, "rank translates no values"),
        ("rank:", "ranks:", 4, "'ranks' means nothing here"),
        ("{claim: realm_access.roles, values: {viewers", "{always: a, values: {viewers", 6, "given to everybody"),
        ("Chief: precinct_chief", "Chief: yes", 4, "may mean a word or a truth"),
    ],
)
def test_a_broken_file_names_line_rule_and_remedy(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    assert old in GOOD
    with pytest.raises(MappingBroken) as told:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert f"line {line}: " in str(told.value)
    assert says in str(told.value)
    assert "identity.yaml" in str(told.value)
    assert "; " in str(told.value)


def test_a_file_that_isnt_there_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(MappingBroken, match="CAMLEDGER_OIDC_MAPPING"):
        ClaimsMapping.load(tmp_path / "none.yaml")
