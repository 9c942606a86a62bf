"""A register names rules by what the policy of the row calls them; what no version knows stays its id."""

from __future__ import annotations

from typing import Any

import pytest

from services.analytics.registers.columns import CATALOG, REQUESTS, Heading
from services.analytics.registers.titles import NAMES_RULES, titled, titles_of
from services.runtime.packs import load_pack
from services.runtime.settings import REPOSITORY

DAAN = load_pack(REPOSITORY / "policies" / "daan-cctv")
PACKS = {DAAN.reference: DAAN}
ASKED: dict[str, Any] = {"chain": "chain.annex3", "policy_version": DAAN.reference}
GONE: dict[str, Any] = {
    "destruction_rules": ["retention.min90", "retention.old"],
    "policy_version": "daan-cctv@1#0123456789ab",
    "destruction_policy": DAAN.reference,
}


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Signatures of annex 3"), ("zh-Hant", "附件三簽核"), ("both", "附件三簽核 Signatures of annex 3")],
)
def test_a_chain_is_called_as_its_policy_calls_it(language: Any, said: str) -> None:  # noqa: ANN401
    assert titled(PACKS, ASKED, "chain", language) == [said]


def test_the_version_that_destroyed_names_the_rule_and_an_unknown_rule_stays_its_id() -> None:
    assert titled(PACKS, GONE, "destruction_rules", "en") == ["Kept at least 90 days", "retention.old"]
    assert titles_of(PACKS, GONE) == {"retention.min90": DAAN.rules["retention.min90"].title}


def test_under_a_version_that_is_not_kept_every_rule_stays_its_id() -> None:
    other = ASKED | {"policy_version": "daan-cctv@1#0123456789ab"}
    assert (titled(PACKS, other, "chain", "en"), titles_of(PACKS, other)) == (["chain.annex3"], {})


def test_what_names_no_rule_stays_as_it_is() -> None:
    row = ASKED | {"chain": None, "purpose": "chain.annex3"}
    assert titled(PACKS, row, "purpose", "en") == "chain.annex3"
    assert titled(PACKS, row, "chain", "en") is None
    assert titles_of(PACKS, row) == {}


def test_every_column_that_names_rules_is_one_of_a_register() -> None:
    columns: tuple[Heading, ...] = (*CATALOG, *REQUESTS)
    assert set(NAMES_RULES) <= {heading.name for heading in columns}
