"""From which address somebody comes: the connection's own, or, behind our own proxies, the one that they vouch for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from services.access.live.settings import LiveSettings
from services.runtime.addresses import Network

Address = IPv4Address | IPv6Address
HOPS_MAX: Final = 20
FOR: Final = re.compile(r'(?:^|;)\s*for\s*=\s*("[^"]*"|[^;"\s]+)\s*(?=;|$)', re.IGNORECASE)
NOWHERE: Final = ""


def address_of(peer: str, headers: Mapping[str, str], proxies: Sequence[Network], header: str) -> str:
    """Return the address that a request comes from, "" where it can't be told: that is on no list.

    Read from the right: each of our proxies adds the one that it heard, so the first that isn't ours is the answer,
    and whatever stands left of it was written by the person who asks. ``services.runtime.addresses`` counts requests by
    address and takes a garbled header for the proxy's; here that would be an address on a list, so it is nowhere.
    """
    here = _address(peer)
    if here is None:
        return NOWHERE
    hops = _hops(headers.get(header, ""), header)
    while _in(here, proxies) and hops:
        before = _address(hops.pop())
        if before is None:
            return NOWHERE
        here = before
    return str(here)


def may_come_near(address: str, settings: LiveSettings) -> bool:
    """Tell whether the installation lets an address near a live picture; the policy's list comes on top."""
    found = _address(address)
    return found is not None and (not settings.near or _in(found, settings.near))


def _hops(header: str, kind: str) -> list[str]:
    if not header.strip():
        return []
    elements = header.split(",")
    if len(elements) > HOPS_MAX:
        return [NOWHERE]
    if kind == "x-forwarded-for":
        return elements
    return [found[1] if (found := FOR.search(each.strip())) else NOWHERE for each in elements]


def _address(written: str) -> Address | None:
    """Read an address as proxies write it: alone, in brackets, with a port."""
    plain = written.strip().strip('"')
    if plain.startswith("["):
        plain, bracket, port = plain[1:].partition("]")
        if not bracket or not _is_port(port):
            return None
    elif plain.count(":") == 1:
        plain, _, port = plain.partition(":")
        if not port.isdigit():
            return None
    try:
        found = ip_address(plain)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _is_port(rest: str) -> bool:
    return not rest or (rest.startswith(":") and rest[1:].isdigit())


def _in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == each.version and address in each for each in networks)
