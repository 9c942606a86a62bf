"""Tokens that let a browser fetch bytes for a minute: sealed by a key that changes every hour, readable by nobody."""

from __future__ import annotations

import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import astuple
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.access.key_files import KeyFileUnsafe, kept_key
from services.access.media.facts import Token

LIVES_MS: Final = 60_000
KEY_LIVES_MS: Final = 3_600_000
TOKEN_CHARS_MAX: Final = 2_000
KEY_BYTES, NONCE_BYTES, EPOCH_BYTES = 32, 12, 8
PURPOSE: Final = b"camledger.media.v1"


class NotOurs(Exception):
    """The token wasn't sealed here, was changed since, or is older than any key that is still accepted."""


class Seal:
    """Seals and opens tokens. Every process of access that shares ``root`` opens what another has sealed."""

    def __init__(self, root: bytes) -> None:
        assert len(root) == KEY_BYTES
        self._root = root

    @classmethod
    def from_file(cls, path: Path) -> Seal:
        """Read the root key; a first start makes one that only its owner can read. Raises KeyFileUnsafe."""
        root = kept_key(path, lambda: secrets.token_bytes(KEY_BYTES))
        if len(root) != KEY_BYTES:
            raise KeyFileUnsafe(f"{path} has {len(root)} bytes, not {KEY_BYTES}: take it away, and a start makes one")
        return cls(root)

    def close(self, token: Token, now: int) -> str:
        """Return a token as a browser carries it."""
        epoch, nonce = now // KEY_LIVES_MS, secrets.token_bytes(NONCE_BYTES)
        told = json.dumps(astuple(token), separators=(",", ":")).encode()
        sealed = self._key(epoch).encrypt(nonce, told, PURPOSE)
        return urlsafe_b64encode(epoch.to_bytes(EPOCH_BYTES, "big") + nonce + sealed).rstrip(b"=").decode()

    def open(self, sealed: str, now: int) -> Token:
        """Return what a token says. Raises NotOurs; whether it still holds is for the policies to say."""
        if len(sealed) > TOKEN_CHARS_MAX:
            raise NotOurs
        try:
            raw = urlsafe_b64decode(sealed.encode("ascii") + b"=" * (-len(sealed) % 4))
        except (ValueError, NotBase64) as strange:
            raise NotOurs from strange
        epoch, rest = int.from_bytes(raw[:EPOCH_BYTES], "big"), raw[EPOCH_BYTES:]
        if epoch not in (now // KEY_LIVES_MS, now // KEY_LIVES_MS - 1):
            raise NotOurs
        try:
            told = self._key(epoch).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], PURPOSE)
        except (InvalidTag, ValueError) as changed:
            raise NotOurs from changed
        person, address, viewing, grant_version, starts, ends, expires = json.loads(told)
        return Token(
            person=person,
            address=address,
            viewing=viewing,
            grant_version=grant_version,
            starts=starts,
            ends=ends,
            expires=expires,
        )

    def _key(self, epoch: int) -> AESGCM:
        return AESGCM(hmac.digest(self._root, PURPOSE + epoch.to_bytes(EPOCH_BYTES, "big"), sha256))
