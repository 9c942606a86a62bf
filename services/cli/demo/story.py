"""The main job, step by step, through the HTTP API that everybody uses. Every step first looks whether it is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from services.cli.client import Client
from services.cli.demo.people import AGENCY, ANNEX_3, APPLICANT
from services.cli.demo.plan import BODY, CORNER, PLAZA, OldFootage, Plan

Answer = dict[str, Any]
Found = TypeVar("Found")
WAIT_SECONDS_MAX = 90.0
POLL_SECONDS = 0.3

CAMERAS: tuple[Answer, ...] = (
    {
        "camera_id": PLAZA,
        "kind": "fixed",
        "agency": "daan-hro",
        "area": "hall",
        "place": "counter hall",
        "direction": "north",
        "policy_id": "daan-cctv",
        "values": {"number": 1, "place": "counter hall", "direction": "north", "coverage": "public_space_inside"},
    },
    {
        "camera_id": BODY,
        "kind": "body_worn",
        "agency": "npa",
        "device_owner": "public",
        "policy_id": "npa-bwc",
        "values": {},
    },
    {
        "camera_id": CORNER,
        "kind": "fixed",
        "agency": "spd",
        "area": "third avenue",
        "place": "third and pine",
        "direction": "south",
        "mask_areas": ["window-1"],
        "policy_id": "spd-cctv",
        "values": {
            "camera_id": CORNER,
            "site": "third and pine",
            "justification": "gun_violence",
            "public_location": "third avenue at pine street",
            "mask_areas": ["window-1"],
            "faces_public_space_only": True,
        },
    },
)


class NotInTime(Exception):
    """Something that should have happened did not, within the bound that is stated."""


@dataclass(slots=True)
class Story:
    """The people of the demo and what they do; ``say`` tells it as it happens."""

    home: Path
    plan: Plan
    say: Callable[[str], None]

    def as_(self, account: str) -> Client:
        return Client(account, self.home)

    def register_cameras(self) -> None:
        """Register three cameras of three agencies and bind each to its policy."""
        known = {one["camera_id"] for one in self.as_("admin-root").get("ingest", "/cameras")}
        bound = {one["camera_id"] for one in self.as_("admin-root").get("access", "/policies/bindings")}
        for camera in CAMERAS:
            camera_id, policy = camera["camera_id"], camera["policy_id"]
            if camera_id not in bound:
                binding = {"camera_id": camera_id, "policy_id": policy}
                self.as_("admin-root").post("access", "/policies/bindings", binding)
            if camera_id not in known:
                self.as_("admin-root").post("ingest", "/cameras", camera)
                self.say(f"camera {camera_id} is registered under {policy}")

    def ask_for_preservation(self) -> str:
        """Another agency asks to preserve what is about to run out; from its admission the request protects."""
        body = {
            "policy_id": "daan-cctv",
            "kind": "preservation",
            "action": "preserve",
            "scope": self._scope(PLAZA, self.plan.hold_from, self.plan.hold_to),
            "facts": {
                "requester.class": "agency",
                "requester.name": "Novak (made up)",
                "requester.unit": "county police",
                "requester.telephone": "555-0100",
                "request.legal_basis": "point_7_2",
                "request.purpose": "theft at the counter, case 115-0042",
            },
            "documents": [],
        }
        return self._request(AGENCY, body, "asks to preserve footage that is about to run out")

    def take_over(self, footage: OldFootage, files: list[Path]) -> None:
        """Take footage of the old recorder in; a named person attests its time and waives its recovery window."""
        client = self.as_("admin-root")
        known = {one["source"]: one for one in client.get("ingest", "/takeovers")}
        takeover = known.get(footage.name) or client.post("ingest", "/takeovers", self._takeover(footage))
        for path, start in zip(files, footage.starts, strict=True):
            body = {
                "path": str(path),
                "camera_id": footage.camera,
                "source_id": "old-recorder",
                "takeover_id": takeover["takeover_id"],
                "started_at": start.isoformat(),
                "shift": "0816",
                "officer": "p-0031" if footage.camera == BODY else "",
            }
            client.post("ingest", "/files", body)
        self.say(
            f"{len(files)} segments of {footage.camera} from {footage.start.date()} are taken over ({footage.name})"
        )

    def sign(self, request_id: str, applicant: str) -> None:
        """Pass the district office's chain: one signature after the other, each by its own person."""
        for step, account in ANNEX_3:
            shown = self.as_(account or applicant).get("access", f"/requests/{request_id}")
            if step in shown["open_steps"]:
                decision = {"decision": "approve", "note": ""}
                self.as_(account or applicant).post("access", f"/requests/{request_id}/steps/{step}", decision)
                self.say(f"  {step.replace('_', ' ')}: signed by {account or applicant}")

    def effective_hold(self, request_id: str) -> Answer:
        """Wait until custody has applied the hold that the request led to."""

        def found() -> Answer | None:
            holds: list[Answer] = self.as_("sysman-wu").get("access", "/holds")
            ours = [h for h in holds if h["kind"] == "hold" and h["request_id"] == request_id]
            return next((h for h in ours if h["state"] == "effective"), None)

        hold = wait_for(found, "the hold to become effective")
        self.say(f"hold {hold['hold_id'][:8]} is effective: custody secured {hold.get('secured', 0)} segments")
        return hold

    def view(self, start: datetime, end: datetime) -> Answer:
        """An internal request passes its chain; the footage is served, and the view stands on the log before."""
        body = {
            "policy_id": "daan-cctv",
            "kind": "internal",
            "action": "view",
            "scope": self._scope(PLAZA, start, end),
            "facts": {
                "requester.class": "internal",
                "requester.name": "Lin (made up)",
                "requester.unit": "household registration",
                "requester.telephone": "555-0101",
                "request.legal_basis": "point_6_1",
                "request.purposes": ["public_order"],
                "request.purpose": "dispute at the counter",
            },
            "documents": [],
        }
        request_id = self._request(APPLICANT, body, "asks to view what was recorded just now")
        self.sign(request_id, APPLICANT)
        return {"request_id": request_id, **self._watch(request_id)}

    def refusals(self) -> list[Answer]:
        """Immigration enforcement is routed to counsel; face recognition is refused, whoever asks."""
        common = {
            "policy_id": "spd-cctv",
            "action": "copy",
            "scope": self._scope(CORNER, self.plan.begun, self.plan.begun.replace(hour=23, minute=59)),
            "documents": ["warrant_copy"],
        }
        facts = {
            "requester.on_behalf_of": ["nobody"],
            "request.subjects": ["other_crime"],
            "request.asks": ["footage"],
            "request.purpose": "as stated",
            "request.ground": "warrant",
            "request.reference": "W-1",
        }
        routed = self._ask(
            "ice-doe", {**common, "kind": "agency", "facts": {**facts, "requester.class": "immigration_enforcement"}}
        )
        face = {
            **facts,
            "requester.class": "internal",
            "request.asks": ["face_recognition"],
            "request.case_number": "26-1",
        }
        refused = self._ask("detective-oya", {**common, "kind": "internal", "facts": face})
        self.say(f"immigration enforcement: {routed['state']} to {routed.get('to', '')} ({routed.get('rule', '')})")
        self.say(f"face recognition: {refused['state']} ({', '.join(refused.get('clauses', []))})")
        return [routed, refused]

    def wait_destroyed(self, footage: list[OldFootage]) -> None:
        """Wait until all of this footage is gone, each with its receipt."""
        wanted = {(one.camera, start) for one in footage for start in one.starts}

        def found() -> bool | None:
            receipts = self.as_("auditor-fong").get("ingest", "/receipts")
            gone = {(r["camera_id"], datetime.fromisoformat(r["started_at"])) for r in receipts}
            return True if wanted <= gone else None

        wait_for(found, f"{len(wanted)} due segments to be destroyed")
        self.say(f"{len(wanted)} segments that were due and unheld are destroyed, each with a receipt")

    def _watch(self, request_id: str) -> Answer:
        client = self.as_(APPLICANT)
        viewing: Answer = client.post("access", f"/requests/{request_id}/viewings", {"accompanied_by": "p-0003"})
        path, received = f"/viewings/{viewing['viewing_id']}/media", 0
        with (self.home / "viewed.mp4").open("wb") as into:
            for one in viewing["footage"]:
                received += client.download("access", path, into, camera=one["camera_id"], start=one["started_at"])
        client.post("access", f"/viewings/{viewing['viewing_id']}/end")
        self.say(f"viewed {len(viewing['footage'])} segments, {received:,} bytes; the view was on the log before them")
        return {**viewing, "bytes": received}

    def _request(self, applicant: str, body: Answer, what: str) -> str:
        mine = [r for r in self.as_(applicant).get("access", "/requests") if self._same(r, body)]
        if mine:
            return str(mine[0]["request_id"])
        answer = self._ask(applicant, body)
        self.say(f"{applicant} {what}: request {answer['request_id'][:8]}, {answer['state']}")
        return str(answer["request_id"])

    def _ask(self, applicant: str, body: Answer) -> Answer:
        answer: Answer = self.as_(applicant).post("access", "/requests", body)
        return answer

    def _same(self, request: Answer, body: Answer) -> bool:
        return (request["kind"], request["action"]) == (body["kind"], body["action"])

    def _takeover(self, footage: OldFootage) -> Answer:
        return {
            "camera_id": footage.camera,
            "source": footage.name,
            "footage_from": footage.start.isoformat(),
            "footage_to": footage.end.isoformat(),
            "attested_by": "p-0003",
            "recovery_waived_by": "p-0006",
        }

    def _scope(self, camera: str, start: datetime, end: datetime) -> Answer:
        return {
            "cameras": [camera],
            "area": "",
            "officer": "",
            "incident": "",
            "from": start.isoformat(),
            "to": end.isoformat(),
        }


def wait_for(found: Callable[[], Found | None], what: str, seconds: float = WAIT_SECONDS_MAX) -> Found:
    """Return what ``found`` finds; raises NotInTime when it hasn't after ``seconds``."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (result := found()) is not None:
            return result
        time.sleep(POLL_SECONDS)
    raise NotInTime(f"waited {seconds:.0f} s for {what}")
