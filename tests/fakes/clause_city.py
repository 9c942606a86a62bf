"""A city whose agencies share one installation; tests ask it as people do, over HTTP and the command line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx
from typer.testing import CliRunner

from services.cli.application import app
from services.cli.client import CallRefused
from services.cli.refusals import tell
from services.cli.up.installation import Installation

T = TypeVar("T")
Json = dict[str, Any]
WAIT_S = 90.0
CLIP = timedelta(seconds=2)
KEEPER, SECOND = "sysman-wu", "director-tsai"
PROBLEM = "application/problem+json"

# What is registered of a camera in Seattle, and of one in the district office.
SITE = {"site": "third and pine", "justification": "gun_violence", "public_location": "third avenue at pine street"}
ATTESTED = SITE | {"faces_public_space_only": True, "mask_areas": ["window-1"]}
INSIDE = {"number": 1, "place": "counter hall", "direction": "north", "coverage": "public_space_inside"}


@dataclass(frozen=True, slots=True)
class Footage:
    """One recording that was taken in, and what ingest answered."""

    camera: str
    start: datetime
    taken: Json

    @property
    def interval(self) -> list[str]:
        """The interval that a request for exactly this recording names."""
        return [iso(self.start), iso(self.start + CLIP)]


@dataclass(slots=True)
class City:
    """The installation with cameras of every agency; a test takes the next camera that nobody has used."""

    installation: Installation
    http: httpx.Client
    silent: bytes
    loud: bytes
    cameras: dict[str, list[str]] = field(default_factory=dict)
    _seconds: Any = field(default_factory=lambda: count(1))

    def call(self, who: str | None, method: str, service: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        """Call a service as an account, or as nobody."""
        token = self.installation.tokens[who] if who else ""
        headers = ({"authorization": f"Bearer {token}"} if who else {}) | more.pop("headers", {})
        url = f"{self.installation.urls[service]}/api/v1{path}"
        return self.http.request(method, url, headers=headers, **more)

    def do(self, who: str, service: str, path: str, body: Json | None = None) -> Json:
        """POST what must be carried out; return the answer."""
        answer = self.call(who, "POST", service, path, json=body or {})
        assert answer.is_success, f"{who} {path}: {answer.status_code} {answer.text}"
        found: Json = answer.json()
        return found

    def see(self, who: str, service: str, path: str, **params: str) -> Any:  # noqa: ANN401
        """GET what must be shown."""
        answer = self.call(who, "GET", service, path, params=params)
        assert answer.is_success, f"{who} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def run(self, *arguments: str, who: str) -> tuple[int, Any]:
        """Run ``camledger`` as an account; return its exit code and the JSON that it printed."""
        try:
            result = CliRunner().invoke(app, [*arguments, "--as", who, "--json"], catch_exceptions=False)
        except CallRefused as refused:
            return tell(refused), refused.problem
        return result.exit_code, json.loads(result.stdout)

    def refused(self, who: str, service: str, path: str, body: Json | None, clause: str) -> Json:
        """POST what a rule must refuse: with its clause, and its message in both languages."""
        return self.refusal(self.call(who, "POST", service, path, json=body or {}), clause)

    def refusal(self, answer: httpx.Response, clause: str) -> Json:
        """Return the problem document of a refusal that cites ``clause`` and speaks both languages."""
        assert 400 <= answer.status_code < 500, f"{answer.status_code} {answer.text}"
        assert answer.headers["content-type"] == PROBLEM
        problem: Json = answer.json()
        assert clause in problem["clauses"], problem
        assert all(problem["message"].get(language) for language in ("en", "zh-Hant")), problem
        return problem

    def next(self, policy: str) -> str:
        """Return a camera of an agency that no other test uses."""
        return self.cameras[policy].pop()

    def upload(
        self,
        camera: str,
        start: datetime,
        *,
        sound: bool = False,
        takeover: str = "",
        shift: str = "0816",
        officer: str = "p-0031",
        card: str = "dock",
        analytics: Sequence[str] = (),
        who: str = KEEPER,
    ) -> httpx.Response:
        """Hand a file over, its start stated by the person who hands it over."""
        params = {"started_at": iso(start), "takeover_id": takeover, "shift": shift, "officer": officer}
        more = {"source_id": card, "analytics": list(analytics)}
        body = self.loud if sound else self.silent
        return self.call(who, "PUT", "ingest", f"/files/{camera}", params=params | more, content=body)

    def recorded(self, camera: str, **how: Any) -> Footage:  # noqa: ANN401
        """Take in what was recorded a moment ago."""
        start = now() - timedelta(minutes=10) + 3 * CLIP * next(self._seconds)
        answer = self.upload(camera, start, **how)
        assert answer.status_code == 201, answer.text
        return Footage(camera, start, answer.json())

    def old(self, camera: str, days: float, how_many: int = 1) -> list[Footage]:
        """Take over what an older recorder made so many days ago, its recovery window waived by a second person."""
        start = now() - timedelta(days=days)
        takeover = f"{camera}-{days:g}"
        body = {"takeover_id": takeover, "camera_id": camera, "source": "old-recorder", "footage_from": iso(start)}
        self.do(KEEPER, "ingest", "/takeovers", body | {"footage_to": iso(start + how_many * CLIP)})
        self.do(SECOND, "ingest", f"/takeovers/{takeover}/waive")
        starts = [start + number * CLIP for number in range(how_many)]
        taken = [self.upload(camera, each, takeover=takeover) for each in starts]
        assert all(answer.status_code == 201 for answer in taken), taken[0].text
        return [Footage(camera, each, answer.json()) for each, answer in zip(starts, taken, strict=True)]

    def segment(self, footage: Footage) -> Json:
        """Return a recording as the catalog has it."""
        found = self.see(KEEPER, "ingest", f"/segments/{footage.camera}/{iso(footage.start)}")["generations"]
        return dict(found[-1])

    def explained(self, footage: Footage) -> Json:
        """Return what retention tells of a recording, once it has heard of it."""
        path = f"/segments/{footage.camera}/{iso(footage.start)}/explain"

        def told() -> Json:
            answer = self.call(KEEPER, "GET", "retention", path)
            return answer.json() if answer.is_success else {}

        return self.until(told)

    def gone(self, footage: Footage) -> Json:
        """Wait until a recording is destroyed; return its receipt."""
        found = self.until(lambda: (s := self.segment(footage))["state"] == "gone" and s["receipt"] and s)
        return dict(found["receipt"])

    def hold(self, camera: str, days: float, kind: str, who: str = KEEPER) -> str:
        """Place a hold on a day of a camera, and wait until custody says that it is effective."""
        start = now() - timedelta(days=days, hours=1)
        body: Json = {"scope": {"cameras": [camera], "from": iso(start), "to": iso(start + timedelta(hours=2))}}
        body |= {"hold_kind": kind, "matter": "115-0042", "authority": "district court"}
        placed = self.do(who, "access", "/holds", body | {"review_by": iso(now() + timedelta(days=30))})
        self.until(lambda: self.see(who, "access", f"/holds/{placed['hold_id']}")["state"] == "effective")
        return str(placed["hold_id"])

    def sign(self, request_id: str, *signatures: tuple[str, str]) -> Json:
        """Sign one step after the other, each (step, account); return the request."""
        told: Json = {}
        for step, who in signatures:
            consult = {"decision": "consult", "opinion": "may be shown"}
            body = consult if step.endswith("consult") else {"decision": "approve"}
            told = self.do(who, "access", f"/requests/{request_id}/steps/{step}", body)
        return told

    def watch(self, who: str, request_id: str, company: str = "", person: str = "") -> list[bytes]:
        """View all that a grant covers, in company if somebody comes along, and end the viewing."""
        viewing = self.viewing(who, request_id, person)
        if company:
            self.do(company, "access", f"/viewings/{viewing}/accompany")
        opened = self.do(who, "access", f"/viewings/{viewing}/open")
        bytes_ = [self.media(who, viewing, each) for each in opened["footage"]]
        self.do(who, "access", f"/viewings/{viewing}/end")
        return bytes_

    def viewing(self, who: str, request_id: str, person: str = "") -> str:
        """Agree a viewing."""
        body = {"agreed_time": iso(now()), "accompanied_by": person}
        return str(self.do(who, "access", f"/requests/{request_id}/viewings", body)["viewing_id"])

    def media(self, who: str, viewing: str, clip: Json) -> bytes:
        answer = self.call(who, "GET", "access", f"/viewings/{viewing}/media", params=clip)
        assert answer.status_code == 200, answer.text
        return answer.content

    def register(self, name: str, found: Callable[[Json], bool]) -> Json:
        """Wait for a row of a register; return it."""
        path = f"/registers/{name}"

        def row() -> Json | None:
            rows = self.see("auditor-fong", "analytics", path, limit="5000")["rows"]
            return next((dict(each) for each in rows if found(each)), None)

        return self.until(row)

    def answered(self, ask: Callable[[], httpx.Response], *, success: bool) -> httpx.Response:
        """Ask until the services have read what changed: until the answer is a success, or no longer is."""

        def told() -> list[httpx.Response]:
            answer = ask()
            return [answer] if answer.is_success is success else []

        return self.until(told)[0]

    def until(self, seen: Callable[[], T | None], within_s: float = WAIT_S) -> T:
        """Ask again, bounded, until the answer is a true one."""
        end = time.monotonic() + within_s
        while not (answer := seen()):
            assert time.monotonic() < end, "did not happen in time"
            time.sleep(0.2)
        return answer


def now() -> datetime:
    """This instant in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def iso(instant: datetime) -> str:
    """An instant as the API takes it."""
    return instant.isoformat().replace("+00:00", "Z")


def packs_with(target: Path, shipped: Path, *more: Path) -> Path:
    """Make a folder of packs: what ships, linked, and the folders given."""
    target.mkdir()
    for folder in (*(each for each in shipped.iterdir() if each.is_dir()), *more):
        (target / folder.name).symlink_to(folder)
    return target
