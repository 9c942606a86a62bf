"""A small real history of a city: two adoptions, two cameras, footage that is due, a hold on half of it, a refusal."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from services.cli.client import CallRefused, Client

Found = TypeVar("Found")
Body = dict[str, Any]
SAMPLE = Path(__file__).parents[3] / "samples" / "plaza.mp4"
CAMERA, SEGMENTS, SECONDS = "plaza-01", 4, 5
NAME = "%Y-%m-%d_%H-%M-%S"
NOW = datetime.now(UTC).replace(microsecond=0, second=0)
HELD, DUE = NOW - timedelta(days=120), NOW - timedelta(days=119)

CHAIN = (
    ("sign", "agency-novak"),
    ("applicant_supervisor", "head-chen"),
    ("system_manager", "sysman-wu"),
    ("manager_supervisor", "supervisor-kao"),
    ("secretary", "secretary-ho"),
    ("director", "director-tsai"),
)
HALL = {"number": 1, "place": "counter hall", "direction": "north", "coverage": "public_space_inside"}
CAMERA_BODY: Body = {
    "camera_id": CAMERA,
    "kind": "fixed",
    "agency": "daan-hro",
    "area": "hall",
    "place": "counter hall",
    "direction": "north",
    "policy_id": "daan-cctv",
    "values": HALL,
}
PRESERVATION: Body = {
    "policy_id": "daan-cctv",
    "requester": {"class": "agency", "name": "Novak (made up)", "unit": "county police", "telephone": "555-0100"},
    "request": {
        "kind": "preservation",
        "action": "preserve",
        "cameras": [CAMERA],
        "interval": [iso.replace("+00:00", "Z") for iso in (HELD.isoformat(), (HELD + timedelta(hours=1)).isoformat())],
        "legal_basis": "point_7_2",
        "purpose": "theft at the counter, case 115-0042",
    },
    "documents": [],
}


def until(found: Callable[[], Found], seconds: float = 90.0) -> Found:
    """Return what ``found`` finds, asked again until it is something."""
    ends = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < ends, f"nothing within {seconds:.0f} s"
        time.sleep(0.2)
    return result


def make(home: Path) -> None:
    """Let the people of the city act, each under their own account, until what is due and unheld is destroyed."""
    root = Client("admin-root", home)
    for policy in ("daan-cctv", "spd-cctv"):
        root.post("access", "/policies/adopt", {"policy_id": policy, "instrument": "as shipped"})
    root.post("access", "/policies/daan-cctv/cameras", {"cameras": [CAMERA]})
    root.post("ingest", "/cameras", CAMERA_BODY)
    until(lambda: is_known(Client("sysman-wu", home)))
    request = Client("agency-novak", home).post("access", "/requests", PRESERVATION)["request_id"]
    for start in (HELD, DUE):
        _take_over(home, start)
    for step, account in CHAIN:
        Client(account, home).post("access", f"/requests/{request}/steps/{step}", {"decision": "approve"})
    until(lambda: (Client("sysman-wu", home).get("access", f"/requests/{request}").get("hold") or {}).get("secured"))
    until(lambda: len(_gone(home)) == SEGMENTS)


def is_known(client: Client) -> bool:
    """Tell whether access has read the camera's registration: a hold without a matter is refused, but not for that."""
    probe = {"scope": {"cameras": [CAMERA], "from": "2026-01-01T00:00:00Z"}, "matter": "", "authority": ""}
    try:
        client.post("access", "/holds", probe)
    except CallRefused as refused:
        return "unknown camera" not in str(refused)
    return True


def _take_over(home: Path, start: datetime) -> None:
    name = f"{start:%Y%m%d}"
    custodian, end = Client("sysman-wu", home), start + timedelta(seconds=SECONDS * SEGMENTS)
    body = {"takeover_id": name, "camera_id": CAMERA, "source": "old-recorder", "footage_from": start.isoformat()}
    custodian.post("ingest", "/takeovers", body | {"footage_to": end.isoformat()})
    Client("director-tsai", home).post("ingest", f"/takeovers/{name}/waive")
    for number, path in enumerate(_old_files(home / "old" / name, start)):
        at = start + timedelta(seconds=SECONDS * number)
        body = {"path": str(path), "camera_id": CAMERA, "source_id": "old-recorder", "takeover_id": name}
        custodian.post("ingest", "/files", body | {"started_at": at.isoformat()})


def _old_files(out: Path, start: datetime) -> list[Path]:
    command = [sys.executable, "-m", "services.ingest.recorder", "--source", str(SAMPLE), "--out", str(out)]
    command += ["--camera", CAMERA, "--segment-seconds", str(SECONDS), "--zone", "UTC"]
    command += ["--starting-at", start.isoformat(), "--segments", str(SEGMENTS)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return sorted(out.glob("*.mp4"))


def _gone(home: Path) -> list[Body]:
    listed = Client("auditor-fong", home).get("ingest", "/segments", **{"from": "1970-01-01T00:00:00Z"})["segments"]
    return [one for one in listed if one["state"] == "gone"]
