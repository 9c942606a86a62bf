"""Who calls: people and services by token, from a file. A real identity provider takes this place later."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import yaml
from fastapi import Request

from services.kernel.envelope import Actor
from services.runtime.refusal import Refusal

# Applicants have tokens, too, and some of them belong to no agency at all: who wore a camera, and for which matter a
# hold stands, is told to those who answer for the system and to those who audit it.
INSIDERS = frozenset(
    {
        "auditor",
        "custodian",
        "director",
        "ethics_office",
        "manager_supervisor",
        "platform_admin",
        "records_unit",
        "secretary",
        "supervisor",
        "system_manager",
        "unit_head",
    }
)

# Access shows people what other services know: it may read in a person's name, and never act in it.
ON_BEHALF_OF = "x-camledger-on-behalf-of"
SPEAKS_FOR_PEOPLE = "service:access"
READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person or service. Two accounts of one person are one ``person_id``: four eyes are counted by that."""

    person_id: str
    account: str
    name: str  # for display only; never put it into an event
    roles: frozenset[str]
    rank: str = ""
    agency: str = ""
    token_sha256: str = field(default="", repr=False)

    @property
    def is_insider(self) -> bool:
        """True for those who may see people and matters, not only footage and terms."""
        return bool(self.roles & INSIDERS)

    def actor(self, role: str) -> Actor:
        """Return this person acting in one of their roles, for an envelope."""
        return Actor(id=self.person_id, role=role, agency=self.agency)


class PeopleFileBroken(ValueError):
    """The file of people can't be used; the message names the line and the remedy."""


class People:
    """All who may call."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._by_token = {person.token_sha256: person for person in people if person.token_sha256}
        self.by_account = {person.account: person for person in self._by_token.values()}

    @classmethod
    def load(cls, path: Path) -> People:
        """Read the YAML file of people; nobody if there is none. Raises PeopleFileBroken."""
        if not path.exists():
            return cls([])
        lines = (yaml.safe_load(path.read_text("utf-8")) or {}).get("people", [])
        try:
            return cls([Person(**line | {"roles": frozenset(line["roles"])}) for line in lines])
        except (KeyError, TypeError) as error:
            raise PeopleFileBroken(f"{path}: {error}; each entry needs person_id, account, name and roles") from error

    def by_token(self, token: str) -> Person | None:
        """Return whose token this is."""
        digest = sha256(token.encode()).hexdigest()
        found = (p for known, p in self._by_token.items() if hmac.compare_digest(known, digest))
        return next(found, None)


def person(request: Request) -> Person:
    """FastAPI dependency: who calls, or in whose name access reads. Raises Refusal 401 without a valid bearer token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    people: People = request.app.state.people
    found = people.by_token(token.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise Refusal(
            "NotAuthenticated",
            status=401,
            title="Nobody is known by this token",
            detail="The request carries no bearer token of the people file.",
            remedy="Send 'Authorization: Bearer TOKEN' with the token that you were given.",
        )
    account = request.headers.get(ON_BEHALF_OF, "")
    return _represented(request.method, people, found, account) if account else found


def _represented(method: str, people: People, speaker: Person, account: str) -> Person:
    meant = people.by_account.get(account)
    if SPEAKS_FOR_PEOPLE in speaker.roles and method in READING and meant is not None and not _is_service(meant):
        return meant
    raise Refusal(
        "NotRepresented",
        status=403,
        title="Nobody reads in this name",
        detail=f"{speaker.account} asked in the name of {account[:100]!r} with {method}.",
        remedy="Only access reads for people of the people file; whoever acts does so with his own token.",
    )


def _is_service(person: Person) -> bool:
    return any(role.startswith("service:") for role in person.roles)


def require(caller: Person, *roles: str) -> str:
    """Return the first of ``roles`` that the caller has; raises Refusal 403 if it has none."""
    for role in roles:
        if role in caller.roles:
            return role
    raise Refusal(
        "RoleMissing",
        status=403,
        title="Your role does not allow this",
        detail=f"This needs one of the roles {', '.join(roles)}.",
        remedy="Ask somebody who has the role, or have it assigned to you.",
    )
