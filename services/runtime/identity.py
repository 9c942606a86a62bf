"""Who calls: services, and people where there is no identity provider, by token from a file; else by its tokens."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol

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
# ... and whom it means, where an identity provider and no file knows him.
WHO_IS = "x-camledger-who-is"
SPEAKS_FOR_PEOPLE = "service:access"
READING = frozenset({"GET", "HEAD"})
TOLD: Final = ("person_id", "account", "name", "rank", "agency", "issuer")
JWT_DOTS: Final = 2
MET_MAX: Final = 20_000


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
    issuer: str = ""  # the identity provider that vouches; empty: the people file
    authenticated_at: datetime | None = None  # when the provider last saw him prove it
    acr: str = ""  # and how well

    @property
    def is_service(self) -> bool:
        """True for what has a token of its own and no screen."""
        return any(role.startswith("service:") for role in self.roles)

    @property
    def is_insider(self) -> bool:
        """True for those who may see people and matters, not only footage and terms."""
        return bool(self.roles & INSIDERS)

    def actor(self, role: str | None = None) -> Actor:
        """Return this person acting in one of their roles, for an envelope; without one in the first by name."""
        return Actor(id=self.person_id, role=min(self.roles, default="") if role is None else role, agency=self.agency)


class PeopleFileBroken(ValueError):
    """The file of people can't be used; the message names the line and the remedy."""


class Door(Protocol):
    """What an identity provider's access tokens open; see ``services.runtime.oidc.door``."""

    def caller(self, token: str) -> Person: ...


class Rates(Protocol):
    """How much a person may ask for; see ``services.runtime.rates``."""

    def of_person(self, person_id: str) -> None: ...


class People:
    """All who may call, and who an identity provider has named so far."""

    def __init__(self, people: Iterable[Person]) -> None:
        everybody = list(people)
        self._by_token = {person.token_sha256: person for person in everybody if person.token_sha256}
        self._own = {person.account: person for person in everybody}
        self._met: dict[str, Person] = {}
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

    def meet(self, person: Person) -> bool:
        """Remember somebody whom the provider named; return whether anything about him is new.

        Raises Refusal for a name that the file gives to a service: a provider's word makes nobody one.
        """
        lasting = replace(person, authenticated_at=None, acr="")
        own = self._own.get(person.account)
        if own is not None and own.is_service:
            raise _not_known("The account belongs to a service.")
        if self._met.get(person.account) == lasting:
            return False
        # Others read the names while we write: they keep the table that they have.
        met = {**self._met, person.account: lasting}
        self._met = dict(list(met.items())[-MET_MAX:])
        self.by_account = {person.account: person for person in self._by_token.values()} | self._met
        return True


def person(request: Request) -> Person:
    """FastAPI dependency: who calls, or in whose name access reads. Raises Refusal 401 without a valid bearer token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    people: People = request.app.state.people
    door: Door | None = getattr(request.app.state, "door", None)
    found = _found(people, door, token.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise _not_known("The request carries no bearer token of the people file.")
    rates: Rates | None = getattr(request.app.state, "rates", None)
    if rates is not None and not found.is_service:
        rates.of_person(found.person_id)
    account = request.headers.get(ON_BEHALF_OF, "")
    return _represented(request, people, found, account) if account else found


def speaks_for(person: Person) -> dict[str, str]:
    """Return the headers by which access reads in a person's name."""
    if not person.issuer:
        return {ON_BEHALF_OF: person.account}
    told = {name: getattr(person, name) for name in TOLD} | {"roles": sorted(person.roles)}
    who = urlsafe_b64encode(json.dumps(told).encode()).decode()
    return {ON_BEHALF_OF: urlsafe_b64encode(person.account.encode()).decode(), WHO_IS: who}


def _found(people: People, door: Door | None, token: str) -> Person | None:
    known = people.by_token(token)
    if known is not None or door is None or token.count(".") != JWT_DOTS:
        return known
    named = door.caller(token)
    people.meet(named)
    return named


def _not_known(detail: str) -> Refusal:
    refusal = Refusal(
        "NotAuthenticated",
        status=401,
        title="Nobody is known by this token",
        detail=detail,
        remedy="Send 'Authorization: Bearer TOKEN' with the token that you were given.",
    )
    refusal.headers = {"www-authenticate": "Bearer"}
    return refusal


def _represented(request: Request, people: People, speaker: Person, account: str) -> Person:
    by_provider = WHO_IS in request.headers and getattr(request.app.state, "door", None) is not None
    meant = _told(request.headers[WHO_IS]) if by_provider else people.by_account.get(account)
    if SPEAKS_FOR_PEOPLE in speaker.roles and request.method in READING and meant is not None and not meant.is_service:
        return meant
    raise Refusal(
        "NotRepresented",
        status=403,
        title="Nobody reads in this name",
        detail=f"{speaker.account} asked in the name of {account[:100]!r} with {request.method}.",
        remedy="Only access reads for people of the people file; whoever acts does so with his own token.",
    )


def _told(said: str) -> Person | None:
    try:
        told = json.loads(urlsafe_b64decode(said))
        said_of: dict[str, Any] = {name: str(told[name]) for name in TOLD}
        return Person(**said_of, roles=frozenset(map(str, told["roles"])))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


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
        roles=roles,
    )
