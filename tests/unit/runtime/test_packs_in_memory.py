"""A pack is checked once for the same bytes, and anew as soon as a byte differs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from services.runtime.packs import PackBroken, load_checked, load_pack
from services.runtime.settings import REPOSITORY


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return Path(shutil.copytree(REPOSITORY / "policies" / "taipei-live", tmp_path / "taipei-live"))


def test_the_same_bytes_are_checked_once(pack: Path) -> None:
    assert load_checked(pack) is load_checked(pack)


def test_a_changed_file_is_checked_anew(pack: Path) -> None:
    before = load_pack(pack)
    with (pack / "policy.yaml").open("a", encoding="utf-8") as policy:
        policy.write("# a remark\n")
    assert load_pack(pack).digest != before.digest


def test_a_pack_that_breaks_is_not_answered_from_memory(pack: Path) -> None:
    load_pack(pack)
    with (pack / "policy.yaml").open("a", encoding="utf-8") as policy:
        policy.write("nonsense: 1\n")
    with pytest.raises(PackBroken):
        load_pack(pack)


def test_scenarios_stay_out_of_memory(pack: Path) -> None:
    assert load_checked(pack).scenarios == ()
