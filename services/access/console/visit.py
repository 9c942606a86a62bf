"""One visit of a page: who comes, in which language, under whose rules and on whose clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final, cast
from zoneinfo import ZoneInfo

import httpx
from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.asking import desk_of, engine_of, settings_of
from services.access.console import menu_counts
from services.access.console.cookies import given
from services.access.console.dates import Dates
from services.access.console.door import closed_because
from services.access.console.last_answer import LastAnswer
from services.access.console.open_files import OpenFiles
from services.access.console.pending import PendingSignIns
from services.access.console.sessions import Session, Sessions
from services.access.console.settings import ConsoleSettings
from services.access.emergency.decider import Session as Break
from services.access.emergency.office import open_of, with_role
from services.access.ledger import Desk
from services.access.protections import store
from services.access.status.words import LANGUAGES, language_of
from services.kernel.binding import binding_version
from services.kernel.policy import Pack
from services.runtime.identity import People, Person
from services.runtime.rates import Buckets, Rates

SESSION, LANGUAGE, THEME = "camledger_session", "camledger_language", "camledger_theme"
# From one address: an office behind one proxy comes in of a morning; a guesser gets ten tries a minute.
SIGN_INS_PER_S, SIGN_INS_AT_ONCE = 1 / 6, 60.0
THEMES: Final = ("light", "dark")
STANDING_GOOD_FOR_S: Final = 5.0
Standing = Mapping[str, tuple[str, ...]]  # the parts that stand still, by service; only services that have any


class Closed(Exception):
    """Nobody can come in here; the message is the word that says why."""


class SignInFirst(Exception):
    """The page is for people who are signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """What the pages of one process share."""

    settings: ConsoleSettings
    sessions: Sessions
    pending: PendingSignIns
    sign_ins: Buckets  # by address: a person signs in now and then
    open_files: OpenFiles
    standing: LastAnswer[Standing] = field(default_factory=lambda: LastAnswer(STANDING_GOOD_FOR_S))
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)  # by service, of the loop that serves pages

    @classmethod
    def made(cls, settings: ConsoleSettings) -> Console:
        """Return a console in which nobody is signed in yet."""
        sessions = Sessions(
            settings.session_minutes, settings.idle_minutes, per_person=settings.sessions_per_person
        )  # fmt: skip
        return cls(
            settings=settings,
            sessions=sessions,
            pending=PendingSignIns(),
            sign_ins=Buckets(SIGN_INS_PER_S, SIGN_INS_AT_ONCE),
            open_files=OpenFiles(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One page asked for by one person; ``pack`` gives the agency's name, zone and clauses."""

    request: Request
    language: str
    theme: str
    person: Person
    session: Session
    pack: Pack | None
    packs: dict[str, Pack]  # in force, by id
    now: datetime
    counts: Mapping[str, int]  # of what is open, by the word of its entry in the menu
    emergency: Break | None = None  # the break-glass that this person acts under

    @property
    def signer(self) -> Person:
        """Return the person with all roles in which he may sign and keep now."""
        return with_role(self.person, self.emergency)

    @property
    def dates(self) -> Dates:
        return self.dates_of(self.pack)

    def dates_of(self, pack: Pack | None) -> Dates:
        """Return the calendar of another agency, for what is its own."""
        return Dates(zone=pack.zone if pack is not None else ZoneInfo("UTC"), language=self.language)

    def name_of(self, person_id: str) -> str:
        """Return what a person is called on a page; the id where the people file doesn't know it."""
        found = (p for p in people_of(self.request).by_account.values() if p.person_id == person_id)
        return next((each.name for each in found), person_id)


def console_of(request: Request) -> Console:
    """Return the console of this process."""
    return cast("Console", request.app.state.console)


def people_of(request: Request) -> People:
    """Return all who may call."""
    return cast("People", request.app.state.people)


def rates_of(request: Request) -> Rates:
    """Return how much anybody may ask for."""
    return cast("Rates", request.app.state.rates)


def must_be_open(request: Request) -> None:
    """Raise Closed, naming why, where nobody may sign in."""
    host = request.headers.get("host", "")
    if why := closed_because(settings_of(request), console_of(request).settings, host):
        raise Closed(why)


def language(request: Request) -> str:
    """Return the language of a page: as chosen once, else as the browser prefers."""
    return language_of(given(request, LANGUAGE), request.headers.get("accept-language", ""))


def theme(request: Request) -> str:
    """Return light or dark as chosen; "" follows the system."""
    chosen = given(request, THEME)
    return chosen if chosen in THEMES else ""


def signed_in(request: Request) -> tuple[Session, Person]:
    """Return who is signed in, by his session. Raises Closed or SignInFirst."""
    must_be_open(request)
    session = console_of(request).sessions.find(given(request, SESSION))
    if session is None:
        raise SignInFirst
    person = session.person or people_of(request).by_account.get(session.account)
    if person is None:
        raise SignInFirst
    return session, person


async def visit(request: Request) -> Visit:
    """FastAPI dependency: the visit of somebody who is signed in. Raises Closed or SignInFirst."""
    session, person = signed_in(request)
    rates_of(request).of_person(person.person_id)
    async with engine_of(request).connect() as tx:
        now = await desk_of(request).clock(tx)
        packs = await packs_in_force(tx, desk_of(request), now)
        emergency = await open_of(tx, desk_of(request).codec, person.person_id, now)
        counts = await menu_counts.counted(tx, person)
    return Visit(
        request=request,
        language=language(request),
        theme=theme(request),
        person=person,
        session=session,
        pack=pack_of(person, packs),
        packs=packs,
        now=now,
        counts=counts,
        emergency=emergency,
    )


Visiting = Annotated[Visit, Depends(visit)]


async def packs_in_force(tx: AsyncConnection, desk: Desk, now: datetime) -> dict[str, Pack]:
    """Return the version of each pack that binds now."""
    found: dict[str, Pack] = {}
    for policy_id, bindings in sorted((await store.bindings(tx)).items()):
        standing = binding_version(bindings, now)
        pack = desk.shelf.find(policy_id, standing.version) if standing is not None else None
        if pack is not None:
            found[policy_id] = pack
    return found


def pack_of(person: Person, packs: dict[str, Pack]) -> Pack | None:
    """Return the rules that a person works under: his agency's, else one that knows him as a requester, else any."""
    own = (pack for pack in packs.values() if pack.agency == person.agency)
    asks = (pack for pack in packs.values() if person.roles & pack.vocabulary.get("requester.class", frozenset()))
    return next(own, None) or next(asks, None) or next(iter(packs.values()), None)


assert LANGUAGES == ("en", "zh-Hant")
