"""Why there is no certificate: each names what stands in the way, and what to do."""

from __future__ import annotations

from services.runtime.refusal import Refusal


def unknown(what: str) -> Refusal:
    """Nothing of the kind was ever recorded."""
    return Refusal(
        "NotKnown",
        status=404,
        title="Not known here",
        detail=f"no {what} is on the log",
        remedy="camledger segment list shows what was recorded",
    )


def not_destroyed(detail: str, *, held: bool) -> Refusal:
    """It exists: nobody certifies the destruction of what is held or kept."""
    return Refusal(
        "Held" if held else "NotDestroyed",
        status=409,
        title="Protected, not destroyed" if held else "Not destroyed",
        detail=detail,
        rule="certificate",
        remedy="camledger segment explain says why it still exists and what comes next",
    )


def too_many(limit: int) -> Refusal:
    """More than one certificate should hold."""
    return Refusal(
        "TooMany",
        status=422,
        title="Too much for one certificate",
        detail=f"it covers more than {limit} segments",
        rule="certificate",
        remedy="ask by camera and hour: deletion certificate CAMERA --hour",
    )


def not_proven(missing: int) -> Refusal:
    """The topics aren't read as far as the receipt yet."""
    return Refusal(
        "NotProvenYet",
        status=409,
        title="The audit log isn't complete for it yet",
        detail=f"{missing} events that it rests on have no entry in the audit log yet",
        rule="certificate",
        remedy="ask again in a minute; camledger fsck says whether something is missing for good",
    )
