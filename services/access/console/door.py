"""Is the console open at all, and to whom? Demo people exist only where everything runs on one machine."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final

from services.access.console.settings import ConsoleSettings
from services.runtime.identity import Person
from services.runtime.settings import Settings

LOOPBACK_NAMES: Final = frozenset({"localhost"})


def closed_because(settings: Settings, console: ConsoleSettings, host: str) -> str:
    """Return the word for why nobody can sign in here, "" if somebody can.

    ``host`` is what the browser calls us: a foreign name that leads to this machine would let a page of a stranger
    use the console.
    """
    if console.identity != "demo":
        return "closed_no_provider"
    if not is_loopback(settings.http_host) or settings.kafka_security or settings.database_role:
        return "closed_not_embedded"
    return "" if is_loopback(host_of(host)) else "closed_foreign_host"


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
    return any(role.startswith("service:") for role in person.roles)
