"""Packs by what the protection log names: id, version and digest. One that isn't here exactly permits nothing (I3)."""

from __future__ import annotations

from datetime import datetime

from services.kernel.binding import PolicyBinding
from services.kernel.policy import Pack
from services.kernel.protection import ProtectionLog
from services.retention.timing import Rules
from services.runtime.kept_packs import KeptPacks
from services.runtime.settings import Settings


class Library:
    """The packs that this service judges by, kept below its own home."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._packs = KeptPacks(settings.policies, settings.home / "retention" / "policies")

    def rules(self, log: ProtectionLog, camera_id: str, retention_class: str, now: datetime) -> Rules | None:
        """Return what binds a camera now, None if nothing does or its pack isn't here."""
        policy_id = log.policy_of(camera_id, retention_class, now)
        binding = log.binding(policy_id, now) if policy_id else None
        pack = self.pack(binding) if binding else None
        return Rules(pack=pack, binding=binding) if pack and binding else None

    def pack(self, binding: PolicyBinding) -> Pack | None:
        """Return the pack of a binding; version and digest must both be right."""
        return self._packs.version(binding.policy_id, binding.version, binding.digest)

    async def fetch(self, log: ProtectionLog) -> None:
        """Ask access for every version that the log names and that isn't here."""
        await self._packs.fetch(self._settings, [each for versions in log.policies.values() for each in versions])
