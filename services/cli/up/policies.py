"""The shipped packs are adopted once, at the first start, by the installation's administrator."""

from __future__ import annotations

from pathlib import Path

SHIPPED = ("spd-cctv", "npa-bwc", "daan-cctv", "taipei-live")


def adopt_shipped(home: Path) -> None:
    """Adopt every shipped pack that this installation hasn't adopted yet; a second start adopts nothing."""
    from services.cli.client import Client, console

    client = Client("admin-root", home)
    listed = client.get("access", "/policies")["policies"]
    in_force = {one["policy_id"] for one in listed if one["in_force"]}
    for policy_id in (one for one in SHIPPED if one not in in_force):
        client.post("access", "/policies/adopt", {"policy_id": policy_id, "instrument": "as shipped"})
        console.print(f"[dim]·[/dim] policy {policy_id} is in force", highlight=False)
