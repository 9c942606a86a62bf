"""What people do with live pictures: decide on a project, open a camera, play it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from services.kernel.events import AccessRefused, LiveClosed, LiveOpened
from tests.fakes.live_project import says
from tests.fakes.streaming import Streaming
from tests.integration.access.conftest import City

POLICY = "taipei-live"
CAMERAS = ("live-1", "live-2", "live-3")
PLACES = ((25.0375, 121.5637), (25.0478, 121.5170), None)
MEMBER, OTHER = "officer-lin", "head-chen"
HERE, ELSEWHERE = "10.9.0.7", "10.9.0.8"
OFFICES = {
    "group": "lead-hsieh",
    "lead_decision": "lead-hsieh",
    "police_consent": "cop-hsu",
    "members": "group-liao",
    "set_permissions": "dash-yeh",
}
LISTED = ("10.9.0.0/24",)
STATED = {"ground": "statutory_duty", "legal_basis": "Local Government Act art. 18"}


class LiveCity:
    """A city with live cameras. ``project`` is about the first two of them and lasts a day."""

    def __init__(self, city: City, upstream: Streaming) -> None:
        self.city, self.upstream = city, upstream
        self.project = ""

    def settle(self) -> None:
        for camera, at in zip(CAMERAS, PLACES, strict=True):
            self.city.custody.register(camera, at=at)
        self.city.do("admin-root", "/policies/adopt", {"policy_id": POLICY, "instrument": "plan of February 2022"})
        self.city.do("admin-root", f"/policies/{POLICY}/cameras", {"cameras": list(CAMERAS)})
        self.city.until(lambda: self.city._known(CAMERAS[-1]), within_s=120)
        self.project = self.decided()

    def decided(self, *, lasts: timedelta = timedelta(days=1), networks: tuple[str, ...] = LISTED) -> str:
        """Have a project decided on by its five offices; return its id."""
        project = f"project-{uuid4().hex[:8]}"
        for decision, body in self.bodies(lasts, networks).items():
            self.city.do(OFFICES[decision], f"/projects/{project}/decisions", body)
        return project

    def bodies(self, lasts: timedelta, networks: tuple[str, ...]) -> dict[str, dict[str, Any]]:
        starts = datetime.now(UTC) - timedelta(minutes=1)
        period = (starts.isoformat(), (datetime.now(UTC) + lasts).isoformat())
        return says(list(CAMERAS[:2]), period, ("p-lin", "p-chen"), networks)

    def shorten(self, project: str, ends: datetime) -> None:
        """The dashboard administrator lets a project end earlier."""
        told = self.city.see("dash-yeh", f"/projects/{project}")
        body = {"decision": "set_permissions", "period_from": told["period"][0], "period_to": ends.isoformat()}
        self.city.do("dash-yeh", f"/projects/{project}/decisions", body | {"networks": told["networks"]})

    def ask(self, who: str = MEMBER, camera: str = CAMERAS[0], at: str = HERE, **more: Any) -> httpx.Response:  # noqa: ANN401
        """Ask for a live picture."""
        body = {"camera": camera, "project": self.project, **STATED, **more}
        return self.city.call(who, "POST", "/live", body, **{"x-forwarded-for": at})

    def open(self, who: str = MEMBER, camera: str = CAMERAS[0], **more: Any) -> str:  # noqa: ANN401
        """Open a live picture in the place of whatever the person had open."""
        answer = self.ask(who, camera, replace=True, **more)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["live_id"])

    def play(self, live_id: str, who: str = MEMBER, at: str = HERE) -> httpx.Response:
        return self.city.call(who, "GET", f"/live/{live_id}/playlist.m3u8", **{"x-forwarded-for": at})

    def part(self, live_id: str, name: str, who: str = MEMBER, at: str = HERE) -> httpx.Response:
        return self.city.call(who, "GET", f"/live/{live_id}/{name}", **{"x-forwarded-for": at})

    def names(self, live_id: str, who: str = MEMBER) -> list[str]:
        """Return the links of a picture's parts."""
        answer = self.play(live_id, who)
        assert answer.status_code == 200, answer.text
        return [line for line in answer.text.splitlines() if line and not line.startswith("#")]

    def opened(self, live_id: str) -> list[LiveOpened]:
        events = self.city.custody.events("access.events", LiveOpened)
        return [each for each in events if str(each.live_id) == live_id]

    def closed(self, live_id: str) -> str:
        """Wait until a picture is closed on the log; return why."""
        (event,) = self.city.told("access.events", LiveClosed, lambda each: str(each.live_id) == live_id)
        return event.why

    def refusals(self, kind: str) -> list[AccessRefused]:
        return self.city.told("access.events", AccessRefused, lambda each: each.refusal == kind)

    @contextmanager
    def dripping(self, camera: str) -> Iterator[None]:
        """The camera's newest segment comes drop by drop and has no end."""
        stop = threading.Event()

        def drops() -> Iterator[bytes]:
            while not stop.wait(0.2):
                yield b"\0" * 188

        self.upstream.says[f"/{camera}/seg-8.ts"] = drops
        try:
            yield
        finally:
            stop.set()

    def watched(self, live_id: str, who: str = MEMBER) -> Watcher:
        """Somebody who watches the newest segment from now on."""
        return Watcher(self, live_id, self.names(live_id, who)[-1], who)


class Watcher(threading.Thread):
    """Reads one segment for as long as bytes come."""

    def __init__(self, live: LiveCity, live_id: str, name: str, who: str) -> None:
        super().__init__(daemon=True)
        self._url = f"{live.city.url}/api/v1/live/{live_id}/{name}"
        self._headers = {"authorization": f"Bearer token-{who}", "x-forwarded-for": HERE}
        self.bytes_seen = 0
        self.start()

    def run(self) -> None:
        with httpx.stream("GET", self._url, headers=self._headers, timeout=60) as answer:
            for chunk in answer.iter_raw():
                self.bytes_seen += len(chunk)

    def ended(self, within_s: float) -> bool:
        self.join(within_s)
        return not self.is_alive()
