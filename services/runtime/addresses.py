"""From which address a request comes: the peer's own, unless a proxy that we trust says whom it speaks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

Network = IPv4Network | IPv6Network
FORWARDED: Final = "x-forwarded-for"
HOPS_MAX: Final = 20


class NetworkUnreadable(ValueError):
    """A network of CAMLEDGER_TRUSTED_PROXIES that is none."""


@lru_cache(maxsize=16)
def networks(said: str) -> tuple[Network, ...]:
    """Return the networks of a setting, separated by commas. Raises NetworkUnreadable."""
    try:
        return tuple(ip_network(each.strip()) for each in said.split(",") if each.strip())
    except ValueError as error:
        raise NetworkUnreadable(
            f"CAMLEDGER_TRUSTED_PROXIES: {error}; write networks such as 10.0.0.0/8, separated by commas"
        ) from error


def address_of(peer: str, headers: Mapping[str, str], trusted: Sequence[Network]) -> str:
    """Return the nearest address that isn't a trusted proxy's own: what stands to its left anybody may have written."""
    hops = [each.strip() for each in headers.get(FORWARDED, "").split(",")][-HOPS_MAX:]
    found = peer
    while hops and hops[-1] and _is_in(found, trusted):
        found = hops.pop()
    return found if _is_address(found) or found == peer else peer


def _is_in(address: str, trusted: Sequence[Network]) -> bool:
    return _is_address(address) and any(ip_address(address) in each for each in trusted)


def _is_address(said: str) -> bool:
    try:
        return bool(ip_address(said))
    except ValueError:
        return False
