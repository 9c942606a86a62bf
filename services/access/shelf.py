"""The policy packs that this service can judge by: those on offer, and every adopted version, kept whole for ever."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from services.kernel.policy import Facts, Pack
from services.kernel.policy.facts import text
from services.kernel.policy.paper import fields_of
from services.runtime.logs import logger
from services.runtime.packs import PackBroken, PackFolder, load_checked, pack_folders


class Shelf:
    """Packs by id and version. ``offered`` is the folder people edit; ``kept`` holds adopted versions unchanged."""

    def __init__(self, offered: Path, kept: Path) -> None:
        self._offered, self._kept = offered, kept
        self._by_version: dict[tuple[str, int], PackFolder] = {}
        self._newest: dict[str, PackFolder] = {}
        self._broken: dict[str, PackBroken] = {}
        self.reload()

    def reload(self) -> None:
        """Read the folders anew; a kept version wins over an offered one of the same number, which may be edited."""
        newest = {each.pack.id: each for each in self._loadable()}
        by_version = {(each.pack.id, each.pack.version): each for each in newest.values()}
        for folder in self._kept.glob("*/*/policy.yaml"):
            loaded = load_checked(folder.parent)
            by_version[loaded.pack.id, loaded.pack.version] = loaded
        # What was adopted stays on the list while the next version is being edited.
        for (policy_id, _), kept in sorted(by_version.items()):
            if policy_id not in newest or policy_id in self._broken:
                newest[policy_id] = kept
        self._newest, self._by_version = newest, by_version

    def _loadable(self) -> Iterator[PackFolder]:
        """Yield the packs on offer; one that somebody is still editing must not stop the others, nor our start."""
        self._broken = {}
        for folder in pack_folders(self._offered):
            try:
                yield load_checked(folder)
            except PackBroken as broken:
                self._broken[folder.name] = broken
                logger().warning("policy.broken", folder=folder.name, faults=len(broken.faults))

    def find(self, policy_id: str, version: int) -> Pack | None:
        """Return one version of a pack, None if neither folder has it."""
        if (policy_id, version) not in self._by_version:
            # Another process of this service may have adopted it since we read the folders.
            self.reload()
        found = self._by_version.get((policy_id, version))
        return found.pack if found is not None else None

    def versions(self, policy_id: str) -> list[Pack]:
        """Return every version of a pack that can be judged by, the newest first."""
        found = [each.pack for (known, _), each in self._by_version.items() if known == policy_id]
        return sorted(found, key=lambda pack: -pack.version)

    def offered(self, policy_id: str) -> PackFolder | None:
        """Return the version that lies in the folder of packs now, adopted or not; if broken, the last adopted."""
        return self._newest.get(policy_id)

    def broken(self, policy_id: str) -> PackBroken | None:
        """Return what is wrong with the version that lies in the folder of packs now, None if nothing is."""
        return self._broken.get(policy_id)

    def all_offered(self) -> Mapping[str, PackFolder]:
        """Return every pack on offer by its id."""
        return self._newest

    def change_roles(self, policy_id: str) -> frozenset[str]:
        """Return the roles that any version of a pack wants among those who change it."""
        return frozenset(role for pack in self.versions(policy_id) for role in pack.change_control.roles)

    def keep(self, policy_id: str) -> None:
        """Copy the offered version beside the adopted ones; it is never edited there."""
        folder = self._newest[policy_id]
        target = self._kept / policy_id / f"{folder.pack.version}-{folder.pack.digest[:12]}"
        if not target.exists():
            shutil.copytree(folder.path, target.with_suffix(".part"), dirs_exist_ok=True)
            target.with_suffix(".part").rename(target)

    def personal_names(self, pack: Pack) -> frozenset[str]:
        """Return the facts that this pack's forms mark as naming a person."""
        return frozenset(
            text(field.get("fact"))
            for form in self.forms(pack)
            for field in fields_of(form)
            if field.get("personal") is True
        )

    def forms(self, pack: Pack) -> tuple[Facts, ...]:
        """Return the forms of exactly this version, as they stand in its folder."""
        folder = self._by_version.get((pack.id, pack.version))
        return () if folder is None else tuple(folder.forms.values())
