"""Two installations for who compares numbers: the same acts in each, other numbers of everything."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from services.runtime.settings import REPOSITORY
from tests.browser.clerk import Clerk
from tests.browser.conftest import LANGUAGES
from tests.browser.ones import AUDITOR
from tests.browser.owners import WHO
from tests.fakes.clause_city import CLIP, City, iso, now
from tests.fakes.live_project import OFFICES, says
from tests.integration.clauses.conftest import settle

POLICY: Final = "daan-cctv"
LIVE: Final = "taipei-live"
PROJECT: Final = "river-festival"
APPLICANT: Final = "officer-lin"
# Of each thing another number in each installation, and within one no number twice: a swapped one is seen, too.
SEEDS: Final = (
    {"recorded": 2, "held": 5, "due": 4, "holds": 3, "asked": 2, "viewed": 1, "viewings": 2, "copied": 1, "gone": 3},
    {"recorded": 3, "held": 7, "due": 6, "holds": 1, "asked": 3, "viewed": 2, "viewings": 4, "copied": 3, "gone": 5},
)
DECIDED: Final = (2, 4)  # of the five decisions on the project
SCENARIOS: Final = (("access", "all", "asking"), ("keeping", "site"))  # which of the policy lie in its folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One installation, what was seeded in it, and somebody at a desk for each language."""

    city: City
    camera: str
    requests: tuple[str, str]  # one that was viewed, one that was copied
    hold: str
    gone: str  # a camera whose footage is destroyed
    certificate: str  # as it was handed out, byte for byte
    clerks: tuple[Clerk, ...]
    auditors: tuple[Clerk, ...]


def policies(target: Path, number: int) -> Path:
    """Make the folder of packs of an installation: those that ship, one with some of its scenarios."""
    target.mkdir()
    for folder in (each for each in (REPOSITORY / "policies").iterdir() if each.name != POLICY):
        (target / folder.name).symlink_to(folder)
    own = shutil.copytree(REPOSITORY / "policies" / POLICY, target / POLICY)
    for scenarios in own.glob("scenarios/*.yaml"):
        if scenarios.stem not in SCENARIOS[number]:
            scenarios.unlink()
    return target


def seeded(city: City, number: int, chromium: Browser) -> Place:
    """Let happen in an installation what its numbers say."""
    seed = SEEDS[number]
    settle(city, {POLICY: seed["recorded"], LIVE: 1})
    camera = city.cameras[POLICY][0]
    for _ in range(seed["recorded"]):
        city.recorded(camera)
    _queued(city, camera, seed["due"])
    city.old(camera, days=85, how_many=seed["held"])
    held = [city.hold(camera, days=number or 85, kind="preservation") for number in range(seed["holds"])]
    city.do(WHO, "access", f"/holds/{held[0]}/propose-release")
    for _ in range(seed["asked"]):
        _asked(city, camera)
    for _ in range(seed["viewed"]):
        _viewed(city, _asked(city, camera))
    certificate = _certified(city, city.cameras[POLICY][1], seed["gone"])
    _decided(city, number)
    console = f"{city.installation.urls['access']}/console"
    return Place(
        city=city,
        camera=camera,
        requests=_carried_out(city, camera, seed),
        hold=held[0],
        gone=city.cameras[POLICY][1],
        certificate=certificate,
        clerks=tuple(Clerk.signed_in(chromium, console, WHO, each) for each in LANGUAGES),
        auditors=tuple(Clerk.signed_in(chromium, console, AUDITOR, each) for each in LANGUAGES),
    )


def _queued(city: City, camera: str, how_many: int) -> None:
    """Take over what is past its term, and let its recovery window run."""
    start = now() - timedelta(days=93)
    body = {"takeover_id": "queued", "camera_id": camera, "source": "old-recorder", "footage_from": iso(start)}
    city.do(WHO, "ingest", "/takeovers", body | {"footage_to": iso(start + how_many * CLIP)})
    for number in range(how_many):
        assert city.upload(camera, start + number * CLIP, takeover="queued").status_code == 201
    city.until(lambda: sum(each["segments"] for each in city.see(WHO, "retention", "/due")) == how_many)


def _asked(city: City, camera: str, action: str = "view") -> str:
    """Ask for footage, as far as the step of the system manager."""
    request = {"kind": "internal", "action": action, "cameras": [camera], "interval": city.recorded(camera).interval}
    request |= {"legal_basis": "point_6_1", "purposes": ["investigation"], "purpose": "a theft at the counter"}
    requester = {"class": "internal", "name": "made up", "unit": "registration", "telephone": "555"}
    body = {"policy_id": POLICY, "requester": requester, "request": request}
    request_id = city.do(APPLICANT, "access", "/requests", body)["request_id"]
    city.sign(request_id, ("sign", APPLICANT), ("applicant_supervisor", "head-chen"))
    return str(request_id)


def _granted(city: City, request_id: str) -> str:
    above = (("manager_supervisor", "supervisor-kao"), ("secretary", "secretary-ho"), ("director", "director-tsai"))
    city.sign(request_id, ("system_manager", WHO), *above)
    return request_id


def _viewed(city: City, request_id: str) -> None:
    """Have the other steps signed, and see the footage."""
    city.watch(APPLICANT, _granted(city, request_id))


def _carried_out(city: City, camera: str, seed: dict[str, int]) -> tuple[str, str]:
    """View one request's footage several times, and copy another's."""
    viewed, copied = (_granted(city, _asked(city, camera, action)) for action in ("view", "copy"))
    for _ in range(seed["viewings"]):
        city.watch(APPLICANT, viewed)
    for _ in range(seed["copied"]):
        city.do(APPLICANT, "access", f"/requests/{copied}/copies")
    return viewed, copied


def _certified(city: City, camera: str, how_many: int) -> str:
    """Let footage go, and have the last of it certified once the log has what proves it."""
    gone = city.old(camera, days=101, how_many=how_many)
    for each in gone:
        city.gone(each)
    path = f"/certificates/segments/{camera}/{iso(gone[-1].start)}"
    return city.answered(lambda: city.call(WHO, "GET", "analytics", path), success=True).text


def _decided(city: City, number: int) -> None:
    """Take some of the decisions on a live project, in their order."""
    period = (iso(now()), iso(now() + timedelta(days=1)))
    for decision, body in list(says(city.cameras[LIVE], period).items())[: DECIDED[number]]:
        city.do(OFFICES[decision], "access", f"/projects/{PROJECT}/decisions", body)
