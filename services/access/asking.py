"""What every HTTP route of access shares: who asks, the desk, and the rule that a refusal is an event (I9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Final, cast
from uuid import UUID, uuid4

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access import known
from services.access.ledger import Desk, access_stream
from services.access.refusals import AccessRefusal, NotEntitled, Unknown
from services.access.requests.commands import Signatory
from services.access.vault.store import Vault
from services.kernel.envelope import Actor
from services.kernel.events import AccessRefused, ActRefused
from services.runtime.identity import Person, person
from services.runtime.settings import Settings

if TYPE_CHECKING:  # what speaks to a provider is loaded only where there is one
    from services.runtime.oidc.door import Door

SUBJECT_MAX: Final = 200  # of a path that anybody may have typed


async def asker(request: Request, who: Annotated[Person, Depends(person)]) -> Person:
    """FastAPI dependency: who asks. Whom the provider names is known here from now on."""
    if request.app.state.door is not None:
        await known.meet(request, who)
    return who


Asking = Annotated[Person, Depends(asker)]


def engine_of(request: Request) -> AsyncEngine:
    """Return the engine of this process."""
    return cast("AsyncEngine", request.app.state.engine)


def desk_of(request: Request) -> Desk:
    """Return the outbox, codec and policy packs of this process."""
    return cast("Desk", request.app.state.desk)


def vault_of(request: Request) -> Vault:
    """Return the door to personal data."""
    return cast("Vault", request.app.state.vault)


def settings_of(request: Request) -> Settings:
    """Return the settings of this process."""
    return cast("Settings", request.app.state.settings)


def door_of(request: Request) -> Door:
    """Return the door of the identity provider; raises Unknown where there is none."""
    door: Door | None = request.app.state.door
    if door is None:
        raise Unknown("no identity provider is configured", remedy="set CAMLEDGER_OIDC_ISSUER; see docs/identity.md")
    return door


def signatory(who: Person) -> Signatory:
    """Return the person behind an account: two accounts of one person are one signatory."""
    return Signatory(person=who.person_id, roles=who.roles, rank=who.rank, agency=who.agency)


def must_have(who: Person, roles: frozenset[str], to_do: str) -> str:
    """Return the role by which a person may do this; raises NotEntitled that names the roles."""
    own = sorted(who.roles & roles)
    if not own:
        raise NotEntitled(
            f"{who.person_id} has {', '.join(sorted(who.roles)) or 'no role'} and may not {to_do}",
            rule="role",
            remedy=f"a person with one of {', '.join(sorted(roles))} does it",
            roles=roles,
        )
    return own[0]


def uuid_of(value: str, what: str) -> UUID:
    """Read an id; raises Unknown for anything that is none."""
    try:
        return UUID(value)
    except ValueError as error:
        raise Unknown(f"{value!r} is not the id of a {what}", remedy=f"use the id as the {what} shows it") from error


@asynccontextmanager
async def on_record(request: Request, who: Person, act: str, subject: str) -> AsyncIterator[None]:
    """Turn a refusal inside into an ActRefused event before it is answered."""
    try:
        yield
    except AccessRefusal as refusal:
        if refusal.answers_with != Unknown.answers_with and not refusal.on_record:
            event = ActRefused(
                act=act,
                subject=subject[:SUBJECT_MAX],
                refusal=refusal.kind,
                rule=refusal.rule,
                clause=" ".join(refusal.clauses),
                explanation=refusal.detail,
            )
            await _record(request, who.actor(), f"refusal/{uuid4()}", event, subject[:SUBJECT_MAX])
        raise


@asynccontextmanager
async def access_on_record(request: Request, who: Person, act: str, request_id: UUID) -> AsyncIterator[None]:
    """Turn a refusal to open footage into an AccessRefused event before it is answered."""
    try:
        yield
    except AccessRefusal as refusal:
        if refusal.answers_with != Unknown.answers_with:
            event = AccessRefused(
                request_id=str(request_id),
                act=act,
                person=who.person_id,
                refusal=refusal.kind,
                rule=refusal.rule,
                clauses=refusal.clauses,
                explanation=refusal.detail,
            )
            await _record(request, who.actor(), access_stream(request_id), event, str(request_id))
        raise


async def _record(request: Request, actor: Actor, stream_id: str, event: ActRefused | AccessRefused, key: str) -> None:
    desk = desk_of(request)
    async with engine_of(request).begin() as tx:
        ledger = await desk.ledger(tx, actor)
        await ledger.append(stream_id, event, key)
