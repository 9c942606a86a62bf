"""May this person see this camera now? Asked of the camera's own policy at opening and again at every request. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from services.access.policies.project_file import ProjectFile
from services.access.refusals import AccessRefusal, Forbidden, Unknown, Unusable
from services.access.requests import words
from services.kernel.events import LiveOpened
from services.kernel.policy import ActVerdict, Pack, act
from services.kernel.policy.acts import rules_for
from services.runtime.identity import Person

OPEN: Final = "live_open"
CLASS: Final = "requester.class"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One camera as far as a live picture asks about it."""

    camera_id: str
    retired: bool = False
    mask_areas: tuple[str, ...] = ()
    masks: Sequence[Mapping[str, Any]] = ()  # attested: version, areas, valid_from

    def mask_at(self, now: datetime) -> tuple[str, list[str]]:
        """Return version and areas of the mask that is on the camera now."""
        fitting = [each for each in self.masks if datetime.fromisoformat(each["valid_from"]) <= now]
        return (fitting[-1]["version"], list(fitting[-1]["areas"])) if fitting else ("", [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody says who opens a live picture: the answers to ``live.*``, by name."""

    camera_id: str
    project_id: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that one opening is judged by; ``others`` counts the pictures that the person has open besides."""

    asked: Asked
    person: Person
    address: str
    point: Point
    project: ProjectFile | None
    others: int
    now: datetime


def judge(pack: Pack, case: Case) -> ActVerdict:
    """Return the verdict; raises a refusal with rule, clause and message when the policy doesn't allow it."""
    facts = facts_of(pack, case)
    _of_the_project(pack, case, facts)
    verdict = act(pack, facts)
    if not verdict.allowed:
        raise _refused(pack, case, verdict)
    if case.others:
        raise Forbidden(
            f"{case.person.person_id} has another live picture open",
            rule="live.one",
            clauses=verdict.clauses,
            remedy="close it first, or let this one take its place",
            message=pack.says(verdict.rule),
            word="OneCameraAtATime",
        )
    return verdict


def opened(case: Case, verdict: ActVerdict, live_id: Any) -> LiveOpened:  # noqa: ANN401 - a UUID
    """Return the event that stands on the log before the first byte."""
    return LiveOpened(
        request_id="",
        project_id=case.asked.project_id,
        live_id=live_id,
        camera_id=case.asked.camera_id,
        person=case.person.person_id,
        address=case.address,
        ground=case.asked.answers.get("ground", ""),
        ends_at=verdict.until,
    )


def facts_of(pack: Pack, case: Case) -> dict[str, object]:
    """Return what the policy is told."""
    version, areas = case.point.mask_at(case.now)
    requester: dict[str, object] = {"person": case.person.person_id, "address": case.address}
    # A class that nobody is known by is left open: a rule that asks for one then refuses.
    if known := sorted(case.person.roles & {str(each) for each in pack.vocabulary.get(CLASS, frozenset())}):
        requester["class"] = known
    told: dict[str, object] = {
        "act": OPEN,
        "at": case.now.isoformat(),
        "requester": requester,
        "live": {**case.asked.answers, "selected_camera": case.asked.camera_id, "cameras_in_session": case.others + 1},
        "cameras": [case.asked.camera_id],
        "camera": {"mask_areas": list(case.point.mask_areas)},
        # The picture is passed on as the camera sends it: nobody here looks for anything in it.
        "footage": {"analytics": ["none"], "mask_version": version, "masked_areas": areas},
    }
    return told | (case.project.facts() if case.project is not None else {})


def needs_project(pack: Pack) -> bool:
    """Tell whether this policy opens pictures only inside a project."""
    return any(rule.chain for rule in rules_for(pack, OPEN, {"act": OPEN}))


def _of_the_project(pack: Pack, case: Case, facts: Mapping[str, object]) -> None:
    if case.point.retired:
        raise Unusable(
            f"camera {case.point.camera_id} is retired", rule="live.camera", remedy="choose one that is in use"
        )
    if case.project is None:
        return
    rules = [rule for rule in rules_for(pack, OPEN, facts) if rule.chain]
    if case.project.policy_id != pack.id or not rules:
        raise Forbidden(
            f"project {case.project.project_id} isn't about cameras of {pack.id}",
            rule="live.project",
            remedy="choose a project of this camera's policy",
            word="CameraOfAnotherProject",
        )
    # Before the police have consented no camera is named: the open steps are the reason then, and the policy says so.
    if case.project.cameras and case.point.camera_id not in case.project.cameras:
        chain = pack.chains[rules[0].chain]
        raise Forbidden(
            f"camera {case.point.camera_id} is none of project {case.project.project_id}'s",
            rule=chain.id,
            clauses=chain.clauses,
            remedy="choose a camera that the consent names, or ask for consent to this one in a new project",
            message=chain.title,
            word="CameraOfAnotherProject",
        )


def _refused(pack: Pack, case: Case, verdict: ActVerdict) -> AccessRefusal:
    kind = Unusable if verdict.missing and not verdict.override else Forbidden
    # A word that the policy doesn't know is refused by none of its rules: the act's own is named.
    rule = verdict.rule or next((each.id for each in pack.acts.get(OPEN, ())), "policy.act")
    about = f" ({verdict.value})" if verdict.value else f": {', '.join(verdict.open)}" if verdict.open else ""
    return kind(
        f"live picture of {case.asked.camera_id}: {words.explain(verdict)}{about}",
        rule=rule,
        clauses=verdict.clauses or (pack.rules[rule].clauses if rule in pack.rules else ()),
        remedy=words.way_on(verdict.reason),
        message=verdict.message or pack.says(rule),
        word="".join(part.capitalize() for part in verdict.reason.split("_")),
        more={"missing": list(verdict.missing)} if verdict.missing else {},
    )


def unknown(camera_id: str) -> Unknown:
    """Return the refusal of a camera that nobody registered, or that no policy binds."""
    return Unknown(f"no camera {camera_id[:40]!r} is known here", remedy="choose one from the map")
