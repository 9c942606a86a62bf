"""AES-256-GCM: one key a request, wrapped by a key-encryption key that lives in a file outside the database."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.access.key_files import KeyFileUnsafe, given_key, kept_key
from services.access.vault.personal import Personal

KEY_BYTES = 32
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """One encrypted value."""

    nonce: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A fresh key: ``wrapped`` is stored, ``digest`` is told when it is destroyed, ``key`` never leaves memory."""

    key: bytes
    wrapped: bytes
    digest: str


class KeyEncryption(Protocol):
    """Wraps the keys of requests. ``KeyBox`` does it with a key in a file; a token or a KMS fits as well."""

    def new_key(self, key_id: UUID) -> NewKey:
        """Return a random key for one request, wrapped for ``key_id`` and nothing else."""
        ...

    def unwrap(self, key_id: UUID, wrapped: bytes) -> bytes:
        """Return the key of one request; raises InvalidTag if it was wrapped for another."""
        ...


class KeyBox:
    """Wraps and unwraps the keys of requests with a key-encryption key that this process holds."""

    def __init__(self, master: bytes) -> None:
        assert len(master) == KEY_BYTES
        self._aead = AESGCM(master)

    @classmethod
    def from_file(cls, path: Path, *, may_make: bool = True) -> KeyBox:
        """Read the key-encryption key; a first start makes one that only its owner can read, where it may.

        Raises KeyFileUnsafe.
        """
        master = kept_key(path, _new_master) if may_make else given_key(path)
        if len(master) != KEY_BYTES:
            raise KeyFileUnsafe(f"{path} has {len(master)} bytes, not {KEY_BYTES}: it holds the key itself, not a text")
        return cls(master)

    def new_key(self, key_id: UUID) -> NewKey:
        """Return a random key for one request, wrapped for ``key_id`` and nothing else."""
        key, nonce = AESGCM.generate_key(bit_length=KEY_BYTES * 8), os.urandom(NONCE_BYTES)
        wrapped = nonce + self._aead.encrypt(nonce, key, key_id.bytes)
        return NewKey(key=key, wrapped=wrapped, digest=hashlib.sha256(key).hexdigest())

    def unwrap(self, key_id: UUID, wrapped: bytes) -> bytes:
        """Return the key of one request; raises InvalidTag if it was wrapped for another."""
        return self._aead.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], key_id.bytes)


def seal(key: bytes, event_id: UUID, fields: Mapping[str, Personal]) -> dict[str, Sealed]:
    """Encrypt each field for its name and the event that refers to it: for another one it no longer opens."""
    return {name: _seal(key, event_id, name, value) for name, value in fields.items()}


def unseal(key: bytes, event_id: UUID, name: str, value: Sealed) -> Personal:
    """Decrypt one field. Raises InvalidTag if it was sealed for another event, or under another name."""
    return Personal(AESGCM(key).decrypt(value.nonce, value.sealed, _bound(event_id, name)).decode())


def _new_master() -> bytes:
    return AESGCM.generate_key(bit_length=KEY_BYTES * 8)


def _seal(key: bytes, event_id: UUID, name: str, value: Personal) -> Sealed:
    nonce = os.urandom(NONCE_BYTES)
    return Sealed(nonce=nonce, sealed=AESGCM(key).encrypt(nonce, value.reveal().encode(), _bound(event_id, name)))


def _bound(event_id: UUID, name: str) -> bytes:
    return event_id.bytes + name.encode()
