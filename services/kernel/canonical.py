"""The one way to write a document whose digest others cite: certificates and simulation reports."""

from __future__ import annotations

import json
from hashlib import sha256


def canonical(document: object) -> bytes:
    """Return the one way to write a document: UTF-8, keys in order, no spaces. Raises ValueError for NaN."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()


def digest_of(document: object) -> str:
    """Return sha256 of the canonical bytes, in hex."""
    return sha256(canonical(document)).hexdigest()
