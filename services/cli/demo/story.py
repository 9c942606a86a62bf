"""The main job, step by step, through the HTTP API that everybody uses.

Every step first looks what is done already, so it can be taken again: after a kill, or when a service was away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.cli.client import CallRefused, Client
from services.cli.demo import people
from services.cli.demo.patience import Patience
from services.cli.demo.people import ANNEX_3, Answer
from services.cli.demo.plan import BODY, PLAZA, SEGMENT_SECONDS, OldFootage, Plan
from services.cli.up.policies import SHIPPED

ALWAYS = {"from": "1970-01-01T00:00:00Z", "limit": 5_000}
SHIFT = {"shift": "0816", "officer": "p-0031"}
WORN = {"camera_id": BODY, **SHIFT}
Files = dict[tuple[str, datetime], Path]


@dataclass(slots=True)
class Story:
    """The people of the demo and what they do; ``say`` tells it as it happens, ``patience`` bounds each wait."""

    home: Path
    plan: Plan
    say: Callable[..., None]
    patience: Patience
    _clients: dict[str, Client] = field(default_factory=dict)

    def as_(self, account: str) -> Client:
        if account not in self._clients:
            self._clients[account] = Client(account, self.home)
        return self._clients[account]

    def adopt_policies(self) -> None:
        """Put the shipped policy packs into force."""
        admin = self.as_("admin-root")
        in_force = {one["policy_id"] for one in admin.get("access", "/policies")["policies"] if one["in_force"]}
        for policy in (one for one in SHIPPED if one not in in_force):
            admin.post("access", "/policies/adopt", {"policy_id": policy, "instrument": "as shipped"})
            self.say("policy.in_force", policy=policy)

    def register_cameras(self) -> None:
        """Bind three cameras of three agencies to their policies and register them."""
        admin = self.as_("admin-root")
        known = {one["camera_id"] for one in admin.get("ingest", "/cameras")["cameras"]}
        bound = {c for policy in admin.get("access", "/policies")["policies"] for c in policy["cameras"]}
        for camera in people.CAMERAS:
            camera_id, policy = camera["camera_id"], camera["policy_id"]
            if camera_id not in bound:
                admin.post("access", f"/policies/{policy}/cameras", {"cameras": [camera_id]})
            if camera_id not in known:
                admin.post("ingest", "/cameras", camera)
                self.say("camera.registered", camera=camera_id, policy=policy)

    def ask_for_preservation(self) -> str:
        """Another agency asks to preserve what is about to run out; from its admission the request protects."""
        body = people.preservation([_iso(self.plan.hold_from), _iso(self.plan.hold_to)])
        return self._request(people.AGENCY, body, "preservation.asked")

    def take_over(self, footage: OldFootage, files: Files) -> None:
        """Take footage of the old recorder in; one person attests its time, another waives its recovery window."""
        known = {_key(one) for one in self.segments()}
        missing = {key: path for key, path in files.items() if key not in known}
        if not missing:
            return
        takeover = f"{footage.name}-{self.plan.begun:%Y%m%d%H%M}"
        body = {
            "takeover_id": takeover,
            "camera_id": footage.camera,
            "source": "old-recorder",
            "footage_from": _iso(footage.start),
            "footage_to": _iso(footage.end),
        }
        self.as_("sysman-wu").post("ingest", "/takeovers", body)
        self.as_("director-tsai").post("ingest", f"/takeovers/{takeover}/waive")
        for (_, start), path in missing.items():
            self.as_("sysman-wu").post("ingest", "/files", self._handed_over(footage, takeover, path, start))
        self.say("taken.over", count=len(missing), camera=footage.camera, day=footage.start.date())

    def sign(self, request_id: str, applicant: str) -> None:
        """Pass the district office's chain: one signature after the other, each by its own person."""
        for step, account in ANNEX_3:
            signer = self.as_(account or applicant)
            if step in signer.get("access", f"/requests/{request_id}")["open_steps"]:
                signer.post("access", f"/requests/{request_id}/steps/{step}", {"decision": "approve"})
                self.say(f"signed.{step}", who=account or applicant)

    def effective_hold(self, request_id: str) -> Answer:
        """Wait until custody has applied the hold that the request led to."""

        def found() -> Answer | None:
            hold: Answer | None = self.as_("sysman-wu").get("access", f"/requests/{request_id}").get("hold")
            return hold if hold and hold["state"] == "effective" else None

        hold = self.patience.wait_for(found, "the hold to become effective")
        secured = sum(span["segments"] for span in hold["secured"])
        self.say("hold.effective", hold=hold["hold_id"][:8], count=secured)
        return hold

    def view_what_is_new(self) -> None:
        """An internal request passes its chain; the footage is served, and the view stands on the log before it."""
        newest = self.patience.wait_for(self._live_footage, "footage recorded just now")
        # Into the last one, not to its end: a clip may run some frames over the start of the next.
        interval = [newest[0]["started_at"], _iso(_key(newest[-1])[1] + timedelta(seconds=1))]
        body = people.internal_view(interval)
        request_id = self._request(people.APPLICANT, body, "view.asked")
        self.sign(request_id, people.APPLICANT)
        told = self.as_(people.APPLICANT).get("access", f"/requests/{request_id}")
        if any(viewing["ended_at"] for viewing in told["viewings"]):
            return
        self._watch(request_id)

    def ask_what_is_forbidden(self) -> None:
        """Immigration enforcement is routed to counsel; face recognition is refused, whoever asks."""
        interval = [_iso(self.plan.begun - timedelta(hours=1)), _iso(self.plan.begun)]
        ice = people.seattle("immigration_enforcement", "agency", "footage", interval)
        face = people.seattle("internal", "internal", "face_recognition", interval)
        if not self._mine(people.IMMIGRATION, ice):
            routed = self.as_(people.IMMIGRATION).post("access", "/requests", ice)
            self.say("routed", to=routed["routed_to"], clauses=", ".join(routed["clauses"]))
        if not self._mine(people.DETECTIVE, face):
            self.say("refused", clauses=self._refused(face))

    def wait_destroyed(self, footage: list[OldFootage]) -> None:
        """Wait until all of this footage is gone, each segment with its receipt."""
        wanted = {(one.camera, start) for one in footage for start in one.starts}

        def found() -> bool | None:
            gone = {_key(one) for one in self.segments() if one["state"] == "gone"}
            return True if wanted <= gone else None

        self.patience.wait_for(found, f"{len(wanted)} due segments to be destroyed")
        self.say("destroyed", count=len(wanted))

    def dock(self, files: Files) -> None:
        """After the shift: take in what the device recorded, then file who wore it (NPA-05)."""
        filed = self.home / "shift-filed"
        if filed.exists():
            return
        known, custodian = {_key(one) for one in self.segments()}, self.as_("sysman-wu")
        new = {key: path for key, path in files.items() if key not in known}
        for path in new.values():
            custodian.post("ingest", "/files", {"path": str(path), "source_id": "dock", **WORN})
        starts = [start for _, start in files]
        span = {
            "shift_from": _iso(min(starts)),
            "shift_to": _iso(max(starts) + timedelta(seconds=SEGMENT_SECONDS)),
        }
        custodian.post("ingest", "/shifts", {"device_id": BODY, "incidents": [], **span, **SHIFT})
        filed.touch()
        self.say("docked", count=len(files))

    def wait_taken_in(self, files: Callable[[], Files]) -> None:
        """Wait until every file that a recorder finished is in the catalog."""

        def found() -> bool | None:
            return True if set(files()) <= {_key(one) for one in self.segments()} else None

        self.patience.wait_for(found, "the recorders' last files to be taken in")

    def segments(self) -> list[Answer]:
        """Return the whole catalog of the demo."""
        listed: list[Answer] = self.as_("auditor-fong").get("ingest", "/segments", **ALWAYS)["segments"]
        return listed

    def _live_footage(self) -> list[Answer] | None:
        ours = [s for s in self.segments() if s["camera_id"] == PLAZA and _key(s)[1] >= self.plan.begun]
        return ours[:2] if len(ours) > 1 else None

    def _watch(self, request_id: str) -> None:
        viewer, custodian = self.as_(people.APPLICANT), self.as_("sysman-wu")
        body = {"agreed_time": _iso(datetime.now(UTC)), "accompanied_by": "p-0003"}
        viewing = viewer.post("access", f"/requests/{request_id}/viewings", body)["viewing_id"]
        custodian.post("access", f"/viewings/{viewing}/accompany")
        opened = viewer.post("access", f"/viewings/{viewing}/open")
        received = 0
        with (self.home / "viewed.mp4").open("wb") as into:
            for clip in opened["footage"]:
                where = {"camera": clip["camera"], "start": clip["start"]}
                received += viewer.download("access", f"/viewings/{viewing}/media", into, **where)
        viewer.post("access", f"/viewings/{viewing}/end")
        self.say("viewed", count=len(opened["footage"]), size=received)

    def _request(self, applicant: str, body: Answer, told: str) -> str:
        if mine := self._mine(applicant, body):
            return str(mine[0]["request_id"])
        answer = self.as_(applicant).post("access", "/requests", body)
        self.say(told, who=applicant, request=answer["request_id"][:8])
        return str(answer["request_id"])

    def _mine(self, applicant: str, body: Answer) -> list[Answer]:
        listed: list[Answer] = self.as_(applicant).get("access", "/requests")["requests"]
        asked = body["request"]
        return [one for one in listed if (one["kind"], one["action"]) == (asked["kind"], asked["action"])]

    def _refused(self, body: Answer) -> str:
        try:
            answer = self.as_(people.DETECTIVE).post("access", "/requests", body)
        except CallRefused as refused:
            if not refused.problem.get("clauses"):
                raise
            return ", ".join(refused.problem["clauses"])
        return str(answer["state"])

    def _handed_over(self, footage: OldFootage, takeover: str, path: Path, start: datetime) -> Answer:
        worn = SHIFT if footage.camera == BODY else {}
        return {
            "path": str(path),
            "camera_id": footage.camera,
            "source_id": "old-recorder",
            "takeover_id": takeover,
            "started_at": _iso(start),
            **worn,
        }


def _key(segment: Answer) -> tuple[str, datetime]:
    return segment["camera_id"], datetime.fromisoformat(segment["started_at"])


def _iso(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
