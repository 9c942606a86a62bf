"""May this person see or copy this footage now? Asked of the policy again at every request for bytes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.access.footage import Clip
from services.access.protections.wording import iso
from services.access.refusals import Forbidden, NotEntitled, Unusable
from services.access.requests import words
from services.access.requests.chain import chain_facts
from services.access.requests.file import RequestFile, RequestState, Viewing
from services.kernel.events import RequestGranted
from services.kernel.policy import ActVerdict, Pack, act
from services.kernel.policy.acts import rules_for

VIEW, COPY, TRANSFER = "view", "copy", "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """A person who is there besides the applicant, in one of his roles."""

    person: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFacts:
    """What ingest registered of a camera: areas that a mask must cover, and the masks that were attested."""

    camera_id: str
    mask_areas: tuple[str, ...] = ()
    masks: tuple[dict[str, Any], ...] = ()

    def mask_for(self, clip: Clip) -> tuple[str, list[str]]:
        """Return version and areas of the mask that this clip was made under, empty if none was attested by then."""
        fitting = [m for m in self.masks if datetime.fromisoformat(m["valid_from"]) <= clip.started_at]
        if clip.mask_version:
            fitting = [m for m in self.masks if m["version"] == clip.mask_version]
        return (fitting[-1]["version"], list(fitting[-1]["areas"])) if fitting else ("", [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What one opening of footage is judged by."""

    act: str
    file: RequestFile
    person: str
    now: datetime
    interval: tuple[datetime, datetime]
    clip: Clip
    camera: CameraFacts
    present: Sequence[Present] = ()
    agreed_time: datetime | None = None
    copy_number: str = ""
    programme_ended_at: datetime | None = None
    shows_crime: bool | None = None  # of a transfer: the word of whoever transfers
    case_number: str = ""


def granted(file: RequestFile, person: str, what: str, now: datetime) -> RequestGranted:
    """Return the grant under which a person may act; raises a refusal if it isn't his, or isn't there."""
    if file.submitted is None or file.submitted.requester != person:
        raise NotEntitled(
            f"request {file.request_id} isn't {person}'s", rule="access.person", remedy="hand in a request of your own"
        )
    if file.state is not RequestState.GRANTED or file.grant is None:
        raise Forbidden(
            f"request {file.request_id} is {file.state}, not granted: no {what}",
            rule="access.grant",
            remedy="have the open steps signed first" if file.is_open else "hand in a new request",
            word="NoGrant",
        )
    if now >= file.grant.valid_until:
        raise Forbidden(
            f"the grant ended at {iso(file.grant.valid_until)}",
            rule="access.grant",
            remedy="hand in a new request",
            word="GrantExpired",
        )
    return file.grant


def judge(pack: Pack, case: Case) -> ActVerdict:
    """Return the verdict; raises Forbidden with rule and clauses when the policy doesn't allow it."""
    verdict = act(pack, _facts(case))
    if not verdict.allowed:
        needs = f"; needs {' or '.join(verdict.need)}" if verdict.need else ""
        raise Forbidden(
            f"{case.act} of {case.clip.camera_id} {iso(case.clip.started_at)}: {words.explain(verdict)}{needs}",
            rule=verdict.rule or "policy.act",
            clauses=verdict.clauses,
            remedy=words.way_on(verdict.reason),
            message=pack.says(verdict.rule),
            word="".join(part.capitalize() for part in verdict.reason.split("_")),
        )
    return verdict


def needs_company(pack: Pack, file: RequestFile) -> bool:
    """Tell whether the pack wants somebody beside the applicant at a viewing (NPA-15)."""
    return any(rule.present for rule in rules_for(pack, VIEW, {**chain_facts(file), "act": VIEW}))


def inside(grant: RequestGranted, clip: Clip) -> tuple[datetime, datetime] | None:
    """Return the part of a clip that the grant covers; None if no part does."""
    scope = grant.scope
    if scope.cameras and clip.camera_id not in scope.cameras:
        return None
    start = max(clip.started_at, scope.starts_at)
    end = clip.ended_at if scope.ends_at is None else min(clip.ended_at, scope.ends_at)
    return (start, end) if start < end else None


def must_be_open(viewing: Viewing | None, viewing_id: object) -> Viewing:
    """Return the viewing if it hasn't ended."""
    if viewing is None:
        raise Unusable(f"no viewing {viewing_id}", rule="viewing", remedy="schedule one first")
    if viewing.ended is not None:
        raise Forbidden(
            f"viewing {viewing_id} ended at {iso(viewing.ended.ended_at)}",
            rule="viewing.ended",
            remedy="schedule another viewing under the same grant",
            word="ViewingEnded",
        )
    return viewing


def _facts(case: Case) -> dict[str, object]:
    grant = case.file.grant
    assert grant is not None
    version, areas = case.camera.mask_for(case.clip)
    facts = chain_facts(case.file)
    asked = facts.get("request")
    if case.case_number and isinstance(asked, dict):
        # Another case than the one that was granted is no case at all.
        asked["case_number"] = case.case_number if asked.get("case_number") in {None, case.case_number} else ""
    return {
        **facts,
        "act": case.act,
        "at": case.now.isoformat(),
        "cameras": [case.clip.camera_id],
        "interval": [each.isoformat() for each in case.interval],
        "grant": _grant(grant),
        "present": [{"person": each.person, "role": each.role} for each in case.present],
        "view": {"agreed_time": iso(case.agreed_time)},
        "camera": {"mask_areas": list(case.camera.mask_areas)},
        # Ingest lets in nothing that carries another kind of analytics (act.ingest of the pack).
        "footage": {
            "analytics": ["none"],
            "mask_version": version,
            "masked_areas": areas,
            "state": case.clip.state,
            **({} if case.shows_crime is None else {"shows_crime": case.shows_crime}),
        },
        "copy": {"number": case.copy_number, "applicant_mark": f"{case.person} {case.file.request_id}"},
        "programme": {"ended_at": iso(case.programme_ended_at)},
    }


def _grant(grant: RequestGranted) -> dict[str, object]:
    ends = grant.scope.ends_at or grant.valid_until
    return {
        "state": "granted",
        "actions": list(grant.actions),
        "cameras": list(grant.scope.cameras),
        "interval": [grant.scope.starts_at.isoformat(), ends.isoformat()],
        "until": grant.valid_until.isoformat(),
    }
