"""Where footage lies is chosen by one setting; what differs there has one word each, told on one page."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from services.ingest.catalog.differences import KINDS
from services.ingest.custody.opening import open_stores
from services.ingest.settings import IngestSettings
from services.ingest.storage.adapter import StoreUnreachable
from services.ingest.storage.address import BadAddress
from services.ingest.storage.identity import Known

PAGE = (Path(__file__).parents[3] / "docs" / "storage.md").read_text("utf-8")
USED = {"store": Known(is_used=True)}


def test_without_a_setting_footage_lies_below_home(tmp_path: Path) -> None:
    opened = open_stores(IngestSettings(), tmp_path)
    assert (list(opened.stores.by_name), opened.stores.locks) == (["store"], {})
    assert (tmp_path / "store" / ".camledger-store").read_text() == f"store {opened.ids['store']}\n"


def test_store_and_replica_are_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMLEDGER_STORAGE", str(tmp_path / "one"))
    monkeypatch.setenv("CAMLEDGER_STORAGE_REPLICA", str(tmp_path / "two"))
    opened = open_stores(IngestSettings(), tmp_path / "home")
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["one", "two"]
    assert list(opened.removals) == ["store", "replica"]


def test_a_folder_that_is_another_store_is_refused(tmp_path: Path) -> None:
    open_stores(IngestSettings(storage=str(tmp_path)), tmp_path)
    with pytest.raises(StoreUnreachable, match="holds store 'store', not 'replica'"):
        open_stores(IngestSettings(storage=str(tmp_path), storage_replica=str(tmp_path)), tmp_path)


def test_a_store_in_which_the_catalog_knows_footage_is_never_made_anew(tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    for at in (mount, tmp_path / "nowhere"):
        with pytest.raises(StoreUnreachable, match=rf"'store' isn't at {at}: mount its volume.*docs/backup\.md"):
            open_stores(IngestSettings(storage=str(at)), tmp_path, USED)
    assert [*tmp_path.rglob("*")] == [mount]
    opened = open_stores(IngestSettings(storage=str(mount)), tmp_path)
    assert open_stores(IngestSettings(storage=str(mount)), tmp_path, USED).stores.first == opened.stores.first


def test_credentials_in_the_address_are_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(BadAddress, match="no credentials in the address"):
        open_stores(IngestSettings(storage="s3://key:secret@bucket"), tmp_path)


def test_every_difference_is_told_with_its_remedy() -> None:
    assert re.findall(r"^\| `([a-z_]+)` \|", PAGE, flags=re.MULTILINE) == list(KINDS)


def test_every_setting_of_storage_is_told() -> None:
    fields = IngestSettings.model_fields
    names = {str(fields[name].validation_alias.choices[0]) for name in ("storage", "storage_replica")}  # type: ignore[union-attr]
    assert names <= set(re.findall(r"`(CAMLEDGER_[A-Z_]+)`", PAGE))
    assert f"code {os.EX_CONFIG}" in PAGE
