"""A made-up council in another country, another language and another law of time: a folder, and no line of code."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.kernel.policy import SegmentFacts, file_path, interval, request_term, submit
from services.kernel.policy.coverage import coverage
from services.kernel.policy.scenarios import run
from services.runtime.packs import PackFolder, load_folder

POLICY = """
format: camledger.policy/1
id: x-council
version: 1
status: draft
title: {en: A made-up council, cy: Cyngor dychmygol}
agency: {id: x-council, name: {en: A made-up council, cy: Cyngor dychmygol}}
language: cy
effective: 2025-01-01
enacted_by: [{id: minute-7, title: {en: Minute, cy: Cofnod}, date: 2024-12-01}]
time: {zone: Europe/London, readings: [same-number-day]}
vocabulary:
  values:
    requester.class: [data_subject, police]
    request.exempt: [true, false]
  ranks: [officer, manager]
change_control:
  id: change.council
  clauses: [CNCL-001]
  title: {en: Changes, cy: Newidiadau}
  shorten: {simulation: true, approvals: 3, notice: P2M, roles: [privacy_officer, works_council]}
programme: null
filing:
  id: filing.council
  clauses: [CNCL-002]
  title: {en: Filing, cy: Ffeilio}
  path: "{camera}/{year}-{month}-{day}/{time}"
  audio: refuse
retention:
  rules:
    - {id: keep.month, clauses: [CNCL-002], title: {en: "31 days", cy: "31 diwrnod"}, clock: end, destroy_by: P31D}
  dispose: at_maximum
  recovery: {period: P3D, margin_days: 1}
  open_request:
    blocks_for: P1M
    past_maximum: true
    ends_on: working_day
    pause: {reasons: [identity_check]}
    extend: {by: P2M, times: 1}
  holds: []
prohibitions: []
routing: []
requests:
  - id: request.own
    clauses: [CNCL-003]
    kind: subject_access
    title: {en: One's own picture, cy: Eich llun eich hun}
    requesters: [data_subject]
    actions: [copy]
    fields: [request.interval, request.cameras]
    documents: [identity]
    decide_within: {period: P1M}
    chain: chain.own
chains:
  - id: chain.own
    clauses: [CNCL-003]
    title: {en: Decision, cy: Penderfyniad}
    order: listed
    distinct: [[requester, decide]]
    steps:
      - {id: decide, act: decide, roles: [privacy_officer], title: {en: Decision, cy: Penderfyniad}}
acts: []
records: []
duties: []
registers: []
violations: []
"""
CLAUSES = """
format: camledger.clauses/1
source: a made-up minute
clauses:
  CNCL-001: {rules: [change.council], carried_by: [data]}
  CNCL-002: {rules: [keep.month, filing.council], carried_by: [data, retention]}
  CNCL-003: {rules: [request.own, chain.own], carried_by: [data]}
"""
SCENARIOS = """
format: camledger.scenarios/1
scenarios:
- id: x-1
  title: one's own picture with identity
  clauses: [CNCL-003]
  at: '2025-05-01'
  given: {}
  when:
    ask: submit
    requester: {class: data_subject, person: s1}
    request: {kind: subject_access, action: copy, interval: [a, b], cameras: [c1]}
    documents: [identity]
  then: {outcome: accepted, steps: [decide]}
- id: x-2
  title: somebody without identity
  clauses: [CNCL-003]
  at: '2025-05-01'
  given: {}
  when:
    ask: submit
    requester: {class: data_subject, person: s1}
    request: {kind: subject_access, action: copy, interval: [a, b], cameras: [c1]}
  then: {outcome: incomplete, missing: ['document:identity']}
"""


@pytest.fixture
def council(tmp_path: Path) -> PackFolder:
    (tmp_path / "scenarios").mkdir()
    for name, text in (("policy", POLICY), ("clauses", CLAUSES), ("scenarios/asking", SCENARIOS)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    calendar = (
        "format: camledger.calendar/1\nnote: {en: Weekends, cy: Penwythnosau}\nweekend: [6, 7]\nclosed: [2025-12-25]\n"
    )
    (tmp_path / "calendar.yaml").write_text(calendar, encoding="utf-8")
    return load_folder(tmp_path)


def test_its_scenarios_run(council: PackFolder) -> None:
    assert all(run(council.pack, each).passed for each in council.scenarios)


def test_its_maximum_ends_with_the_day_of_the_same_number(council: PackFolder) -> None:
    found = interval(
        council.pack, SegmentFacts(datetime(2025, 3, 10, 9, tzinfo=UTC), datetime(2025, 3, 10, 10, tzinfo=UTC))
    )
    # Midnight after 10 April, British summer time.
    assert found.destroy_by == datetime(2025, 4, 10, 23, tzinfo=UTC)
    assert found.command_at == found.destroy_by - timedelta(days=1)


def test_its_term_shifts_past_a_holiday_and_a_weekend(council: PackFolder) -> None:
    # One month from 25 November ends on 25 December, a closed Thursday: Friday is open.
    assert request_term(council.pack, datetime(2025, 11, 25, 9, tzinfo=UTC)) == datetime(2025, 12, 27, tzinfo=UTC)


def test_its_requests_know_no_other_classes(council: PackFolder) -> None:
    asked = {"requester": {"class": "press"}, "request": {"kind": "subject_access", "action": "copy"}}
    assert submit(council.pack, asked).missing == ("requester.class=press",)


def test_its_files_lie_where_it_says(council: PackFolder) -> None:
    assert (
        file_path(council.pack, datetime(2025, 7, 1, 23, 30, tzinfo=UTC), {"camera": "c1"})
        == "c1/2025-07-02/003000+0100"
    )


def test_what_it_has_not_shown_is_a_fault(council: PackFolder) -> None:
    ran = [run(council.pack, each) for each in council.scenarios]
    by_id = {each.entry.id: each for each in coverage("x-council", council.clauses, ran)}
    assert by_id["CNCL-003"].faults == ()
    assert by_id["CNCL-001"].faults == ("no scenario shows what it allows", "no scenario shows what it refuses")
    assert by_id["CNCL-002"].untested
