"""One installation with an account for every role, and requests in every state."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.cli.up.people import DEMO_PEOPLE, DemoPerson
from services.runtime.settings import REPOSITORY
from tests.api import callers
from tests.api.callers import Matrix
from tests.conftest import Addresses
from tests.fakes.clause_city import City, Footage, packs_with
from tests.fakes.footage import clip
from tests.fakes.installed import installed
from tests.fakes.streaming import streaming
from tests.integration.clauses.conftest import registration

CAMERAS = {"daan-cctv": ["cam-1"], "npa-bwc": ["bwc-1"], "spd-cctv": ["spd-1"], "taipei-live": ["live-1"]}
POLICIES = tuple(CAMERAS)
SIGNERS = ("applicant_supervisor", "system_manager", "manager_supervisor", "secretary", "director")
OWN = DemoPerson("own", "p-own", "Own (made up)", ("applicant", "internal", "law_enforcement"))
# The same person's second account could sign every step of his own request, if four eyes counted accounts.
TWIN = DemoPerson("own-twin", "p-own", "Own (made up)", SIGNERS)
COMPANY = DemoPerson("company", "p-company", "Company (made up)", ("officer",))
FIRST = DemoPerson("first", "p-first", "First (made up)", ("system_manager",))
FIRST_TWIN = DemoPerson("first-twin", "p-first", "First (made up)", ("system_manager", "ethics_office"))
MEMBER = DemoPerson("member", "p-member", "Member (made up)", ("project_member",))
NAMED = (OWN, TWIN, COMPANY, FIRST, FIRST_TWIN, MEMBER)
WATCHERS = ("auditor", "director", "ethics_office", "unit_head")
# Much viewing is told of once a day and person, so each alarm is about somebody else; his second account could look
# into it, if four eyes counted accounts.
OPENERS = tuple(DemoPerson(f"opener-{n}", f"p-opener-{n}", "Opener (made up)", OWN.roles) for n in range(8))
OPENERS_TWINS = tuple(DemoPerson(f"{each.account}-twin", each.person_id, each.name, WATCHERS) for each in OPENERS)
# Versions that the test adopts and ends, so that no other test loses one of the agencies' own.
SPARE = ("matrix-offered", "matrix-in-force", "matrix-ended")


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
    """Tell whether access has heard of every camera."""
    every = [camera for cameras in CAMERAS.values() for camera in cameras]
    scope = {"cameras": every, "from": "2026-01-01T00:00:00Z"}
    probe = {"scope": scope, "matter": "", "authority": ""}
    return "unknown camera" not in city.call("sysman-wu", "POST", "access", "/holds", json=probe).text


@pytest.fixture(scope="package")
def matrix() -> Matrix:
    """Who may call what."""
    return callers.read()


@pytest.fixture(scope="package")
def city(stack: Addresses, tmp_path_factory: pytest.TempPathFactory, matrix: Matrix) -> Iterator[City]:
    """A running installation with every pack in force and a camera of each agency."""
    people = (*DEMO_PEOPLE, *NAMED, *OPENERS, *OPENERS_TWINS, *one_each(matrix.roles))
    home = tmp_path_factory.mktemp("api")
    spare = [another_project(home, name) for name in SPARE]
    silent = clip(home / "silent.mp4", seconds=2.0, kinds=("video",)).read_bytes()
    with streaming() as streams, httpx.Client(timeout=60) as http:
        streams.show(*CAMERAS["taipei-live"])
        more = {"CAMLEDGER_POLICIES": str(packs_with(home / "policies", REPOSITORY / "policies", *spare))}
        more |= {"CAMLEDGER_LIVE_UPSTREAM": f"{streams.url}/{{camera}}/index.m3u8"}
        with installed(stack, home, people, **more) as installation:
            running = City(installation, http, silent, b"")
            settle(running)
            yield running


def settle(city: City) -> None:
    """Adopt every pack, and register what it binds."""
    for policy in POLICIES:
        adopted = {"policy_id": policy, "instrument": "adopted for the test"}
        city.do("admin-root", "access", "/policies/adopt", adopted)
        city.do("admin-root", "access", f"/policies/{policy}/cameras", {"cameras": CAMERAS[policy]})
    city.until(lambda: bound(city))
    for policy, (camera,) in CAMERAS.items():
        city.do("admin-root", "ingest", "/cameras", registration(policy, camera))
    city.until(lambda: known(city))


def another_project(folder: Path, name: str) -> Path:
    """Copy the smallest pack under another id."""
    copy = shutil.copytree(REPOSITORY / "policies" / "taipei-live", folder / name)
    for scenarios in copy.glob("scenarios/*.yaml"):
        if scenarios.name != "opening.yaml":
            scenarios.unlink()
    policy = copy / "policy.yaml"
    policy.write_text(policy.read_text("utf-8").replace("id: taipei-live\n", f"id: {name}\n", 1), "utf-8")
    return copy


@pytest.fixture(scope="package")
def footage(city: City) -> Footage:
    """The recording that requests are about."""
    return city.recorded("cam-1")
