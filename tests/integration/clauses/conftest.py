"""One installation with five agencies for all modules here: the four that ship, and one that is only a folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.runtime.settings import REPOSITORY
from tests.conftest import Addresses
from tests.fakes.clause_city import ATTESTED, INSIDE, City, packs_with
from tests.fakes.footage import BODYWORN, clip
from tests.fakes.installed import installed
from tests.fakes.streaming import Streaming, streaming

COUNCIL = Path(__file__).parent / "council-cctv"
DEVICES, CAMERAS = 10, 18


def another_seattle(folder: Path, name: str) -> Path:
    """Copy Seattle's pack under another id: a test may end or adopt it while Seattle's own goes on."""
    # One file of scenarios is enough for an adoption: all of them run when Seattle's own is adopted.
    copy = shutil.copytree(REPOSITORY / "policies" / "spd-cctv", folder / name)
    for scenarios in copy.glob("scenarios/*.yaml"):
        if scenarios.name != "asking.yaml":
            scenarios.unlink()
    policy = copy / "policy.yaml"
    policy.write_text(policy.read_text("utf-8").replace("id: spd-cctv\n", f"id: {name}\n", 1), "utf-8")
    return copy


def registration(policy: str, camera: str) -> dict[str, Any]:
    """Return what is registered of a camera of each agency."""
    fixed = {"camera_id": camera, "kind": "fixed", "policy_id": policy, "area": "centre"}
    match policy:
        case "spd-cctv" | "spd-pilot":
            return fixed | {"mask_areas": ["window-1"], "values": {"camera_id": camera, **ATTESTED}}
        case "daan-cctv":
            return fixed | {"values": INSIDE}
        case "npa-bwc":
            return fixed | {"kind": "body_worn", "device_owner": "public"}
        case _:
            return fixed


def settle(city: City, agencies: dict[str, int]) -> None:
    """Adopt every pack, bind and register cameras of every agency, and wait until all services know them."""
    for policy, how_many in agencies.items():
        names = [f"{policy.partition('-')[0]}-{policy.rpartition('-')[2]}-{number}" for number in range(how_many)]
        adopted = {"policy_id": policy, "instrument": "decision of the council"}
        city.do("admin-root", "access", "/policies/adopt", adopted)
        city.do("admin-root", "access", f"/policies/{policy}/cameras", {"cameras": names})
        city.cameras[policy] = names
    city.until(lambda: bound(city))
    for policy, names in city.cameras.items():
        for name in names:
            city.do("admin-root", "ingest", "/cameras", registration(policy, name))
    city.until(lambda: known(city))


def bound(city: City) -> bool:
    """Tell whether ingest has read every binding."""
    read = city.see("admin-root", "ingest", "/status")["protection_log"]["seq"]
    return bool(read >= city.see("admin-root", "access", "/log/status")["seq"])


def known(city: City) -> bool:
    """Tell whether access has heard of every registration."""
    every = [camera for cameras in city.cameras.values() for camera in cameras]
    probe = {"scope": {"cameras": every, "from": "2026-01-01T00:00:00Z"}, "matter": "", "authority": ""}
    return "unknown camera" not in city.call("sysman-wu", "POST", "access", "/holds", json=probe).text


@pytest.fixture(scope="package")
def streams() -> Iterator[Streaming]:
    """The streaming server of the cameras that have live pictures."""
    with streaming() as server:
        yield server


@pytest.fixture(scope="package")
def city(stack: Addresses, streams: Streaming, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A running installation on the session's broker and database, under names of its own."""
    home = tmp_path_factory.mktemp("clauses")
    copies = [another_seattle(home, name) for name in ("spd-pilot", "spd-late")]
    packs = packs_with(home / "policies", REPOSITORY / "policies", COUNCIL, *copies)
    silent = clip(home / "silent.mp4", seconds=2.0, kinds=("video",)).read_bytes()
    loud = clip(home / "loud.mp4", source=BODYWORN, seconds=2.0).read_bytes()
    agencies = {"spd-cctv": CAMERAS, "daan-cctv": CAMERAS, "npa-bwc": DEVICES}
    agencies |= {"taipei-live": 3, "spd-pilot": 1}
    more = {"CAMLEDGER_POLICIES": str(packs), "CAMLEDGER_INGEST_REPLICA": str(home / "second-volume")}
    more |= {"CAMLEDGER_LIVE_UPSTREAM": f"{streams.url}/{{camera}}/index.m3u8"}
    more |= {"CAMLEDGER_TRUSTED_PROXIES": "127.0.0.0/8"}
    with installed(stack, home, **more) as installation, httpx.Client(timeout=60) as http:
        running = City(installation, http, silent, loud)
        settle(running, agencies)
        yield running
