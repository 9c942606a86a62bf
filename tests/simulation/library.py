"""The policy of the simulated city: one small pack, as many versions of it as the seed adopts."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from services.kernel.policy import Pack, pack_from
from services.runtime.strict_yaml import parse

POLICY = "sim-city"
BASE = Path(__file__).parents[2] / "policies" / "daan-cctv" / "policy.yaml"
DAYS_FIRST = 2


@cache
def _base() -> dict[str, Any]:
    document: Any = parse(BASE.read_text("utf-8")).value
    document |= {"id": POLICY, "time": {"zone": "UTC", "readings": ["instant"]}}
    document["change_control"]["shorten"] |= {"notice": "P1D", "roles": []}
    document["retention"]["recovery"] = {"period": "P1D"}
    document["acts"] = []
    assert isinstance(document, dict)
    return document


@cache
def version(number: int, days: int) -> Pack:
    """Return one version that keeps footage at least so many days, and lets it go a day later."""
    document = deepcopy(_base())
    document |= {"version": number, "effective": "2026-01-01"}
    document["retention"]["rules"][0]["keep_at_least"] = f"P{days}D"
    return pack_from(document, digest=sha256(f"{number}/{days}".encode()).hexdigest())


class Library:
    """Every version that was adopted in one world; access and custody both look here."""

    def __init__(self) -> None:
        self._packs: dict[tuple[int, str], Pack] = {}
        self.newest_version = 0

    def adopt(self, days: int) -> Pack:
        """Make the next version."""
        self.newest_version += 1
        pack = version(self.newest_version, days)
        self._packs[pack.version, pack.digest] = pack
        return pack

    def version(self, policy_id: str, number: int, digest: str) -> Pack | None:
        """Return one version, as custody asks."""
        return self._packs.get((number, digest)) if policy_id == POLICY else None

    def newest(self, policy_id: str) -> Pack | None:
        """Return the highest version, as the registry asks."""
        return self.find(policy_id, self.newest_version)

    def find(self, policy_id: str, number: int) -> Pack | None:
        """Return one version, as access asks."""
        found = [pack for (known, _), pack in self._packs.items() if known == number]
        return found[0] if found and policy_id == POLICY else None
