"""The check before each answer with bytes: the agency's policy and Cedar's policies must both allow it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.access.footage import Clip
from services.access.media.decision import Policies, Verdict
from services.access.media.facts import Asked, Grant, Seen, Token, millis
from services.access.media.standing import Standing
from services.access.refusals import Forbidden, Unknown
from services.access.requests.chain import chain_facts
from services.access.requests.file import RequestFile, RequestState
from services.access.viewing.clips import company
from services.access.viewing.decider import VIEW, Case, inside, judge, needs_company
from services.access.viewing.office import purpose_of
from services.kernel.policy import Pack
from services.kernel.policy.acts import rules_for
from services.runtime.identity import People

MASKED: Final = "camera.mask_areas"
REMEDY: Final = {
    "token_expired": "ask for a new token: POST /api/v1/viewings/ID/token",
    "token_from_another_address": "open the viewing again from where you are",
    "company_missing": "go on together with the person who comes along",
    "grant_over": "hand in a new request",
    "viewing_ended": "schedule another viewing under the same grant",
    "mask_missing": "have a mask attested that covers every registered area",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """One clip that may be sent now, and the part of it that the grant covers."""

    number: int
    clip: Clip
    part: tuple[datetime, datetime]
    until: datetime  # the grant's end

    @property
    def cut(self) -> tuple[datetime, datetime] | None:
        """Return the part where it isn't all of the clip."""
        return None if self.part == (self.clip.started_at, self.clip.ended_at) else self.part


def cleared(  # noqa: PLR0917 - the policies come first, then the case
    policies: Policies, standing: Standing, token: Token, person: str, address: str, number: int, people: People
) -> Cleared:
    """Return the clip that may be sent; raises a refusal that names the rule which keeps it back."""
    clip, part = _clip(standing, number)
    verdict = policies.decide(asked(standing, token, person, address, clip, part))
    if not verdict.allowed:
        raise refused(verdict)
    judge(standing.footage.pack, _case(standing, person, clip, part, people))
    assert standing.footage.file.grant is not None
    return Cleared(number=number, clip=clip, part=part, until=standing.footage.file.grant.valid_until)


def asked(  # noqa: PLR0917 - the case, then who asks for what of it
    standing: Standing, token: Token, person: str, address: str, clip: Clip, part: tuple[datetime, datetime]
) -> Asked:
    """Return what Cedar decides by."""
    known = standing.footage
    camera = known.cameras[clip.camera_id]
    opened = known.viewing.opened
    assert opened is not None
    return Asked(
        person=person,
        address=address,
        now=millis(standing.now),
        purpose=purpose_of(known.file),
        camera=clip.camera_id,
        starts=millis(part[0]),
        ends=millis(part[1]),
        kept=clip.state not in {"destroying", "gone"},
        grant=grant_of(known.file),
        token=token,
        viewing=Seen(
            id=str(known.viewing_id),
            logged=standing.logged,
            lists=True,
            ended=known.viewing.ended is not None,
            purpose=opened.purpose,
        ),
        company_needed=needs_company(known.pack, known.file),
        company_present=standing.accompanied,
        mask_needed=frozenset(camera.mask_areas if wants_mask(known.pack, known.file) else ()),
        mask_attested=frozenset(camera.mask_for(clip)[1]),
        programme_over=standing.programme_over,
    )


def grant_of(file: RequestFile) -> Grant:
    """Return the grant as it stands: none is a grant of nothing."""
    grant, submitted = file.grant, file.submitted
    assert submitted is not None
    if grant is None:
        return Grant(
            granted=False,
            person=submitted.requester,
            version=0,
            actions=frozenset(),
            cameras=frozenset(),
            starts=0,
            ends=0,
            until=0,
        )
    return Grant(
        granted=file.state is RequestState.GRANTED,
        person=submitted.requester,
        version=grant.grant_version,
        actions=frozenset(grant.actions),
        cameras=frozenset(grant.scope.cameras),
        starts=millis(grant.scope.starts_at),
        ends=millis(grant.scope.ends_at or grant.valid_until),
        until=millis(grant.valid_until),
    )


def wants_mask(pack: Pack, file: RequestFile) -> bool:
    """Tell whether the agency's rules for viewing want every registered area masked (SPD-11)."""
    rules = rules_for(pack, VIEW, {**chain_facts(file), "act": VIEW})
    return any(need == MASKED for rule in rules for need, _ in rule.covers)


def refused(verdict: Verdict) -> Forbidden:
    """Return the refusal of what Cedar denied, by the first policy that forbade it."""
    first = verdict.reasons[0]
    return Forbidden(
        f"denied by {', '.join(verdict.reasons)} of the viewing policies {verdict.policies[:12]}",
        rule=f"media.{first}",
        remedy=REMEDY.get(first, "open a viewing that is yours, under a grant that is in force"),
        word="".join(part.capitalize() for part in first.split("_")),
    )


def _clip(standing: Standing, number: int) -> tuple[Clip, tuple[datetime, datetime]]:
    clips: Sequence[Clip | None] = standing.footage.clips
    if number >= len(clips):
        raise Unknown(f"the viewing has {len(clips)} clips", remedy="ask for one that it lists")
    clip = clips[number]
    if clip is None:
        raise Unknown(f"clip {number} is no longer there", remedy="its receipt tells when it was destroyed")
    grant = standing.footage.file.grant
    part = None if grant is None else inside(grant, clip)
    if part is None:
        raise Forbidden(
            f"clip {number} lies outside the grant",
            rule="media.not_granted",
            remedy="stay inside the cameras and the interval that were granted",
            word="OutsideScope",
        )
    return clip, part


def _case(
    standing: Standing, person: str, clip: Clip, part: tuple[datetime, datetime], people: People
) -> Case:  # fmt: skip
    known = standing.footage
    with_whom = known.viewing.scheduled.accompanied_by
    return Case(
        act=VIEW,
        file=known.file,
        person=person,
        now=standing.now,
        interval=part,
        clip=clip,
        camera=known.cameras[clip.camera_id],
        present=company(with_whom, people) if standing.accompanied else (),
        agreed_time=known.viewing.scheduled.agreed_time,
        programme_ended_at=standing.programme_ended_at,
    )
