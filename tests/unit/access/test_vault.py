"""Personal data: refuses to be shown by accident, opens only under its own key and name."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag

from services.access.key_files import KeyFileUnsafe
from services.access.vault.fitting import Held, VaultKeyRefused, fitting_key
from services.access.vault.keys import KeyBox, seal, unseal
from services.access.vault.personal import Personal, PersonalShown

KEY, EVENT = UUID(int=3), UUID(int=8)
NAME = Personal("林美玲")


def test_a_personal_value_is_not_printed_formatted_or_pickled() -> None:
    for show in (str, repr, "{}".format, pickle.dumps):
        with pytest.raises(PersonalShown):
            show(NAME)
    with pytest.raises(TypeError):
        json.dumps({"name": NAME})


def test_what_was_sealed_opens_under_its_key_for_its_event_and_name_only(tmp_path: Path) -> None:
    box = KeyBox.from_file(tmp_path / "vault.key")
    new = box.new_key(KEY)
    sealed = seal(new.key, EVENT, {"requester.name": NAME})["requester.name"]
    assert unseal(box.unwrap(KEY, new.wrapped), EVENT, "requester.name", sealed) == NAME
    with pytest.raises(InvalidTag):
        unseal(new.key, EVENT, "requester.telephone", sealed)
    with pytest.raises(InvalidTag):
        unseal(new.key, UUID(int=9), "requester.name", sealed)
    with pytest.raises(InvalidTag):
        box.unwrap(UUID(int=4), new.wrapped)


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "access" / "vault.key"
    KeyBox.from_file(path)
    first = path.read_bytes()
    KeyBox.from_file(path)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (first, 0o600)
    assert [each.name for each in path.parent.iterdir()] == ["vault.key"]


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    path.write_bytes(bytes(32))
    path.chmod(0o644)
    with pytest.raises(KeyFileUnsafe, match="chmod 600"):
        KeyBox.from_file(path)


def held_by(path: Path) -> list[Held]:
    return [Held(key_id=KEY, wrapped=KeyBox.from_file(path).new_key(KEY).wrapped)]


def test_an_empty_vault_gets_its_key_and_a_vault_opens_with_the_key_that_wrapped_it(tmp_path: Path) -> None:
    path = tmp_path / "access" / "vault.key"
    fitting_key([], path)
    assert path.stat().st_size == 32
    held = held_by(path)
    assert len(fitting_key(held, path).unwrap(KEY, held[0].wrapped)) == 32


def test_a_vault_that_holds_keys_gets_no_new_key_in_the_place_of_a_missing_one(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    held = held_by(path)
    path.unlink()
    with pytest.raises(VaultKeyRefused, match=rf"{path} is missing.*bring the file back.*docs/backup.md"):
        fitting_key(held, path)
    assert not path.exists()


def test_a_key_that_opens_only_one_end_of_the_vault_is_refused(tmp_path: Path) -> None:
    oldest, newest = held_by(tmp_path / "before"), held_by(tmp_path / "vault.key")
    with pytest.raises(VaultKeyRefused, match=f"is another key than the one that wrapped key {KEY}"):
        fitting_key(oldest + newest, tmp_path / "vault.key")
