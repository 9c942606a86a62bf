"""Who may read a key file: its owner alone, or we through our group where a Secret is mounted. None is made by name."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from services.access.bootstrap import key_box, key_file
from services.access.key_files import KeyFileUnsafe, closed, exposed, given_key
from services.access.vault.fitting import VaultKeyRefused
from services.access.vault.keys import KEY_BYTES, KeyBox
from services.access.vault.settings import VaultSettings
from services.runtime.settings import REPOSITORY, Settings

US, OUR_GROUP, ROOT = 10001, 10001, 0
KEY = Path("/etc/camledger/vault/vault.key")
PAGE = (REPOSITORY / "docs" / "personal-data.md").read_text("utf-8")


def judged(mode: int, *, owner: int = US, group: int = OUR_GROUP) -> str:
    found = os.stat_result((0o100000 | mode, 0, 0, 1, owner, group, KEY_BYTES, 0, 0, 0))
    return exposed(KEY, found, US, {OUR_GROUP})


@pytest.mark.parametrize("mode", [0o400, 0o600])
@pytest.mark.parametrize("owner", [US, ROOT])
def test_a_file_for_its_owner_only_is_taken(mode: int, owner: int) -> None:
    assert judged(mode, owner=owner) == ""


def test_a_mounted_secret_is_taken_through_our_group() -> None:
    assert judged(0o440, owner=ROOT) == ""


@pytest.mark.parametrize("mode", [0o440, 0o640, 0o604, 0o644, 0o666, 0o410])
def test_a_file_of_ours_that_anybody_else_reaches_is_refused_with_its_mode_and_remedy(mode: int) -> None:
    assert judged(mode) == f"{KEY} has mode {mode:04o} and can be read by others: chmod 600 {KEY}"


@pytest.mark.parametrize("mode", [0o444, 0o404, 0o460, 0o450, 0o441, 0o442])
def test_a_mounted_secret_that_is_open_to_more_than_reading_by_our_group_is_refused(mode: int) -> None:
    told = judged(mode, owner=ROOT)
    assert told.startswith(f"{KEY} has mode {mode:04o}, owner 0, and is open to more than reading by its group")
    assert "defaultMode 0440" in told
    assert f"chown {US} and chmod 400 {KEY}" in told


def test_a_mounted_secret_of_another_group_is_refused() -> None:
    assert "can be read by group 5, which isn't ours: mount the Secret" in judged(0o440, owner=ROOT, group=5)


def test_what_can_not_be_read_at_all_is_refused_by_name_and_reason(tmp_path: Path) -> None:
    # An engine that finds no file to mount makes a folder in its place.
    (tmp_path / "vault.key").mkdir()
    with pytest.raises(KeyFileUnsafe, match=rf"{tmp_path / 'vault.key'} can't be read: Is a directory"):
        given_key(tmp_path / "vault.key")


def test_a_file_that_is_closed_to_us_is_told_with_its_mode_owner_and_remedy(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    path.touch(0o400)
    mine = f"{path} has mode 0400, belongs to user {os.geteuid()} and is closed to user {US}: mount the Secret"
    assert closed(path, US).startswith(mine)
    assert closed(tmp_path / "nowhere", US).startswith(f"{tmp_path / 'nowhere'} is closed to user {US}: mount the")


def test_a_key_written_as_text_is_refused_by_its_length(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    path.write_text("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
    path.chmod(0o400)
    with pytest.raises(KeyFileUnsafe, match=rf"{path} has 45 bytes, not 32"):
        KeyBox.from_file(path, may_make=False)


def test_where_a_setting_names_the_file_none_is_made_even_over_an_empty_vault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, settings = tmp_path / "mounted" / "vault.key", Settings(home=tmp_path)
    monkeypatch.setenv("CAMLEDGER_VAULT_KEY_FILE", str(named))
    with pytest.raises(VaultKeyRefused, match=rf"{named} is missing: access makes no key .*openssl rand"):
        key_box(settings)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.delenv("CAMLEDGER_VAULT_KEY_FILE")
    key_box(settings)
    assert (tmp_path / "access" / "vault.key").stat().st_size == KEY_BYTES


def test_a_setting_without_a_value_is_no_way_to_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMLEDGER_VAULT_KEY_FILE", "")
    assert key_file(Settings(home=tmp_path)) == Path()
    with pytest.raises(KeyFileUnsafe, match="Is a directory"):
        key_box(Settings(home=tmp_path))


def test_the_page_lists_every_setting_of_the_vault() -> None:
    rows = re.findall(r"^\| `CAMLEDGER_VAULT_(\w+)` \|", PAGE, flags=re.MULTILINE)
    assert [name.lower() for name in rows] == list(VaultSettings.model_fields)
