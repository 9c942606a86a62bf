"""Change control as a pure decision: which simulation report counts for a version that keeps less long."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.access.policies.commands import AdoptVersion, Approval
from services.access.policies.decider import CITABLE_FOR, Adoption, Cited, Versions, decide_adoption
from services.access.refusals import Unusable
from services.kernel.events import SimulationReported
from services.kernel.policy import Pack
from services.kernel.policy.change import amended
from services.runtime.packs import load_pack
from services.runtime.settings import REPOSITORY

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)
OLD = load_pack(REPOSITORY / "policies" / "daan-cctv")
SHORTER = replace(amended(OLD, {"retention.min90": {"keep_at_least": "P30D"}}), version=99, digest="3" * 64)
LONGER = replace(amended(OLD, {"retention.min90": {"keep_at_least": "P99D"}}), version=99, digest="4" * 64)
BOTH = (Approval(person="p-1", role="platform_admin"), Approval(person="p-2", role="director"))


def adoption(new: Pack = SHORTER, report: Cited | None = None, **more: object) -> Adoption:
    command = AdoptVersion(
        policy_id=OLD.id,
        instrument="order 12",
        simulation_digest="d" * 64,
        effective=NOW + 31 * DAY,
        approvals=BOTH,
        scenarios_passed=3,
    )
    return decide_adoption(Versions(old=OLD, new=new), replace(command, **more), report, 7, NOW)  # type: ignore[arg-type]


def cited(age: timedelta = DAY, **more: object) -> Cited:
    event = SimulationReported(
        policy_id=OLD.id,
        version=SHORTER.version,
        digest=SHORTER.digest,
        against=OLD.digest,
        as_of=NOW - age,
        report_digest="d" * 64,
        segments=90,
        size_bytes=90_000,
        cameras=1,
        requests=1,
        holds=1,
    )
    return Cited(event=replace(event, **more), reported_at=NOW - age)  # type: ignore[arg-type]


def test_a_young_report_about_this_very_change_lets_two_persons_adopt_it() -> None:
    done = adoption(report=cited())
    assert done.in_force is not None
    assert (done.in_force.shortens, done.in_force.binding_from) == (True, NOW + 31 * DAY)


def test_a_report_counts_for_fourteen_days_and_no_longer() -> None:
    assert adoption(report=cited(CITABLE_FOR)).in_force is not None
    with pytest.raises(Unusable, match="15 days old, at most 14 count"):
        adoption(report=cited(CITABLE_FOR + DAY))


@pytest.mark.parametrize(
    ("report", "says"),
    [
        (None, "no simulation report"),
        (cited(digest="9" * 64), "simulated version"),
        (cited(against="8" * 64), "in force is"),
        (cited(against=""), "compares with nothing"),
    ],
)
def test_any_other_report_is_refused_and_the_refusal_says_why(report: Cited | None, says: str) -> None:
    with pytest.raises(Unusable, match=says) as refused:
        adoption(report=report)
    assert (refused.value.kind, refused.value.rule) == ("SimulationNotCited", OLD.change_control.id)


def test_one_person_alone_waits_for_a_second() -> None:
    assert adoption(report=cited(), approvals=BOTH[:1]).waits_for_a_second


def test_a_day_inside_the_notice_period_is_refused() -> None:
    with pytest.raises(Unusable, match="notice"):
        adoption(report=cited(), effective=NOW + 29 * DAY)


def test_an_effective_day_in_the_past_is_refused() -> None:
    with pytest.raises(Unusable, match="notice"):
        adoption(report=cited(), effective=NOW - DAY)


def test_what_lengthens_needs_no_report_and_binds_at_once() -> None:
    done = adoption(LONGER, simulation_digest="", approvals=BOTH[:1])
    assert done.in_force is not None
    assert (done.in_force.shortens, done.in_force.binding_from) == (False, NOW)
