"""Is the console open at all, and to whom? By an identity provider, or to demo people where all is on one machine."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from services.access.console.settings import ConsoleSettings
from services.runtime.identity import Person
from services.runtime.settings import Settings

DEMO: Final = "demo"
OIDC: Final = "oidc"
LOOPBACK_NAMES: Final = frozenset({"localhost"})


def closed_because(settings: Settings, console: ConsoleSettings, host: str) -> str:
    """Return the word for why nobody can sign in here, "" if somebody can.

    ``host`` is what the browser calls us: a foreign name that leads to this machine would let a page of a stranger
    use the console.
    """
    if console.identity == OIDC:
        return _closed_by_provider(settings, host)
    if console.identity != DEMO:
        return "closed_no_provider"
    if not is_loopback(settings.http_host) or settings.kafka_security or settings.database_role:
        return "closed_not_embedded"
    return "" if is_loopback(host_of(host)) else "closed_foreign_host"


def _closed_by_provider(settings: Settings, host: str) -> str:
    public = urlsplit(settings.public_url)
    if not settings.oidc_issuer or not public.hostname:
        return "closed_provider_unset"
    if public.scheme != "https" and not is_loopback(public.hostname):
        return "closed_not_https"
    return "" if host == public.netloc else "closed_other_host"


def is_loopback(host: str) -> bool:
    """Tell whether an address reaches nobody but this machine."""
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_of(header: str) -> str:
    """Return the name in a Host header, without its port."""
    name, _, port = header.rpartition(":")
    return name if name and port.isdigit() else header


def may_come(people: Iterable[Person]) -> list[Person]:
    """Return who can be signed in: people, never services."""
    return sorted((p for p in people if not is_service(p)), key=lambda p: p.person_id)


def is_service(person: Person) -> bool:
    """A service has a token of its own and no screen."""
    return person.is_service
