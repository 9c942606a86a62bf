"""Who asks for what and who signs in the demo: accounts of the made-up people, and the forms that they fill in."""

from __future__ import annotations

from typing import Any

from services.cli.demo.plan import BODY, CORNER, PLAZA

Answer = dict[str, Any]

APPLICANT, AGENCY, DETECTIVE, IMMIGRATION = "officer-lin", "agency-novak", "detective-oya", "ice-doe"

ANNEX_3 = (
    ("sign", None),
    ("applicant_supervisor", "head-chen"),
    ("system_manager", "sysman-wu"),
    ("manager_supervisor", "supervisor-kao"),
    ("secretary", "secretary-ho"),
    ("director", "director-tsai"),
)
"""The district office's chain: step and the account that signs it; None is the applicant."""

CAMERAS: tuple[Answer, ...] = (
    {
        "camera_id": PLAZA,
        "kind": "fixed",
        "agency": "daan-hro",
        "area": "hall",
        "place": "counter hall",
        "direction": "north",
        "policy_id": "daan-cctv",
        "values": {"number": 1, "place": "counter hall", "direction": "north", "coverage": "public_space_inside"},
    },
    {"camera_id": BODY, "kind": "body_worn", "agency": "npa", "device_owner": "public", "policy_id": "npa-bwc"},
    {
        "camera_id": CORNER,
        "kind": "fixed",
        "agency": "spd",
        "area": "third avenue",
        "place": "third and pine",
        "direction": "south",
        "mask_areas": ["window-1"],
        "policy_id": "spd-cctv",
        "values": {
            "camera_id": CORNER,
            "site": "third and pine",
            "justification": "gun_violence",
            "public_location": "third avenue at pine street",
            "mask_areas": ["window-1"],
            "faces_public_space_only": True,
        },
    },
)


def preservation(interval: list[str]) -> Answer:
    """Another agency's request to preserve footage (DAAN-09)."""
    return {
        "policy_id": "daan-cctv",
        "requester": {
            "class": "agency",
            "name": "Novak (made up)",
            "unit": "county police",
            "telephone": "555-0100",
        },
        "request": {
            "kind": "preservation",
            "action": "preserve",
            "cameras": [PLAZA],
            "interval": interval,
            "legal_basis": "point_7_2",
            "purpose": "theft at the counter, case 115-0042",
        },
        "documents": [],
    }


def internal_view(interval: list[str]) -> Answer:
    """The office's own request to view footage (DAAN-05)."""
    return {
        "policy_id": "daan-cctv",
        "requester": {
            "class": "internal",
            "name": "Lin (made up)",
            "unit": "household registration",
            "telephone": "555-0101",
        },
        "request": {
            "kind": "internal",
            "action": "view",
            "cameras": [PLAZA],
            "interval": interval,
            "legal_basis": "point_6_1",
            "purposes": ["public_order"],
            "purpose": "dispute at the counter",
        },
        "documents": [],
    }


def seattle(requester_class: str, kind: str, asks: str, interval: list[str]) -> Answer:
    """A request under Seattle's policy that its rules route (SPD-13) or refuse (SPD-08)."""
    return {
        "policy_id": "spd-cctv",
        "requester": {"class": requester_class, "on_behalf_of": ["nobody"], "name": "made up"},
        "request": {
            "kind": kind,
            "action": "copy",
            "cameras": [CORNER],
            "interval": interval,
            "subjects": ["other_crime"],
            "asks": [asks],
            "purpose": "as stated",
            "ground": "warrant",
            "reference": "W-1",
            "case_number": "26-0001",
        },
        "documents": ["warrant_copy"],
    }
