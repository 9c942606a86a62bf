"""The policy packs that this service can judge by: those on offer, and every adopted version, kept whole for ever."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from services.kernel.policy import Facts, Pack
from services.kernel.policy.facts import mappings, text
from services.runtime.packs import PackFolder, load_folder, pack_folders


class Shelf:
    """Packs by id and version. ``offered`` is the folder people edit; ``kept`` holds adopted versions unchanged."""

    def __init__(self, offered: Path, kept: Path) -> None:
        self._offered, self._kept = offered, kept
        self._by_version: dict[tuple[str, int], PackFolder] = {}
        self._newest: dict[str, PackFolder] = {}
        self.reload()

    def reload(self) -> None:
        """Read the folders anew; a kept version wins over an offered one of the same number, which may be edited."""
        newest = {each.pack.id: each for each in map(load_folder, pack_folders(self._offered))}
        by_version = {(each.pack.id, each.pack.version): each for each in newest.values()}
        for folder in self._kept.glob("*/*/policy.yaml"):
            loaded = load_folder(folder.parent)
            by_version[loaded.pack.id, loaded.pack.version] = loaded
        self._newest, self._by_version = newest, by_version

    def find(self, policy_id: str, version: int) -> Pack | None:
        """Return one version of a pack, None if neither folder has it."""
        found = self._by_version.get((policy_id, version))
        return found.pack if found is not None else None

    def offered(self, policy_id: str) -> PackFolder | None:
        """Return the version that lies in the folder of packs now, adopted or not."""
        return self._newest.get(policy_id)

    def all_offered(self) -> Mapping[str, PackFolder]:
        """Return every pack on offer by its id."""
        return self._newest

    def keep(self, policy_id: str) -> None:
        """Copy the offered version beside the adopted ones; it is never edited there."""
        folder = self._newest[policy_id]
        target = self._kept / policy_id / f"{folder.pack.version}-{folder.pack.digest[:12]}"
        if not target.exists():
            shutil.copytree(folder.path, target.with_suffix(".part"), dirs_exist_ok=True)
            target.with_suffix(".part").rename(target)

    def personal_names(self, pack: Pack) -> frozenset[str]:
        """Return the facts that this pack's forms mark as naming a person."""
        folder = self._by_version.get((pack.id, pack.version))
        return frozenset() if folder is None else frozenset(_personal(folder))


def _personal(folder: PackFolder) -> list[str]:
    fields: list[Facts] = [
        each for form in folder.forms.values() for section in mappings(form.get("sections"))
        for each in mappings(section.get("fields"))
    ]  # fmt: skip
    return [text(each.get("fact")) for each in fields if each.get("personal") is True]
