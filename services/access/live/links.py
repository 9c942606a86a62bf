"""The links of one picture: sealed, for one person at one address, for a minute. None shows where it comes from."""

from __future__ import annotations

import base64
import binascii
import os
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SECRET_BYTES, NONCE_BYTES, TIME_BYTES = 32, 12, 8
LIVES_S: Final = 60
LINK_CHARS_MAX: Final = 6_000


class Kind(StrEnum):
    """What a link leads to; its suffix tells players, which go by names."""

    PLAYLIST = "m3u8"
    HEAD = "mp4"
    FRAGMENT = "m4s"
    SEGMENT = "ts"


class BadLink(ValueError):
    """A link that isn't this picture's, was changed, or is too old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where one part of a picture lies upstream."""

    kind: Kind
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Seals the links of one open picture."""

    live_id: UUID
    person: str
    address: str
    secret: bytes

    def sealed(self, link: Link, now_s: int) -> str:
        """Return a link's name, good until a minute from now."""
        nonce = os.urandom(NONCE_BYTES)
        plain = (now_s + LIVES_S).to_bytes(TIME_BYTES) + link.url.encode()
        closed = AESGCM(self.secret).encrypt(nonce, plain, self._about(link.kind))
        return f"{base64.urlsafe_b64encode(nonce + closed).decode().rstrip('=')}.{link.kind}"

    def opened(self, name: str, now_s: int) -> Link:
        """Return where a name leads; raises BadLink for anything that this picture didn't give out lately."""
        body, _, suffix = name.rpartition(".")
        if len(name) > LINK_CHARS_MAX or suffix not in set(Kind):
            raise BadLink("not a link of ours")
        try:
            raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
            plain = AESGCM(self.secret).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], self._about(Kind(suffix)))
        except (binascii.Error, InvalidTag, ValueError) as error:
            raise BadLink("not a link of this picture, for this person at this address") from error
        if int.from_bytes(plain[:TIME_BYTES]) <= now_s:
            raise BadLink("older than a minute")
        return Link(kind=Kind(suffix), url=plain[TIME_BYTES:].decode())

    def _about(self, kind: Kind) -> bytes:
        return f"{self.live_id}\n{self.person}\n{self.address}\n{kind}".encode()


def new_secret() -> bytes:
    """Return the secret of a picture that is being opened."""
    return os.urandom(SECRET_BYTES)
