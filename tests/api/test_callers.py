"""Who may call what: every operation with every role, against docs/callers.yaml."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

import httpx
import pytest

from services.access.requests.telling import SEES_OWN_ONLY
from services.cli.up.people import SERVICES
from services.runtime.identity import INSIDERS
from services.runtime.packs import load_folder
from services.runtime.settings import REPOSITORY
from tests.api.callers import Line, Matrix
from tests.api.conftest import account
from tests.fakes.clause_city import City

AT_ONCE = 12
FORBIDDEN, NOBODY, OUR_FAULT = 403, 401, 500

# Another 403 may follow once the role is right: a rule that refuses, or a folder that nobody may read from.
OF_ROLES = ("RoleMissing", "NotEntitled", "NotRepresented")
REFUSALS = (403, 404, 409, 422)

Found = tuple[str, int]
Answers = Mapping[tuple[str, str], Found]


def asked_of(matrix: Matrix) -> list[tuple[Line, str]]:
    """Return every line with the roles that are asked."""
    return [(line, role) for number, line in enumerate(matrix.lines) for role in matrix.witnesses(number)]


async def asked(city: City, wanted: Iterable[tuple[Line, str]], matrix: Matrix) -> dict[tuple[str, str], Found]:
    """Call each line as an account; return refusal and status by (line, account)."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(timeout=60) as http:

        async def one(line: Line, who: str) -> tuple[tuple[str, str], Found]:
            headers = {"authorization": f"Bearer {city.installation.tokens[who]}"} if who else {}
            url = city.installation.urls[line.service] + "/api/v1" + line.path.format(**matrix.subjects)
            async with gate:
                answer = await http.request(line.method, url, json=line.body, params=dict(line.query), headers=headers)
            return (line.name, who), (_refusal(answer), answer.status_code)

        return dict(await asyncio.gather(*(one(*each) for each in wanted)))


def _refusal(answer: httpx.Response) -> str:
    is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
    return str(answer.json().get("refusal", "")) if is_problem else ""


@pytest.fixture(scope="module")
def answers(city: City, matrix: Matrix) -> Answers:
    """What every role was told by every operation, and what nobody is told."""
    people = [(line, account(role)) for line, role in asked_of(matrix)]
    return asyncio.run(asked(city, [*people, *((line, "") for line in matrix.lines)], matrix))


def test_every_operation_of_the_services_stands_in_the_matrix(city: City, matrix: Matrix) -> None:
    served = {
        (service, method.upper(), path.removeprefix("/api/v1"))
        for service in SERVICES
        for path, methods in city.http.get(f"{city.installation.urls[service]}/api/v1/openapi.json")
        .json()["paths"]
        .items()
        for method in methods
    }
    assert served == {(line.service, line.method, line.path) for line in matrix.lines}


def test_every_role_of_every_pack_and_of_the_services_stands_in_the_matrix(matrix: Matrix) -> None:
    packs = [load_folder(each.parent).pack for each in (REPOSITORY / "policies").glob("*/policy.yaml")]
    signers = {role for pack in packs for chain in pack.chains.values() for step in chain.steps for role in step.roles}
    asking = {role for pack in packs for role in pack.vocabulary.get("requester.class", frozenset())}
    assert signers | asking | INSIDERS <= set(matrix.roles)
    assert asking <= matrix.groups["Askers"]
    assert matrix.groups["Askers"] == SEES_OWN_ONLY


def test_nobody_is_let_in_without_a_token(answers: Answers, matrix: Matrix) -> None:
    told = {line.name: answers[line.name, ""][1] for line in matrix.lines}
    assert {name: status for name, status in told.items() if status != NOBODY} == {}


def test_no_operation_fails_for_any_role(answers: Answers) -> None:
    assert {each: found for each, found in answers.items() if found[1] >= OUR_FAULT} == {}


def test_a_role_is_let_in_where_the_matrix_says_so(answers: Answers, matrix: Matrix) -> None:
    told = [
        (line, role, answers[line.name, account(role)]) for line, role in asked_of(matrix) if role in (line.roles or ())
    ]
    assert [(line.name, role, found) for line, role, found in told if found[1] == NOBODY or found[0] in OF_ROLES] == []


def test_every_other_role_is_kept_out(answers: Answers, matrix: Matrix) -> None:
    others = [(line, role) for line, role in asked_of(matrix) if line.roles is not None and role not in line.roles]
    told = [(line.name, role, answers[line.name, account(role)]) for line, role in others]
    assert [each for each in told if each[2][1] != FORBIDDEN] == []


def test_where_a_role_decides_nothing_what_does_not_exist_is_shown_to_nobody(answers: Answers, matrix: Matrix) -> None:
    told = [(line, role, answers[line.name, account(role)]) for line, role in asked_of(matrix) if line.roles is None]
    assert [(line.name, role, found) for line, role, found in told if found[1] not in REFUSALS] == []
