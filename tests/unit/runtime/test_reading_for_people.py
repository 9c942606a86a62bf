"""Access reads in a person's name; nobody else does, and nobody acts in one."""

from __future__ import annotations

from hashlib import sha256

import pytest
from starlette.datastructures import State
from starlette.requests import Request

from services.runtime.identity import ON_BEHALF_OF, People, Person, person
from services.runtime.refusal import Refusal


def known(account: str, role: str) -> Person:
    token = sha256(f"token-{account}".encode()).hexdigest()
    return Person(person_id=account, account=account, name=account, roles=frozenset({role}), token_sha256=token)


PEOPLE = People(
    [known("service-access", "service:access"), known("auditor", "auditor"), known("service-ingest", "service:ingest")]
)


class App:
    state = State({"people": PEOPLE})


def asked(token: str, meant: str = "", method: str = "GET") -> Person:
    headers = [(b"authorization", f"Bearer token-{token}".encode()), (ON_BEHALF_OF.encode(), meant.encode())]
    return person(Request({"type": "http", "method": method, "headers": headers, "app": App()}))


def test_access_reads_with_the_roles_of_the_person_it_names() -> None:
    assert asked("service-access", "auditor").roles == {"auditor"}


def test_access_without_a_name_is_itself() -> None:
    assert asked("service-access").account == "service-access"


@pytest.mark.parametrize(
    ("token", "meant", "method"),
    [
        ("service-access", "auditor", "POST"),
        ("service-ingest", "auditor", "GET"),
        ("auditor", "service-access", "GET"),
        ("service-access", "service-ingest", "GET"),
        ("service-access", "nobody", "GET"),
    ],
)
def test_nobody_else_reads_and_nobody_acts_in_a_name(token: str, meant: str, method: str) -> None:
    with pytest.raises(Refusal, match="NotRepresented"):
        asked(token, meant, method)
