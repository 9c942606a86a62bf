"""Who may call what: every operation with every role, in every state of a request, against docs/callers.yaml."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import httpx
import pytest

from services.access.requests.telling import SEES_OWN_ONLY
from services.cli.up.people import SERVICES
from services.runtime.identity import INSIDERS
from services.runtime.packs import load_folder
from services.runtime.settings import REPOSITORY
from tests.api import callers
from tests.api.callers import Cell, Line, Matrix
from tests.api.conftest import OWN, account
from tests.fakes.clause_city import City

AT_ONCE = 12
UNKNOWN, FORBIDDEN, NOBODY, OUR_FAULT = 404, 403, 401, 500
CELLS = callers.read().cells
SIGNED = ("applicant_supervisor", "system_manager", "manager_supervisor", "secretary", "director")

# Another 403 may follow once the role is right: a rule that refuses, or a folder that nobody may read from.
OF_ROLES = ("RoleMissing", "NotEntitled", "NotRepresented")
ALLOWED_ASKED = 4
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


@pytest.fixture(scope="module")
def subjects(city: City) -> Mapping[str, Callable[[], str]]:
    """How a request comes into each state."""
    return {
        "in_chain": lambda: in_chain(city),
        "granted": lambda: granted(city),
        "withdrawn": lambda: withdrawn(city),
        "refused": lambda: refused(city),
    }


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_in_each_state_exactly_the_named_roles_may(
    city: City, matrix: Matrix, subjects: Mapping[str, Callable[[], str]], cell: Cell
) -> None:
    subject = subjects[cell.state]
    kept = subject()
    witnesses = set(matrix.witnesses(CELLS.index(cell)))
    told = {role: _status(city, cell, kept, account(role)) for role in witnesses - cell.roles}
    told |= {} if cell.own else {OWN.account: _status(city, cell, kept, OWN.account)}
    assert {role: status for role, status in told.items() if status not in cell.others} == {}
    changes = cell.method != "GET"
    allowed = sorted(cell.roles & witnesses)[: None if callers.everywhere() else ALLOWED_ASKED]
    for who in [*map(account, allowed), *([OWN.account] if cell.own else [])]:
        assert _status(city, cell, subject() if changes else kept, who) not in (FORBIDDEN, UNKNOWN), who


def _status(city: City, cell: Cell, request_id: str, who: str) -> int:
    path = cell.path.format(request_id=request_id)
    return city.call(who, cell.method, "access", path, json=cell.body).status_code


def handed_in(city: City) -> str:
    """Hand in what the district office asks of itself."""
    body: dict[str, Any] = {
        "policy_id": "daan-cctv",
        "requester": {"class": "internal", "name": "Made Up", "unit": "household office", "telephone": "1"},
        "request": {
            "kind": "internal",
            "action": "view",
            "legal_basis": "point_6_1",
            "purposes": ["investigation"],
            "purpose": "a theft at the counter",
            "interval": ["2026-11-01T08:00:00Z", "2026-11-01T08:25:00Z"],
            "cameras": ["cam-1"],
        },
        "documents": [],
    }
    return str(city.do(OWN.account, "access", "/requests", body)["request_id"])


def in_chain(city: City) -> str:
    """The applicant has signed; his supervisor is next."""
    request_id = handed_in(city)
    city.sign(request_id, ("sign", OWN.account))
    return request_id


def granted(city: City) -> str:
    request_id = in_chain(city)
    city.sign(request_id, *((step, account(step)) for step in SIGNED))
    return request_id


def withdrawn(city: City) -> str:
    request_id = handed_in(city)
    city.do(OWN.account, "access", f"/requests/{request_id}/withdraw")
    return request_id


def refused(city: City) -> str:
    """A form without its cameras and purpose is kept as refused."""
    body = {
        "policy_id": "daan-cctv",
        "requester": {"class": "internal", "name": "Made Up"},
        "request": {"kind": "internal", "action": "view"},
    }
    answer = city.call(OWN.account, "POST", "access", "/requests", json=body)
    assert answer.is_client_error, answer.text
    return str(answer.json()["request_id"])
