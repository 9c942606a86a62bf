"""The media gateway of one process: seals tokens, and checks each request for bytes before custody is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.asking import access_on_record, engine_of
from services.access.ledger import Desk
from services.access.media import decision
from services.access.media.checking import Cleared, cleared
from services.access.media.facts import MILLIS, Token, millis
from services.access.media.lent import Lender
from services.access.media.seal import LIVES_MS, NotOurs, Seal
from services.access.media.standing import Standing, Standings
from services.access.media.telling import Bounded
from services.access.refusals import AccessRefusal, Forbidden, Unknown, Unreachable
from services.access.viewing import office, store
from services.access.viewing.decider import VIEW
from services.runtime.identity import People, Person
from services.runtime.settings import Settings

# What nobody did wrong stands in no register: what doesn't exist, and services that don't answer.
NOT_TOLD: Final = (Unknown.answers_with, Unreachable.answers_with)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks for bytes of which viewing, from where, with which token."""

    who: Person
    viewing_id: UUID
    address: str
    sealed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A sealed token, and how the viewing stood at that moment."""

    sealed: str
    expires_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """One clip that may be sent, and the token that said so."""

    wanted: Cleared
    token: Token


@dataclass(slots=True)
class Gateway:
    """What requests for bytes share in one process."""

    settings: Settings
    desk: Desk
    seal: Seal
    standings: Standings
    lender: Lender
    policies: decision.Policies = field(default_factory=decision.shipped)
    refused: Bounded = field(default_factory=Bounded)
    streams: Counter[UUID] = field(default_factory=Counter)

    @classmethod
    def made(cls, settings: Settings, desk: Desk) -> Gateway:
        """Wire a gateway. Its key lies beside the vault's: every process of access reads the same."""
        return cls(
            settings=settings,
            desk=desk,
            seal=Seal.from_file(settings.home / "access" / "media.key"),
            standings=Standings(desk, settings),
            lender=Lender(settings),
        )

    async def issue(self, engine: AsyncEngine, who: Person, viewing_id: UUID, address: str, people: People) -> Issued:
        """Open a viewing if it isn't, wait until the broker has it (I4), and seal a token for the next minute."""
        await office.open_viewing(engine, self.desk, self.settings, who, viewing_id, address, people)
        standing = await self.standings.look(engine, viewing_id)
        token = _token(standing, who.person_id, address)
        cleared(self.policies, standing, token, who.person_id, address, first_clip(standing), people)
        await self.lender.renew(standing.footage.clips)
        ends = datetime.fromtimestamp(token.expires / MILLIS, UTC)
        return Issued(sealed=self.seal.close(token, millis(standing.now)), expires_at=ends, standing=standing)

    async def check(self, request: Request, asking: Asking, number: int | None) -> Passed:
        """Return the clip that may be sent now, the first one for None; a refusal is recorded before it is answered."""
        engine, people = engine_of(request), request.app.state.people
        try:
            standing = await self.standings.look(engine, asking.viewing_id)
            token = self._opened(asking, standing)
            at = first_clip(standing) if number is None else number
            wanted = cleared(self.policies, standing, token, asking.who.person_id, asking.address, at, people)
        except AccessRefusal as refusal:
            await self._record(request, asking, refusal)
            raise
        return Passed(wanted=wanted, token=token)

    async def still(self, request: Request, asking: Asking, passed: Passed) -> bool:
        """Tell whether an answer under way may go on. Its token may run out meanwhile, nothing else may."""
        engine, people = engine_of(request), request.app.state.people
        try:
            standing = await self.standings.look(engine, asking.viewing_id)
            token = replace(passed.token, expires=millis(standing.now) + 1)
            who, address = asking.who.person_id, asking.address
            cleared(self.policies, standing, token, who, address, passed.wanted.number, people)
        except AccessRefusal as refusal:
            await self._record(request, asking, refusal)
            return False
        return True

    @contextmanager
    def on_air(self, viewing_id: UUID) -> Iterator[None]:
        """Count an answer under way: each holds a file and a socket of ours."""
        self.streams[viewing_id] += 1
        try:
            yield
        finally:
            self.streams[viewing_id] -= 1
            if not self.streams[viewing_id]:
                del self.streams[viewing_id]

    def _opened(self, asking: Asking, standing: Standing) -> Token:
        try:
            return self.seal.open(asking.sealed, millis(standing.now))
        except NotOurs as forged:
            raise Forbidden(
                "the request carries no token that was sealed here",
                rule="media.token",
                remedy="ask for one: POST /api/v1/viewings/ID/token",
                word="TokenNotOurs" if asking.sealed else "TokenMissing",
            ) from forged

    async def _record(self, request: Request, asking: Asking, refusal: AccessRefusal) -> None:
        if refusal.answers_with in NOT_TOLD:
            return
        left_out = self.refused.worth_telling(asking.who.person_id, str(asking.viewing_id), refusal.kind)
        if left_out is None:
            return
        if left_out:
            refusal.detail = f"{refusal.detail}; {left_out} like it before"
        async with engine_of(request).connect() as tx:
            request_id = await store.request_of_viewing(tx, asking.viewing_id)
        try:
            async with access_on_record(request, asking.who, VIEW, request_id):
                raise refusal
        except AccessRefusal:
            return


def first_clip(standing: Standing) -> int:
    """Return the first clip that still exists. Raises Unknown when none does."""
    found = next((at for at, clip in enumerate(standing.footage.clips) if clip is not None), None)
    if found is None:
        raise Unknown("nothing of this viewing's footage exists any more", remedy="its receipts tell why")
    return found


def _token(standing: Standing, person: str, address: str) -> Token:
    opened = standing.footage.viewing.opened
    assert opened is not None
    return Token(
        person=person,
        address=address,
        viewing=str(standing.footage.viewing_id),
        grant_version=opened.grant_version,
        starts=millis(opened.footage_from),
        ends=millis(opened.footage_to),
        expires=millis(standing.now) + LIVES_MS,
    )
