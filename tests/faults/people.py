"""The load: footage that is due, held or young, and people who place and release holds while everything breaks.

Each person writes down what was asked and what was acknowledged; whatever got no answer is asked again, with its id.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx

from services.cli.client import CallRefused, Client, NotReachable
from tests.faults.notes import Notes

CAMERAS = tuple(f"plaza-{number:02}" for number in range(1, 5))
TAKEOVER = "old-recorder"
OLD, YOUNG = timedelta(days=220), timedelta(days=40)
SLOT = timedelta(minutes=1)
SEGMENT = timedelta(seconds=2)
POLL_S = 0.5
STORIES = ("due", "due", "raced", "raced", "raced", "born held", "young", "young")
RELEASED = 0.3
NOT_YET = "NoPolicyBinds"  # ingest hasn't read the binding yet, or its clock stands before it

Found = TypeVar("Found")


class GivenUp(Exception):
    """No answer came before the end of the run."""


@dataclass(slots=True)
class Town:
    """What all people share."""

    home: Path
    clip: Path
    begun: datetime
    notes: Notes
    deadline: threading.Event = field(default_factory=threading.Event)  # nobody asks again afterwards

    def ask(self, account: str, service: str, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401
        """POST until it is answered; a refusal that time can't cure is raised."""
        return self._until_answered(lambda: Client(account, self.home).post(service, path, body))

    def look(self, account: str, service: str, path: str) -> Any:  # noqa: ANN401
        """GET until it is answered."""
        return self._until_answered(lambda: Client(account, self.home).get(service, path))

    def _until_answered(self, call: Callable[[], Found]) -> Found:
        while not self.deadline.is_set():
            try:
                return call()
            except CallRefused as refused:
                if refused.status < httpx.codes.INTERNAL_SERVER_ERROR and refused.problem.get("refusal") != NOT_YET:
                    raise
            except NotReachable:
                pass
            self.deadline.wait(POLL_S)
        raise GivenUp

    def found(self) -> None:
        """Adopt a policy, bind and register the cameras, and admit what an older recorder left."""
        self.ask("admin-root", "access", "/policies/adopt", {"policy_id": "daan-cctv", "instrument": "as shipped"})
        self.ask("admin-root", "access", "/policies/daan-cctv/cameras", {"cameras": list(CAMERAS)})
        for number, camera in enumerate(CAMERAS, 1):
            self.ask("admin-root", "ingest", "/cameras", _camera(camera, number))
            body = {"takeover_id": f"{TAKEOVER}-{camera}", "camera_id": camera, "source": "old recorder"}
            body |= {"footage_from": _iso(self.begun - OLD), "footage_to": _iso(self.begun - timedelta(days=1))}
            self.ask("sysman-wu", "ingest", "/takeovers", body)
            self.ask("director-tsai", "ingest", f"/takeovers/{TAKEOVER}-{camera}/waive")


class Clerk:
    """One person at work, story after story, until told to stop; then waits for the last answers."""

    def __init__(self, town: Town, number: int, seed: int) -> None:
        self._town, self._number = town, number
        self._chance = random.Random(f"{seed}/{number}")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"clerk-{number}", daemon=True)
        self._open: list[UUID] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing new."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the last answers; True if there is nothing left to wait for."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        slot = 0
        try:
            while not self._stop.is_set():
                self._story(slot)
                self._look_after_open()
                slot += 1
                self._stop.wait(self._chance.uniform(0.1, 0.8))
            while self._open and not self._town.deadline.is_set():
                self._look_after_open()
                time.sleep(POLL_S)
        except GivenUp:
            self._fail("no answer before the end")
        except CallRefused as refused:
            self._fail(f"{refused.status} {refused}")

    def _fail(self, why: str) -> None:
        self._town.notes.write("gave up", clerk=self._number, why=why)

    def _story(self, slot: int) -> None:
        story = self._chance.choice(STORIES)
        camera = self._chance.choice(CAMERAS)
        # Each clerk has hours of his own, so that nobody's hold reaches another's footage.
        begin = self._town.begun - (YOUNG if story == "young" else OLD) + timedelta(days=5 * self._number)
        starts = [begin + slot * SLOT + number * SEGMENT for number in range(self._chance.randrange(2, 5))]
        held = starts[: self._chance.randrange(1, len(starts) + 1)]
        if story == "born held":
            self._place(camera, held)
        for start in starts:
            self._take_in(camera, start, story)
        if story == "raced":
            self._stop.wait(self._chance.uniform(0, 3))
            self._place(camera, held)

    def _take_in(self, camera: str, start: datetime, story: str) -> None:
        body = {"path": str(self._town.clip), "camera_id": camera, "source_id": TAKEOVER}
        body |= {"takeover_id": f"{TAKEOVER}-{camera}", "started_at": _iso(start)}
        answer = self._town.ask("sysman-wu", "ingest", "/files", body)
        told = {"camera": camera, "start": _iso(start), "generation": answer["generation"], "story": story}
        self._town.notes.write("taken", **told)

    def _place(self, camera: str, held: list[datetime]) -> None:
        hold = uuid4()
        scope = {"cameras": [camera], "from": _iso(held[0]), "to": _iso(held[-1] + SEGMENT / 2)}
        body = {"hold_id": str(hold), "scope": scope, "matter": "115-0042", "authority": "made-up court"}
        body |= {"review_by": _iso(self._town.begun + timedelta(days=30))}
        self._town.notes.write("asked", hold=hold, scope=scope)
        told = self._town.ask("sysman-wu", "access", "/holds", body)
        self._tell(told)
        self._open.append(hold)

    def _look_after_open(self) -> None:
        for hold in list(self._open):
            told = self._town.look("sysman-wu", "access", f"/holds/{hold}")
            self._tell(told)
            if told["state"] == "effective":
                self._open.remove(hold)
                if self._chance.random() < RELEASED:
                    self._release(hold)

    def _release(self, hold: UUID) -> None:
        """Two persons; an answer may have been lost, so what is done already is looked up first."""
        path = f"/holds/{hold}"
        while not (told := self._town.look("sysman-wu", "access", path))["released"]:
            with suppress(CallRefused):
                if told["release_proposed_by"]:
                    self._town.ask("ethics-lu", "access", f"{path}/release")
                else:
                    self._town.ask("sysman-wu", "access", f"{path}/propose-release")
        self._tell(told, released=True)

    def _tell(self, told: dict[str, Any], *, released: bool = False) -> None:
        lists = {name: told[name] for name in ("in_flight", "secured", "destroying", "gone", "amended")}
        until = {"protects_until": told["protects_until"], "released": released}
        self._town.notes.write("told", hold=told["hold_id"], state=told["state"], seq=told["seq"], **lists, **until)


def _camera(camera: str, number: int) -> dict[str, Any]:
    seen = {"place": "counter hall", "direction": "north"}
    values = {"number": number, "coverage": "public_space_inside"} | seen
    kind = {"kind": "fixed", "agency": "daan-hro", "area": "hall", "policy_id": "daan-cctv"}
    return {"camera_id": camera, "values": values} | seen | kind


def _iso(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
