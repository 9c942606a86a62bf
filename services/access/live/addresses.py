"""Which addresses the installation lets near a live picture; the policy's own list comes on top."""

from __future__ import annotations

from services.access.live.settings import LiveSettings
from services.runtime.addresses import is_in, read


def may_come_near(address: str, settings: LiveSettings) -> bool:
    """Tell whether the installation lets an address near a live picture: one that can't be told never."""
    found = read(address)
    return found is not None and (not settings.near or is_in(found, settings.near))
