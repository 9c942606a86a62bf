"""Who may do what in which state: docs/callers-by-state.yaml asked of the running services, act by act.

``make acceptance`` asks a sample, and says its seed when something is wrong; CAMLEDGER_TEST_SEED asks the same again,
CAMLEDGER_TEST_EVERY_ROLE=1 asks everything.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.bootstrap import desk_for
from services.access.clocks import TIMER
from services.access.requests import office
from services.access.requests.commands import CloseRequest
from services.access.requests.file import RequestState
from services.access.tables import fact
from services.kernel.events import AccessRefused, ActRefused
from services.runtime import database
from services.runtime.settings import Settings
from tests.api import callers, states
from tests.api.callers import Matrix
from tests.api.conftest import NAMED as PEOPLE
from tests.api.conftest import OPENERS, account
from tests.api.standing import Thing, Yard
from tests.api.states import Cell, Kind
from tests.conftest import Addresses
from tests.fakes.clause_city import City, Footage

SEED: Final = "CAMLEDGER_TEST_SEED"
PEOPLE_ASKED, LET_IN_ASKED, AT_ONCE = 6, 2, 12
OF_STATES: Final = 6
REFUSED, OUR_FAULT = 400, 500
TABLE: Final = states.read(callers.read())
# What may stand in a state at all stands in the path of an operation by one of these names.
THINGS: Final = ("request_id", "copy_id", "viewing_id", "hold_id", "project_id", "live_id")
REFUSALS: Final = {AccessRefused.__name__, ActRefused.__name__}
Asked = tuple[Cell, int, str]


def chance(of: str) -> random.Random:
    """Return the dice of this run; what was thrown can be thrown again."""
    seed = os.environ.setdefault(SEED, str(random.SystemRandom().randrange(10**6)))
    return random.Random(f"{seed}/{of}")


def sampled(kind: Kind) -> list[str]:
    """Return the states of a kind that this run asks."""
    every = [*kind.states]
    return every if callers.everywhere() else chance(kind.name).sample(every, max(1, len(every) // OF_STATES))


@pytest.fixture(scope="module")
def settings(stack: Addresses, city: City) -> Settings:
    """Access' own settings in this installation."""
    return Settings(
        service="access", kafka=stack.bootstrap_servers, database=stack.dsn, home=city.installation.home.root
    )


@pytest.fixture(scope="module")
def yard(city: City, footage: Footage, settings: Settings) -> Yard:
    """Where things are brought into their states."""
    return Yard(city=city, footage=footage, expire=lambda request: asyncio.run(expired(settings, request)))


async def expired(settings: Settings, request: str) -> None:
    """Close a request as the clock of access does when its term is over."""
    engine = database.engine(settings, "access")
    try:
        command = CloseRequest(request_id=UUID(request), by=TIMER, outcome="expired")
        await office.close(engine, desk_for(settings), command)
    finally:
        await engine.dispose()


async def logged(settings: Settings) -> frozenset[tuple[str, str, str]]:
    """Return what people did, as it stands on access' log: stream, event and who; refusals left out."""
    engine, codec = database.engine(settings, "access"), desk_for(settings).codec
    try:
        rows = await _facts(engine)
    finally:
        await engine.dispose()
    told = [(row["stream_id"], row["event_type"], codec.decode(row["value"]).envelope.actor_id) for row in rows]
    persons = {each.person_id for each in (*PEOPLE, *OPENERS)}
    return frozenset(each for each in told if each[2] in persons or re.fullmatch(r"p-\d+", each[2]))


async def _facts(engine: AsyncEngine) -> list[RowMapping]:
    async with engine.connect() as tx:
        found = await tx.execute(select(fact).where(fact.c.event_type.not_in(REFUSALS)))
        return list(found.mappings())


def token_of(city: City, thing: Thing, person: str) -> str | None:
    tokens = city.installation.tokens
    match person:
        case "nobody":
            return None
        case "forged":
            return tokens["admin-root"][:-1] + ("0" if tokens["admin-root"][-1] != "0" else "1")
    return tokens[thing.people[person].account if person in thing.people else account(person)]


def roles_of(thing: Thing, person: str) -> tuple[str, ...]:
    return thing.people[person].roles if person in thing.people else (person,)


