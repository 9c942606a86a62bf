"""From which address a request comes: the peer's own, unless a proxy that we trust says whom it speaks for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from starlette.datastructures import Headers

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
HOPS_MAX: Final = 20
NOWHERE: Final = ""
FOR: Final = re.compile(r'(?:^|;)\s*for\s*=\s*("[^"]*"|[^;"\s]+)\s*(?=;|$)', re.IGNORECASE)


class NetworkUnreadable(ValueError):
    """A network of CAMLEDGER_TRUSTED_PROXIES that is none."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies that are ours, and the one header that they write: the other is never read."""

    networks: tuple[Network, ...] = ()
    header: str = "x-forwarded-for"

    def address_of(self, peer: str, headers: Headers) -> str:
        """Return the address that a request comes from, "" where it can't be told: that is on no list.

        Read from the right: each of our proxies adds the one that it heard, so the first that isn't ours is the
        answer, and whatever stands left of it was written by the person who asks.
        """
        here = read(peer)
        if here is None:
            return NOWHERE
        # A proxy may add a line of its own instead of lengthening the one that it was sent: all count, in order.
        hops = [each for line in headers.getlist(self.header) if line.strip() for each in line.split(",")]
        for hop in hops[: -HOPS_MAX - 1 : -1]:
            if not is_in(here, self.networks):
                break
            before = read(hop if self.header == "x-forwarded-for" else _for(hop))
            if before is None:
                return NOWHERE
            here = before
        return str(here)

    def heard_from(self, peer: str, headers: Headers) -> str:
        """Return the same for what is counted and recorded: the peer's own address where it can't be told."""
        return self.address_of(peer, headers) or peer


def networks(said: str) -> tuple[Network, ...]:
    """Return the networks of a setting, separated by commas. Raises NetworkUnreadable."""
    try:
        return tuple(ip_network(each.strip()) for each in said.split(",") if each.strip())
    except ValueError as error:
        raise NetworkUnreadable(
            f"CAMLEDGER_TRUSTED_PROXIES: {error}; write networks such as 10.0.0.0/8, separated by commas"
        ) from error


def read(written: str) -> Address | None:
    """Read an address as proxies write it, alone, in brackets, with a port; None for what is none."""
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


def is_in(address: Address, networks: Iterable[Network]) -> bool:
    """Tell whether an address is of one of the networks."""
    return any(address.version == each.version and address in each for each in networks)


def _for(element: str) -> str:
    """Return whom an element of RFC 7239 speaks for. A quoted comma cuts one in two: halves are unreadable."""
    if element.count('"') % 2 or "\\" in element:
        return NOWHERE
    found = FOR.search(element.strip())
    return found[1] if found else NOWHERE


def _is_port(rest: str) -> bool:
    return not rest or (rest.startswith(":") and rest[1:].isdigit())
