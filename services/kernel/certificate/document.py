"""How a certificate is written: one canonical form, sealed by the digest of everything else in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from services.kernel.canonical import digest_of

FORMAT: Final = "camledger.deletion-certificate/1"
SEAL: Final = "digest"
UNKNOWN: Final = "unknown"  # a minimum, where the policy's files weren't at hand when the certificate was made

NEEDS_EARLIER: Final = "that no earlier answer told of a mark said again: only the whole log shows what isn't in it"


def digest(document: Mapping[str, Any]) -> str:
    """Return sha256 in hex of the document without its seal."""
    return digest_of({name: value for name, value in document.items() if name != SEAL})


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with its digest in it."""
    return {**document, SEAL: digest(document)}


def exact(instant: datetime) -> str:
    """Return an instant as the audit log writes it: UTC, to the microsecond, always as long."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
