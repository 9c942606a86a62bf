"""Packs by what the protection log names: id, version and digest. One that isn't here exactly permits nothing (I3)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from services.kernel.policy import Pack
from services.kernel.protection import PolicyBinding, ProtectionLog
from services.retention.timing import Rules
from services.runtime.packs import PackBroken, folder_digest, load_pack, pack_folders


class Library:
    """The folder of packs. A pack is loaded once; its digest is asked for again when an unknown one is wanted."""

    def __init__(self, policies: Path) -> None:
        self._policies = policies
        self._packs: dict[str, Pack] = {}

    def rules(self, log: ProtectionLog, camera_id: str, retention_class: str, now: datetime) -> Rules | None:
        """Return what binds a camera now, None if nothing does or its pack isn't in the folder."""
        policy_id = log.policy_of(camera_id, retention_class, now)
        binding = log.binding(policy_id, now) if policy_id else None
        pack = self.pack(binding) if binding else None
        return Rules(pack=pack, binding=binding) if pack and binding else None

    def pack(self, binding: PolicyBinding) -> Pack | None:
        """Return the pack of a binding; version and digest must both be right."""
        if binding.digest not in self._packs:
            self._look_again()
        found = self._packs.get(binding.digest)
        return found if found and (found.id, found.version) == (binding.policy_id, binding.version) else None

    def _look_again(self) -> None:
        for folder in pack_folders(self._policies):
            digest = folder_digest(folder)
            if digest not in self._packs:
                self._load(digest, folder)

    def _load(self, digest: str, folder: Path) -> None:
        try:
            self._packs[digest] = load_pack(folder)
        except PackBroken:
            # Somebody is editing a version that doesn't bind yet; those that bind stay as they were loaded.
            return
