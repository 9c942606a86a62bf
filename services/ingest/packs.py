"""The packs that are installed beside this service, by the version and digest that the protection log names."""

from __future__ import annotations

from pathlib import Path

from services.kernel.policy import Pack
from services.runtime.packs import load_pack, pack_folders


class InstalledPacks:
    """Looks again when a version is asked for that wasn't there: adoption puts files down before it binds them."""

    def __init__(self, policies: Path) -> None:
        self._policies = policies
        self._known: dict[tuple[str, int, str], Pack] = {}

    def version(self, policy_id: str, version: int, digest: str) -> Pack | None:
        """Return the version with exactly these bytes; None if it isn't installed (then nothing may go)."""
        wanted = (policy_id, version, digest)
        if wanted not in self._known:
            self._look()
        return self._known.get(wanted)

    def newest(self, policy_id: str) -> Pack | None:
        """Return the highest installed version, for records that are kept before anything binds."""
        self._look()
        found = [pack for (name, _, _), pack in self._known.items() if name == policy_id]
        return max(found, key=lambda pack: pack.version, default=None)

    def _look(self) -> None:
        for folder in pack_folders(self._policies):
            pack = load_pack(folder)
            self._known[pack.id, pack.version, pack.digest] = pack
