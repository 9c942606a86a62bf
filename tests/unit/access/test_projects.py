"""The five decisions on a live project: every wrong order, who may not, what each must say, narrowing, taking back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from services.access.policies.project_file import DECISIONS, ProjectFile, fold
from services.access.policies.projects import Decision, decide, decide_withdrawal
from services.access.refusals import AccessRefusal
from services.kernel.envelope import Actor, Recorded, recorded
from services.kernel.events import ProjectDecided
from services.runtime.identity import Person
from services.runtime.packs import load_pack
from services.runtime.settings import REPOSITORY
from tests.fakes.live_project import RECORD

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PACK = load_pack(REPOSITORY / "policies" / "taipei-live")
ROLES = {
    "group": "project_lead",
    "lead_decision": "lead_agency",
    "police_consent": "police",
    "members": "project_group",
    "set_permissions": "dashboard_admin",
}
SAYS: dict[str, dict[str, Any]] = {
    "group": {"record": RECORD},
    "lead_decision": {},
    "police_consent": {"cameras": ("c1", "c2")},
    "members": {"members": ("p-1", "p-2")},
    "set_permissions": {
        "period_from": NOW,
        "period_to": NOW + timedelta(days=2),
        "networks": ("10.9.0.0/24",),
    },
}


def person(decision: str, person_id: str = "") -> Person:
    return Person(person_id=person_id or f"p-{decision}", account=decision, name="", roles=frozenset({ROLES[decision]}))


class Desk:
    """Decisions one after the other, each kept as the log would keep it."""

    def __init__(self) -> None:
        self.log: list[Recorded] = []

    @property
    def file(self) -> ProjectFile:
        return fold("flood", self.log, PACK)

    def keep(self, event: ProjectDecided) -> None:
        number = len(self.log) + 1
        actor = Actor(id=event.person, role=event.role)
        at = recorded(event, stream_id="project/flood", stream_version=number, at=NOW, actor=actor)
        self.log.append(replace(at, envelope=replace(at.envelope, policy_version=PACK.reference)))

    def decide(self, decision: str, who: Person | None = None, **more: Any) -> ProjectDecided:  # noqa: ANN401
        asked = Decision(decision=decision, **SAYS[decision] | more)
        event = decide(PACK, self.file, who or person(decision), asked)
        self.keep(event)
        return event

    def up_to(self, last: str) -> Desk:
        for decision in DECISIONS[: DECISIONS.index(last) + 1]:
            self.decide(decision)
        return self

    def refused(self, decision: str, who: Person | None = None, **more: Any) -> AccessRefusal:  # noqa: ANN401
        with pytest.raises(AccessRefusal) as found:
            self.decide(decision, who, **more)
        return found.value


def opened() -> Desk:
    return Desk().up_to("set_permissions")


@pytest.mark.parametrize("order", list(permutations(DECISIONS)))
def test_only_one_order_of_the_five_opens_a_project(order: tuple[str, ...]) -> None:
    desk, refused = Desk(), []
    for decision in order:
        try:
            desk.decide(decision)
        except AccessRefusal as refusal:
            refused.append(refusal.clauses)
    assert all("LIVE-03" in clauses for clauses in refused)
    assert (desk.file.open_steps(PACK) == ()) is (order == DECISIONS)


def test_a_project_is_what_its_decisions_say() -> None:
    project = opened().file
    assert (project.cameras, project.members, project.networks) == (("c1", "c2"), ("p-1", "p-2"), ("10.9.0.0/24",))
    assert project.record == RECORD
    assert project.period == (NOW, NOW + timedelta(days=2))


@pytest.mark.parametrize(
    ("decision", "changed"),
    [
        ("group", {"record": {}}),
        ("group", {"record": RECORD | {"purpose": "traffic_study"}}),
        ("group", {"record": RECORD | {"outsourced": True}}),
        ("police_consent", {"cameras": ()}),
        ("members", {"members": ()}),
        ("set_permissions", {"period_to": None}),
        ("set_permissions", {"period_to": NOW}),
        ("set_permissions", {"networks": ()}),
        ("set_permissions", {"networks": ("10.9.0.7/24",)}),
        ("set_permissions", {"networks": ("0.0.0.0/0",)}),
        ("set_permissions", {"networks": ("everywhere",)}),
    ],
)
def test_a_decision_that_leaves_out_what_is_its_own_is_refused(decision: str, changed: dict[str, Any]) -> None:
    before = DECISIONS.index(decision)
    desk = Desk().up_to(DECISIONS[before - 1]) if before else Desk()
    refusal = desk.refused(decision, **changed)
    assert refusal.clauses
    assert refusal.message["zh-Hant"]


@pytest.mark.parametrize("decision", DECISIONS)
def test_nobody_decides_for_another_office(decision: str) -> None:
    before = DECISIONS.index(decision)
    desk = Desk().up_to(DECISIONS[before - 1]) if before else Desk()
    for other in set(DECISIONS) - {decision}:
        assert desk.refused(decision, person(other)).kind == "NotEntitled"


def test_who_consents_for_the_police_sets_no_permissions() -> None:
    desk = Desk().up_to("members")
    assert desk.refused("set_permissions", person("set_permissions", "p-police_consent")).kind == "NotEntitled"


@pytest.mark.parametrize(
    ("decision", "narrower", "wider"),
    [
        ("police_consent", {"cameras": ("c1",)}, {"cameras": ("c1", "c3")}),
        ("members", {"members": ("p-2",)}, {"members": ("p-2", "p-3")}),
        ("set_permissions", {"period_to": NOW + timedelta(days=1)}, {"period_to": NOW + timedelta(days=3)}),
        ("set_permissions", {"networks": ("10.9.0.128/25",)}, {"networks": ("10.9.0.0/16",)}),
        ("set_permissions", {"networks": ("10.9.0.4/32",)}, {"networks": ("2001:db8::/48",)}),
    ],
)
def test_what_was_decided_may_shrink_and_never_grows(
    decision: str, narrower: dict[str, Any], wider: dict[str, Any]
) -> None:
    desk = opened()
    assert desk.refused(decision, **wider).kind == "DoneAlready"
    desk.decide(decision, **narrower)
    assert desk.file.open_steps(PACK) == ()
    assert desk.refused(decision).kind == "DoneAlready"


def test_the_first_two_decisions_are_made_once() -> None:
    desk = opened()
    assert desk.refused("group").kind == "DoneAlready"
    assert desk.refused("lead_decision").kind == "DoneAlready"


def test_a_consent_that_is_withdrawn_takes_what_rested_on_it_with_it() -> None:
    desk = opened()
    desk.keep(decide_withdrawal(PACK, desk.file, person("police_consent"), "police_consent"))
    assert desk.file.open_steps(PACK) == ("police_consent", "members", "set_permissions")
    assert (desk.file.cameras, desk.file.members, desk.file.period) == ((), (), (None, None))
    desk.decide("police_consent", cameras=("c3",))
    assert desk.file.cameras == ("c3",)


@pytest.mark.parametrize("decision", ["group", "members", "set_permissions"])
def test_a_decision_that_the_policy_keeps_is_not_withdrawn(decision: str) -> None:
    with pytest.raises(AccessRefusal) as found:
        decide_withdrawal(PACK, opened().file, person(decision), decision)
    assert found.value.kind == "NotWithdrawable"


def test_nobody_withdraws_what_another_office_decided() -> None:
    with pytest.raises(AccessRefusal) as found:
        decide_withdrawal(PACK, opened().file, person("members"), "police_consent")
    assert found.value.kind == "NotEntitled"
