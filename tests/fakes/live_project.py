"""What the five offices of a live project say, in their order; a test changes what it is about."""

from __future__ import annotations

from typing import Any

RECORD = {
    "name": "river festival",
    "purpose": "large_event",
    "lead_agency": "department of culture",
    "police_contact": "p-0023",
    "dashboard_admin": "p-0024",
    "outsourced": False,
}
OFFICES = {
    "group": "lead-ong",
    "lead_decision": "executive-jian",
    "police_consent": "consent-hsu",
    "members": "lead-ong",
    "set_permissions": "dashboard-yen",
}
LOOPBACK = ("127.0.0.0/8",)


def says(
    cameras: list[str],
    period: tuple[str, str],
    members: tuple[str, ...] = ("p-0001",),
    networks: tuple[str, ...] = LOOPBACK,
) -> dict[str, dict[str, Any]]:
    """Return the body of each decision."""
    starts, ends = period
    said: dict[str, dict[str, Any]] = {
        "group": {"record": RECORD},
        "lead_decision": {},
        "police_consent": {"cameras": cameras},
        "members": {"members": list(members)},
        "set_permissions": {"period_from": starts, "period_to": ends, "networks": list(networks)},
    }
    return {decision: {"decision": decision, **more} for decision, more in said.items()}
