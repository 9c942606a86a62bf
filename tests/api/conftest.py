"""One installation with an account for every role, and requests in every state."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from services.cli.up.people import DEMO_PEOPLE, DemoPerson
from tests.api import callers
from tests.api.callers import Matrix
from tests.conftest import Addresses
from tests.fakes.clause_city import INSIDE, City
from tests.fakes.installed import installed

POLICIES = ("daan-cctv", "npa-bwc", "spd-cctv", "taipei-live")
OWN = DemoPerson("own", "p-own", "Own (made up)", ("applicant", "internal"))


def account(role: str) -> str:
    """Return the account of whoever has this one role."""
    return f"only-{role.replace(':', '-')}"


def one_each(roles: tuple[str, ...]) -> tuple[DemoPerson, ...]:
    """Return a person for every role."""
    return tuple(
        DemoPerson(account(role), f"p-{number}", role, (role,), "precinct_chief") for number, role in enumerate(roles)
    )


def bound(city: City) -> bool:
    """Tell whether ingest has read every binding."""
    read = city.see("admin-root", "ingest", "/status")["protection_log"]["seq"]
    return bool(read >= city.see("admin-root", "access", "/log/status")["seq"])


def known(city: City) -> bool:
    """Tell whether access has heard of the camera."""
    probe = {"scope": {"cameras": ["cam-1"], "from": "2026-01-01T00:00:00Z"}, "matter": "", "authority": ""}
    return "unknown camera" not in city.call("sysman-wu", "POST", "access", "/holds", json=probe).text


@pytest.fixture(scope="package")
def matrix() -> Matrix:
    """Who may call what."""
    return callers.read()


@pytest.fixture(scope="package")
def city(stack: Addresses, tmp_path_factory: pytest.TempPathFactory, matrix: Matrix) -> Iterator[City]:
    """A running installation with every pack in force and a camera of the district office."""
    people = (*DEMO_PEOPLE, OWN, *one_each(matrix.roles))
    home = tmp_path_factory.mktemp("api")
    with installed(stack, home, people) as installation, httpx.Client(timeout=60) as http:
        running = City(installation, http, b"", b"")
        for policy in POLICIES:
            adopted = {"policy_id": policy, "instrument": "adopted for the test"}
            running.do("admin-root", "access", "/policies/adopt", adopted)
        running.do("admin-root", "access", "/policies/daan-cctv/cameras", {"cameras": ["cam-1"]})
        running.until(lambda: bound(running))
        running.do("admin-root", "ingest", "/cameras", {"camera_id": "cam-1", "kind": "fixed", "values": INSIDE})
        running.until(lambda: known(running))
        yield running
