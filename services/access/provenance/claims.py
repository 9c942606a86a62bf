"""What a copy says of itself in its C2PA manifest. Pure; it names no person but by the id that the log has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.access.protections.wording import iso

ORIGINAL, MARKED, REDACTED = "original", "marked", "redacted"
CAPTURED: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
LABEL: Final = "org.camledger.copy"
# The containers that the C2PA standard says how to write into, by the names that FFmpeg gives them.
FORMATS: Final = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "mov,mp4,m4a,3gp,3g2,mj2": "video/mp4",
    "avi": "video/avi",
}
EDITS: Final = {
    MARKED: "the applicant's pseudonym and the number of the request are burnt into the picture",
    REDACTED: "parts were made unrecognisable by the custodian before this copy was handed in",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One copy as its manifest tells it."""

    form: str
    request_id: UUID
    copy_number: str
    applicant: str
    camera_id: str
    footage_from: datetime
    footage_to: datetime
    native_sha256: str
    segment_sha256: str


def format_of(container: str) -> str:
    """Return the media type under which a container can be signed, empty where it can't."""
    return FORMATS.get(container, "")


def manifest(claim: Claim, container: str) -> dict[str, Any]:
    """Return the manifest of a copy as the C2PA library takes it."""
    return {
        "claim_generator_info": [{"name": "camledger", "version": "1"}],
        "title": claim.copy_number,
        "format": format_of(container),
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": [_action(claim.form)]}},
            {"label": LABEL, "data": _told(claim)},
        ],
    }


def lines(claim: Claim) -> list[str]:
    """Return what is burnt into the pictures of a marked copy."""
    return [
        f"{claim.applicant}  request {claim.request_id}",
        f"copy {claim.copy_number}  {claim.camera_id}  {iso(claim.footage_from)}",
    ]


def _action(form: str) -> dict[str, Any]:
    if form == ORIGINAL:
        return {"action": "c2pa.created", "digitalSourceType": CAPTURED}
    return {"action": "c2pa.edited", "description": EDITS[form]}


def _told(claim: Claim) -> dict[str, Any]:
    return {
        "form": claim.form,
        "request_id": str(claim.request_id),
        "copy_number": claim.copy_number,
        "applicant": claim.applicant,
        "camera_id": claim.camera_id,
        "footage_from": iso(claim.footage_from),
        "footage_to": iso(claim.footage_to),
        "native_sha256": claim.native_sha256,
        "segment_sha256": claim.segment_sha256,
    }