async def asked(city: City, thing: Thing, cells: Iterable[Cell]) -> list[Asked]:
    """Carry out each act as its person; return status and refusal."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(timeout=60, base_url=f"{city.installation.urls['access']}/api/v1") as http:

        async def one(cell: Cell) -> Asked:
            act, token, roles = cell.act, token_of(city, thing, cell.person), roles_of(thing, cell.person)
            async with gate:
                answer = await http.request(
                    act.method,
                    thing.path(act.path),
                    json=thing.filled(act.body, roles),
                    params=thing.filled(dict(act.query), roles),
                    headers={"authorization": f"Bearer {token}"} if token else {},
                )
            is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
            return cell, answer.status_code, str(answer.json().get("refusal", "")) if is_problem else ""

        return list(await asyncio.gather(*(one(each) for each in cells)))


def wrong(answers: Iterable[Asked]) -> list[str]:
    """Return what isn't as the table says: let in, kept out, or failed."""
    return [
        f"{cell.name}: {status} {refusal}"
        for cell, status, refusal in answers
        if status >= OUR_FAULT or (status < REFUSED or refusal in cell.act.lets_in) is not cell.let_in
    ]


def chosen(cells: list[Cell], of: str) -> tuple[list[Cell], list[Cell]]:
    """Return who is kept out and who is let in, of each as many as this run asks."""
    out, let_in = [each for each in cells if not each.let_in], [each for each in cells if each.let_in]
    if callers.everywhere():
        return out, let_in
    dice = chance(of)
    acts = {each.act.name for each in cells}
    some = [dice.sample(these, min(PEOPLE_ASKED, len(these))) for act in sorted(acts) if (these := _of(out, act))]
    return [each for these in some for each in these], dice.sample(let_in, min(LET_IN_ASKED, len(let_in)))


def _of(cells: list[Cell], act: str) -> list[Cell]:
    return [each for each in cells if each.act.name == act]


@pytest.mark.parametrize("kind", TABLE.values(), ids=lambda kind: kind.name)
def test_in_each_state_everybody_may_what_the_table_says_and_nothing_else(
    city: City, yard: Yard, settings: Settings, kind: Kind
) -> None:
    found: list[str] = []
    for state in sampled(kind):
        found += asked_in(city, yard, settings, kind, state)
    assert found == [], f"{SEED}={os.environ.get(SEED, 'any')}"


def asked_in(city: City, yard: Yard, settings: Settings, kind: Kind, state: str) -> list[str]:
    """Ask everything in one state; return what isn't as the table says, and what stands on the log and shouldn't."""
    thing = yard.thing(kind.name, state)
    assert yard.called(kind.name, thing) == kind.states[state], state
    out, let_in = chosen(kind.cells(state), f"{kind.name}/{state}")
    before = asyncio.run(logged(settings))
    found = wrong(asyncio.run(asked(city, thing, out)))
    found += [f"{kind.name} {state} left {each}" for each in asyncio.run(logged(settings)) - before]
    # Who looks first: another picture of the same member would close this one.
    for cell in sorted(let_in, key=lambda each: each.act.method != "GET"):
        of_its_own = thing if cell.act.method == "GET" else yard.thing(kind.name, state)
        found += wrong(asyncio.run(asked(city, of_its_own, [cell])))
    return found


def test_a_rule_that_lets_in_one_more_or_one_less_is_noticed(city: City, yard: Yard, settings: Settings) -> None:
    (own,) = [each for each in TABLE["request"].cells("at_sign") if (each.act.name, each.person) == ("withdraw", "own")]
    other = replace(own, person="police", let_in=True)
    thing, before = yard.thing("request", "at_sign"), asyncio.run(logged(settings))
    told = asyncio.run(asked(city, thing, [other])) + asyncio.run(asked(city, thing, [replace(own, let_in=False)]))
    assert [each.split(":")[1].split()[-1] for each in wrong(told)] == ["police", "own"]
    left = {event for _, event, _ in asyncio.run(logged(settings)) - before}
    assert left >= {"RequestWithdrawn", "RequestClosed"}


def test_every_operation_on_a_thing_stands_in_the_table(matrix: Matrix) -> None:
    told = {(act.method, _shape(act.path)) for kind in TABLE.values() for act in kind.acts}
    operations = {
        (line.method, _shape(line.path))
        for line in matrix.lines
        if line.service == "access" and any(f"{{{name}}}" in line.path for name in THINGS)
    }
    assert operations - told == set()


def test_every_state_of_a_request_stands_in_the_table() -> None:
    assert set(TABLE["request"].states.values()) == {str(each) for each in RequestState}


def _shape(path: str) -> str:
    """Return a path with its last part as any other of its kind."""
    return re.sub(r"/(steps|play|live/\{live_id\})/.*", r"/\1/...", path)
