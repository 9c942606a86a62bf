"""The shipped packs are adopted once, at the first start, by the installation's administrator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from services.cli.client import Client

if TYPE_CHECKING:
    from services.cli.up.installation import Installation

SHIPPED = ("spd-cctv", "npa-bwc", "daan-cctv", "taipei-live")


def adopt_shipped(installation: Installation, say: Callable[[str], None]) -> None:
    """Adopt every shipped pack that this installation hasn't adopted yet; a second start adopts nothing."""
    client = Client("admin-root", installation.home.root)
    listed = client.get("access", "/policies")["policies"]
    in_force = {one["policy_id"] for one in listed if one["in_force"]}
    for policy_id in SHIPPED:
        if policy_id not in in_force:
            client.post("access", "/policies/adopt", {"policy_id": policy_id, "instrument": "as shipped"})
            say(f"policy {policy_id} is in force")
