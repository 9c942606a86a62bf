"""How a request, copy, viewing, alarm, hold, project, picture or policy comes into each state: as in life by HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any, Final

from services.cli.up.people import DemoPerson
from tests.api.conftest import COMPANY, FIRST, FIRST_TWIN, MEMBER, OPENERS, OPENERS_TWINS, OWN, TWIN, account
from tests.fakes import live_project
from tests.fakes.clause_city import City, Footage, iso, now

CHAIN: Final = ("sign", "applicant_supervisor", "system_manager", "manager_supervisor", "secretary", "director")
NAMED: Final = {
    "own": OWN,
    "twin": TWIN,
    "company": COMPANY,
    "first": FIRST,
    "first_twin": FIRST_TWIN,
    "member": MEMBER,
}
OFFICES: Final = {
    "group": "project_lead",
    "lead_decision": "lead_agency",
    "police_consent": "police",
    "members": "project_group",
    "set_permissions": "dashboard_admin",
}
SHOWN: Final = "live-1"
# More than the settings let one person open in a day before others are told.
MUCH: Final = timedelta(hours=60)
_numbers = count(1)
_openers = iter(zip(OPENERS, OPENERS_TWINS, strict=True))
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One thing in one state: what its paths and bodies need to be filled in."""

    names: Mapping[str, Any] = field(default_factory=dict)
    people: Mapping[str, DemoPerson] = field(default_factory=lambda: NAMED)

    def path(self, path: str) -> str:
        return path.format_map(self.names)

    def filled(self, told: Any, roles: tuple[str, ...]) -> Any:  # noqa: ANN401 - any JSON
        """Return a body with what it names by ``$`` in its place; ``$role`` is the asker's own."""
        match told:
            case "$role":
                return roles[0] if roles else ""
            case str() if told.startswith("$"):
                return self.filled(self.names[told[1:]], roles)
            case dict():
                return {name: self.filled(each, roles) for name, each in told.items()}
            case list():
                return [self.filled(each, roles) for each in told]
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Yard:
    """The installation, and the recording that every request is about."""

    city: City
    footage: Footage
    expire: Callable[[str], None]

    def thing(self, kind: str, state: str) -> Thing:
        """Bring a new thing of a kind into a state."""
        makers: dict[str, Callable[[str], Thing]] = {
            "request": self._request,
            "copy": self._copy,
            "viewing": self._viewing,
            "alarm": self._alarm,
            "hold": self._hold,
            "project": self._project,
            "picture": self._picture,
            "policy": self._policy,
        }
        return makers[kind](state)

    def called(self, kind: str, thing: Thing) -> object:
        """Return what the API calls the state that a thing is in."""
        see, names = self.city.see, thing.names
        match kind:
            case "request" | "copy" | "viewing":
                return see("auditor-fong", "access", f"/requests/{names['request_id']}")["state"]
            case "alarm":
                listed = see("auditor-fong", "access", "/bulk-viewings")["bulk_viewings"]
                return next(each["state"] for each in listed if each["viewing_id"] == names["viewing_id"])
            case "hold":
                return see("auditor-fong", "access", f"/holds/{names['hold_id']}")["state"]
            case "project" | "picture":
                answer = self.city.call("auditor-fong", "GET", "access", f"/projects/{names['project_id']}")
                return len(answer.json()["open_steps"]) if answer.is_success else ""
        policies = {each["policy_id"]: each for each in see("auditor-fong", "access", "/policies")["policies"]}
        return "in_force" if policies[names["policy_id"]]["in_force"] else ""

    def _request(self, state: str) -> Thing:
        match state:
            case "refused":
                return self._about(self._refused())
            case "routed":
                return self._about(self._routed(), turn="decide", later="review")
        turns = {f"at_{step}": step for step in CHAIN}
        if state in turns:
            return self._about(self._signed(until=turns[state]), turn=turns[state])
        return self._about(self._ended(state))

    def _ended(self, state: str) -> str:
        request = self._signed(until=CHAIN[-1] if state in ("denied", "returned", "paused") else "")
        path = f"/requests/{request}"
        match state:
            case "returned" | "denied":
                body = {"decision": {"returned": "return", "denied": "deny"}[state], "note": "the interval is missing"}
                self.city.do(account("director"), "access", f"{path}/steps/director", body)
            case "viewed":
                self.city.watch(OWN.account, request)
            case "withdrawn":
                self.city.do(OWN.account, "access", f"{path}/withdraw")
            case "fulfilled":
                self.city.do(OWN.account, "access", f"{path}/close")
            case "expired":
                self.expire(request)
            case "paused":
                body = {"change": "paused", "reason": "awaiting_letter"}
                self.city.do(account("director"), "access", f"{path}/term", body)
        return request

    def _about(self, request: str, turn: str = "director", later: str = "") -> Thing:
        start, end = self.footage.interval
        later = later or ("secretary" if turn == "director" else "director")
        result = {"act": "view", "cameras": [self.footage.camera], "from": start, "to": end, "role": "$role"}
        more = {
            "camera": self.footage.camera,
            "start": start,
            "now": iso(now()),
            "form": {name: said for name, said in self._form().items() if name != "policy_id"},  # as it is corrected
            "result": result,
        }
        return Thing(names={"request_id": request, "turn": turn, "later": later, **more})

    def _form(self, action: str = "view") -> Json:
        asked = {"kind": "internal", "action": action, "legal_basis": "point_6_1", "purposes": ["investigation"]}
        asked |= {"purpose": "a theft at the counter", "cameras": [self.footage.camera]}
        requester = {"class": "internal", "name": "Made Up", "unit": "household office", "telephone": "1"}
        request = asked | {"interval": self.footage.interval}
        return {"policy_id": "daan-cctv", "requester": requester, "request": request, "documents": []}

    def _signed(self, until: str = "", action: str = "view") -> str:
        """Hand in what the district office asks of itself, signed as far as the step that is next."""
        return self._signed_for(OWN.account, self._form(action), CHAIN[: CHAIN.index(until)] if until else CHAIN)

    def _signed_for(self, who: str, form: Json, steps: tuple[str, ...]) -> str:
        request = str(self.city.do(who, "access", "/requests", form)["request_id"])
        self.city.sign(request, *((each, who if each == "sign" else account(each)) for each in steps))
        return request

    def _refused(self) -> str:
        """A form without its cameras and purpose is kept as refused."""
        form = self._form()
        body = form | {"request": {"kind": "internal", "action": "view"}}
        answer = self.city.call(OWN.account, "POST", "access", "/requests", json=body)
        assert answer.is_client_error, answer.text
        return str(answer.json()["request_id"])

    def _routed(self) -> str:
        asked = {"kind": "agency", "action": "view", "purpose": "p", "cameras": ["spd-1"]}
        asked |= {"interval": self.footage.interval, "ground": "joint_investigation", "reference": "J-1"}
        asked |= {"subjects": ["homicide"], "asks": ["footage"]}
        requester = {"class": "law_enforcement", "on_behalf_of": ["immigration_enforcement"]}
        body = {"policy_id": "spd-cctv", "requester": requester, "request": asked}
        return str(self.city.do(OWN.account, "access", "/requests", body)["request_id"])

    def _copy(self, state: str) -> Thing:
        request = self._signed(action="copy")
        if state == "none":
            return Thing(names={"request_id": request, "copy_id": "6f1b7a52-0000-4000-8000-000000000001"})
        copy = self.city.do(OWN.account, "access", f"/requests/{request}/copies")["copy_id"]
        if state in ("signed", "over"):
            self.city.do(OWN.account, "access", f"/copies/{copy}/sign", {"role": "applicant"})
        if state == "returned":
            self.city.do(OWN.account, "access", f"/copies/{copy}/return", {"how": "returned"})
        if state == "over":
            self._accounted_for(request, "copy")
        return Thing(names={"request_id": request, "copy_id": copy})

    def _accounted_for(self, request: str, act: str) -> None:
        """Sign the result, and close the request."""
        start, end = self.footage.interval
        result = {"act": act, "cameras": [self.footage.camera], "from": start, "to": end}
        for role in ("system_manager", "ethics_office"):
            self.city.do(account(role), "access", f"/requests/{request}/result", result | {"role": role})
        self.city.do(OWN.account, "access", f"/requests/{request}/close")

    def _viewing(self, state: str) -> Thing:
        request = self._signed()
        viewing = self.city.viewing(OWN.account, request, COMPANY.person_id)
        path = f"/viewings/{viewing}"
        if state == "accompanied":
            self.city.do(COMPANY.account, "access", f"{path}/accompany")
        if state in ("opened", "ended"):
            self.city.do(OWN.account, "access", f"{path}/open")
        if state == "ended":
            self.city.do(OWN.account, "access", f"{path}/end")
        if state == "over":
            self.city.do(OWN.account, "access", f"/requests/{request}/close")
        about = self._about(request).names
        return Thing(names={**about, "viewing_id": viewing})

    def _alarm(self, state: str) -> Thing:
        """Open more than is usual, each time as another person."""
        opener, twin = next(_openers)
        form = self._form()
        form["request"]["interval"] = [iso(self.footage.start - MUCH), self.footage.interval[1]]
        viewing = self.city.viewing(opener.account, self._signed_for(opener.account, form, CHAIN))
        self.city.do(opener.account, "access", f"/viewings/{viewing}/open")
        if state == "reviewed":
            said = {"finding": "justified", "note": "as the order of the case says"}
            self.city.do(account("ethics_office"), "access", f"/bulk-viewings/{viewing}/review", said)
        return Thing(names={"viewing_id": viewing}, people={"opener": opener, "opener_twin": twin})

    def _hold(self, state: str) -> Thing:
        if state in ("protecting", "given_up"):
            return Thing(names={"hold_id": self._protection(state)})
        hold = self.city.hold(self.footage.camera, days=next(_numbers) + 400, kind="preservation", who=FIRST.account)
        if state != "effective":
            self.city.do(FIRST.account, "access", f"/holds/{hold}/propose-release")
        if state == "released":
            self.city.do(account("ethics_office"), "access", f"/holds/{hold}/release")
        return Thing(names={"hold_id": hold})

    def _protection(self, state: str) -> str:
        request = self._signed(until="sign")
        hold = str(self.city.see(OWN.account, "access", f"/requests/{request}")["protection"]["hold_id"])
        self.city.until(lambda: self.city.see(FIRST.account, "access", f"/holds/{hold}")["state"] == "effective")
        if state == "given_up":
            self.city.do(OWN.account, "access", f"/requests/{request}/withdraw")
        return hold

    def _project(self, state: str) -> Thing:
        over = state == "ended"
        starts = now() - timedelta(days=2)
        period = (iso(starts), iso(starts + timedelta(days=1 if over else 30)))
        said = live_project.says([SHOWN], period, (MEMBER.person_id,))
        picture = {"camera": SHOWN, "project": "$project_id", "ground": "statutory_duty", "replace": True}
        picture |= {"legal_basis": "Police Act art. 2"}
        project = f"p-{next(_numbers)}"
        far = {"grouped": 1, "decided": 2, "consented": 3, "named": 4, "live": 5, "cut": 5, "ended": 5}.get(state, 0)
        for decision in [*OFFICES][:far]:
            body = said[decision]
            self.city.do(account(OFFICES[decision]), "access", f"/projects/{project}/decisions", body)
        if state == "cut":
            self._cut(project)
        return Thing(names={"project_id": project, "picture": picture, **said})

    def _cut(self, project: str) -> None:
        body = {"decision": "lead_decision", "reason": "it is over"}
        self.city.do(account("lead_agency"), "access", f"/projects/{project}/withdrawals", body)

    def _picture(self, state: str) -> Thing:
        project = self._project("live")
        body = project.filled(project.names["picture"], ())
        live = self.city.do(MEMBER.account, "access", "/live", body)["live_id"]
        if state == "closed":
            self.city.do(MEMBER.account, "access", f"/live/{live}/close")
        if state == "cut":
            self._cut(str(project.names["project_id"]))
            shut = f"/live/{live}/playlist.m3u8"
            self.city.answered(lambda: self.city.call(MEMBER.account, "GET", "access", shut), success=False)
        return Thing(names={**project.names, "live_id": live})

    def _policy(self, state: str) -> Thing:
        policy = f"matrix-{state.replace('_', '-')}"
        if state != "offered":
            body = {"policy_id": policy, "instrument": "adopted for the test"}
            self.city.do("admin-root", "access", "/policies/adopt", body)
        if state == "ended":
            self.city.do("admin-root", "access", f"/policies/{policy}/end", {"decision": "d"})
        return Thing(names={"policy_id": policy})
