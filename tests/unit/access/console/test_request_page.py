"""What a request's page draws: whose turn, the signature line, the spoliation clock, places on the axis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.access.console import may
from services.access.console.chain_line import marks
from services.access.console.dates import Dates
from services.access.console.tasks import Task, axis_start, drawn, place, urgency
from services.access.requests import spoliation
from services.access.requests.commands import Signatory
from services.access.requests.file import RequestFile
from services.access.requests.folding import fold
from services.kernel.envelope import Actor, recorded
from services.kernel.events import (
    Event,
    FieldValue,
    ProtectionKind,
    RequestSubmitted,
    StepApproved,
    StepDenied,
    StepReturned,
)
from services.kernel.policy import Pack
from services.kernel.policy.build import pack_from
from services.kernel.policy.facts import sub
from services.kernel.protection import Protection
from services.kernel.scope import Scope
from services.runtime.packs import load_pack

POLICIES = Path(__file__).parents[4] / "policies"
DAAN = load_pack(POLICIES / "daan-cctv")
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
REQUEST = UUID(int=7)
SCOPE = Scope(cameras=("cam-19",), starts_at=NOW - timedelta(days=89), ends_at=NOW - timedelta(days=88))
LIN = Signatory(person="p-lin", roles=frozenset({"applicant", "clerk"}))
CHEN = Signatory(person="p-chen", roles=frozenset({"applicant_supervisor"}))
HO = Signatory(person="p-ho", roles=frozenset({"secretary"}))
DATES = Dates(zone=ZoneInfo("Asia/Taipei"), language="en")


def file(*signed: Event, requester_class: str = "internal") -> RequestFile:
    facts = {"request.kind": '"internal"', "request.action": '"view"', "requester.class": f'"{requester_class}"'}
    submitted = RequestSubmitted(
        request_id=REQUEST, policy_id="daan-cctv", kind="internal", action="view", requester="p-lin",
        requester_class=requester_class, scope=SCOPE, documents=(), personal_ref="", chain="chain.annex3",
        facts=tuple(FieldValue(name=name, value=value) for name, value in facts.items()),
        rule="request.internal", term_ends_at=NOW + timedelta(days=30),
    )  # fmt: skip
    actor = Actor(id="p", role="r")
    return fold(
        REQUEST,
        [recorded(each, stream_id="request/x", stream_version=n, at=NOW, actor=actor, policy_version=DAAN.reference)
         for n, each in enumerate((submitted, *signed), 1)],
    )  # fmt: skip


def approved(step: str, person: str, role: str) -> StepApproved:
    return StepApproved(
        request_id=REQUEST, step=step, person=person, role=role, rank="", delegated_by="", note=""
    )  # fmt: skip


SIGNED = approved("sign", "p-lin", "applicant")


def test_the_page_offers_a_signature_to_whose_turn_it_is() -> None:
    (turn,) = may.turns(DAAN, file(SIGNED), CHEN, NOW)
    assert turn.step.id == "applicant_supervisor"
    assert turn.decisions == ("approve", "return", "deny")


def test_who_signs_later_is_told_why_not_yet() -> None:
    (turn,) = may.turns(DAAN, file(SIGNED), HO, NOW)
    assert turn.decisions == ()
    assert turn.refusal is not None
    assert turn.refusal.kind == "OutOfOrder"


def test_nobody_is_offered_a_second_signature_in_one_case() -> None:
    both = Signatory(person="p-lin", roles=frozenset({"applicant_supervisor"}))
    (turn,) = may.turns(DAAN, file(SIGNED), both, NOW)
    assert turn.decisions == ()
    assert turn.refusal is not None
    assert turn.refusal.kind == "FourEyes"


def test_only_the_applicant_may_take_the_request_back() -> None:
    assert may.may_withdraw(file(SIGNED), LIN, NOW)
    assert not may.may_withdraw(file(SIGNED), CHEN, NOW)


def test_the_step_that_waits_is_the_first_open_one() -> None:
    assert [step.id for step in may.whose_turn(DAAN, file(SIGNED), NOW)] == ["applicant_supervisor"]


def test_the_line_shows_what_is_done_whose_turn_it_is_and_what_comes() -> None:
    signed = file(SIGNED)
    line = marks(DAAN, signed, may.whose_turn(DAAN, signed, NOW))
    assert [mark.how for mark in line] == ["done", "cur", "next", "next", "next", "next"]


def test_a_step_that_a_case_does_not_need_is_shown_as_skipped() -> None:
    line = marks(DAAN, file(SIGNED, requester_class="party"), [])
    assert [mark.how for mark in line][:3] == ["done", "skipd", "next"]


def test_a_return_wipes_the_signatures_before_it() -> None:
    returned = StepReturned(request_id=REQUEST, step="applicant_supervisor", person="p-chen", role="r", note="scope")
    line = marks(DAAN, file(SIGNED, returned), [])
    assert [mark.how for mark in line][:2] == ["next", "next"]


def test_a_denial_stands_on_the_line() -> None:
    denied = StepDenied(request_id=REQUEST, step="applicant_supervisor", person="p-chen", role="r", note="no")
    assert [mark.how for mark in marks(DAAN, file(SIGNED, denied), [])][:2] == ["done", "denied"]


def protection(until: datetime | None, scope: Scope = SCOPE) -> Protection:
    return Protection(
        hold_id=UUID(int=1), kind=ProtectionKind.HOLD, hold_kind="preservation", scopes=(scope,), matter="m",
        authority="a", review_by=None, protects_until=until, request_id="", proposed_by="", seq=1,
    )  # fmt: skip


def test_the_clock_counts_to_the_minimum_and_its_window() -> None:
    found = spoliation.clock(DAAN, SCOPE, [], NOW)
    assert found.runs_out_at is not None
    assert found.runs_out_at >= SCOPE.starts_at + timedelta(days=90)


def test_a_request_that_protects_longer_moves_the_clock() -> None:
    until = NOW + timedelta(days=60)
    assert spoliation.clock(DAAN, SCOPE, [protection(until)], NOW).runs_out_at == until


def kept_by_class(**periods: str) -> Pack:
    """Da'an's pack as it would be if each class of footage had a minimum of its own."""
    rules = [
        {
            "id": f"keep.{name}",
            "clauses": [],
            "clock": "end",
            "keep_at_least": period,
            "when": {"segment.class": [name]},
        }
        for name, period in periods.items()
    ]
    retention = dict(sub(DAAN.document, "retention")) | {"rules": rules}
    return pack_from({**DAAN.document, "retention": retention}, digest="x")


def test_the_class_that_goes_first_sets_the_clock() -> None:
    pack = kept_by_class(evidence="P1Y", hall="P60D")
    assert spoliation.classes(pack) == ("", "evidence", "hall")
    found = spoliation.clock(pack, SCOPE, [], NOW).runs_out_at
    assert found == spoliation.clock(kept_by_class(hall="P60D"), SCOPE, [], NOW).runs_out_at
    assert found != spoliation.clock(kept_by_class(evidence="P1Y"), SCOPE, [], NOW).runs_out_at


def test_a_hold_stops_the_clock() -> None:
    assert spoliation.clock(DAAN, SCOPE, [protection(None)], NOW) == spoliation.Clock(runs_out_at=None, held=True)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(cameras=("cam-20",), starts_at=SCOPE.starts_at),
        Scope(cameras=("cam-19",), starts_at=NOW - timedelta(days=88)),
        Scope(area="hall", starts_at=SCOPE.starts_at),
    ],
)
def test_a_hold_that_does_not_surely_cover_all_of_it_stops_nothing(scope: Scope) -> None:
    assert not spoliation.clock(DAAN, SCOPE, [protection(None, scope)], NOW).held


def task(due: datetime | None, number: str = "1") -> Task:
    return Task(title="task_sign", about={"number": number}, to="/", act="open", due=due)


def test_what_runs_out_first_stands_first_and_what_has_no_end_last() -> None:
    tasks = [task(None, "c"), task(NOW + timedelta(days=2), "b"), task(NOW + timedelta(hours=1), "a")]
    assert [each.task.about["number"] for each in drawn(tasks, NOW, DATES, "over")] == ["a", "b", "c"]


def test_the_axis_is_seven_days_of_the_agency_to_scale() -> None:
    start = axis_start(NOW, DATES)
    assert place(start, start) == 0
    assert place(start + timedelta(days=3.5), start) == 50
    assert place(start + timedelta(days=70), start) == 100
    assert place(start - timedelta(days=1), start) == 0


def test_urgency_is_a_day_three_days_or_more() -> None:
    ends = [timedelta(hours=3), timedelta(days=2), timedelta(days=9)]
    assert [urgency(NOW + end, NOW) for end in ends] == ["urgent", "soon", "normal"]


def test_what_has_run_out_says_so() -> None:
    (only,) = drawn([task(NOW - timedelta(minutes=1))], NOW, DATES, "over")
    assert only.label == "over"
