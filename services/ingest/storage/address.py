"""Where a store is, as ``CAMLEDGER_STORAGE`` names it: a folder, or a bucket. Credentials never stand in an address."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

SCHEME = "s3://"
QUERY = frozenset({"endpoint", "region", "path_style"})
EXAMPLE = "s3://footage/camledger?endpoint=https://objects.example.org&region=eu-west-1&path_style=true"


class BadAddress(ValueError):
    """The address of a store can't be used; the message names the value, the rule and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAddress:
    """A bucket and the prefix below which the store lies; no endpoint means the provider's own for the region."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    path_style: bool = False

    def __str__(self) -> str:
        at = f" at {self.endpoint}" if self.endpoint else ""
        return f"{SCHEME}{self.bucket}/{self.prefix}{at}"


def address(text: str) -> Path | BucketAddress:
    """Return the folder or bucket that an address names. Raises BadAddress."""
    if not text.startswith(SCHEME):
        if "://" in text:
            raise BadAddress(f"storage {text!r}: only a folder or {SCHEME}bucket/prefix is known, as {EXAMPLE}")
        return Path(text)
    parts = urlsplit(text)
    if "@" in parts.netloc:
        raise BadAddress(
            f"storage {SCHEME}***@{parts.hostname}: no credentials in the address, where logs and process lists show "
            "them; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from a secret"
        )
    if not parts.netloc:
        raise BadAddress(f"storage {text!r} names no bucket: write it as {EXAMPLE}")
    return _bucket(parts, text)


def _bucket(parts: SplitResult, text: str) -> BucketAddress:
    query = dict(parse_qsl(parts.query))
    if unknown := sorted(query.keys() - QUERY):
        raise BadAddress(f"storage {text!r} has {unknown}: known are {sorted(QUERY)}, as in {EXAMPLE}")
    prefix = unquote(parts.path).strip("/")
    return BucketAddress(
        bucket=parts.netloc,
        prefix=f"{prefix}/" if prefix else "",
        endpoint=query.get("endpoint", ""),
        region=query.get("region", ""),
        path_style=query.get("path_style", "").lower() in {"true", "1", "yes"},
    )
