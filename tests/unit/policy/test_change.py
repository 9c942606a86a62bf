"""What a new version shortens or relaxes is found rule by rule; what can't be shown to stay strict counts as weaker."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from services.kernel.policy import Pack, pack_from
from services.kernel.policy.change import adopt, amended, difference

Document = dict[str, Any]
CHANGED = {"at": "2026-01-01", "effective": "2026-03-01", "enacted_by": "x", "scenarios_passed": "y"}


def edited(pack: Pack, edit: Callable[[Document], object]) -> Pack:
    document: Document = copy.deepcopy(dict(pack.document))
    edit(document)
    return pack_from(document, digest=pack.digest, calendar=pack.calendar_document)


def named(document: Document, section: str, rule_id: str) -> Document:
    return next(each for each in document[section] if each["id"] == rule_id)


def test_a_version_that_changes_only_words_shortens_and_relaxes_nothing(spd: Pack) -> None:
    new = edited(spd, lambda document: named(document, "prohibitions", "forbid.face")["title"].update(en="No faces"))
    assert difference(spd, new).shortens == ()
    assert difference(spd, new).relaxes == ()


WEAKER: list[tuple[str, Callable[[Document], object]]] = [
    ("forbid.face", lambda d: named(d, "prohibitions", "forbid.face").update(gates=[])),
    ("forbid.face", lambda d: named(d, "prohibitions", "forbid.face")["when"].update({"request.kind": ["agency"]})),
    ("forbid.face", lambda d: named(d, "prohibitions", "forbid.face").update(unless={"request.ground": ["warrant"]})),
    ("forbid.health", lambda d: d["prohibitions"].remove(named(d, "prohibitions", "forbid.health"))),
    ("route.ice", lambda d: d["routing"].clear()),
    ("route.ice", lambda d: named(d, "routing", "route.ice").update(chain="chain.spd")),
    ("request.agency", lambda d: named(d, "requests", "request.agency")["requesters"].append("public")),
    ("request.agency", lambda d: named(d, "requests", "request.agency")["actions"].append("transfer")),
    ("request.agency", lambda d: named(d, "requests", "request.agency")["fields"].remove("request.purpose")),
    ("request.agency", lambda d: named(d, "requests", "request.agency").pop("one_of")),
    ("chain.spd", lambda d: named(d, "chains", "chain.spd")["steps"].pop(0)),
    ("chain.spd", lambda d: named(d, "chains", "chain.spd")["steps"][1]["roles"].append("sergeant")),
    ("chain.spd", lambda d: named(d, "chains", "chain.spd")["steps"].reverse()),
    ("act.access", lambda d: named(d, "acts", "act.access").update(grant=False)),
    ("act.serve", lambda d: named(d, "acts", "act.serve").pop("covers")),
    ("act.serve", lambda d: named(d, "acts", "act.serve")["acts"].remove("copy")),
    ("act.transfer", lambda d: named(d, "acts", "act.transfer")["facts"]["footage.shows_crime"].append(False)),
    ("act.release_hold", lambda d: named(d, "acts", "act.release_hold")["present"].pop()),
    ("record.camera", lambda d: named(d, "records", "record.camera").update(closed=False)),
    ("record.camera", lambda d: named(d, "records", "record.camera").pop("must_be")),
    ("duty.evaluation", lambda d: named(d, "duties", "duty.evaluation").update(every="P13M")),
    ("duty.displacement", lambda d: named(d, "duties", "duty.displacement").update(per="year")),
    ("violation.no_grant", lambda d: d["violations"].clear()),
    ("vocabulary.request.subjects", lambda d: d["vocabulary"]["values"]["request.subjects"].append("reproductive")),
    ("change.spd", lambda d: d["change_control"]["shorten"].update(notice="P7D")),
    ("programme.spd", lambda d: d.update(programme=None)),
    ("filing.spd", lambda d: d["filing"].update(audio="keep")),
]


@pytest.mark.parametrize(("rule", "edit"), WEAKER, ids=lambda value: value if isinstance(value, str) else "")
def test_a_weakened_safeguard_is_named(spd: Pack, rule: str, edit: Callable[[Document], object]) -> None:
    assert rule in difference(spd, edited(spd, edit)).relaxes


def test_an_act_or_request_that_was_refused_before_is_a_relaxation(spd: Pack) -> None:
    act = {"id": "act.stream", "clauses": [], "title": {"en": "x"}, "acts": ["public_stream"]}
    assert difference(spd, edited(spd, lambda d: d["acts"].append(act))).relaxes == ("act.stream",)


def test_a_further_condition_on_a_known_act_is_no_relaxation(spd: Pack) -> None:
    act = {"id": "act.more", "clauses": [], "title": {"en": "x"}, "acts": ["copy"], "fields": ["copy.number"]}
    assert difference(spd, edited(spd, lambda d: d["acts"].append(act))).relaxes == ()


SHORTER: list[tuple[str, Callable[[Document], object]]] = [
    ("retention.month", lambda d: d["retention"]["rules"][0].update(keep_at_least="P4W")),
    ("retention.month", lambda d: d["retention"]["rules"][0].update(clock="start")),
    ("retention.month", lambda d: d["retention"]["rules"].pop(0)),
    ("retention.year", lambda d: d["retention"]["rules"][1].update(destroy_by="P6M")),
    ("retention.recovery", lambda d: d["retention"]["recovery"].update(period="P1D")),
    ("retention.open_request", lambda d: d["retention"]["open_request"].update(past_maximum=False)),
    ("retention.open_request", lambda d: d["retention"]["open_request"].update(blocks_for="P7D")),
    ("hold.investigation", lambda d: d["retention"]["holds"][0].update(lifts_maximum=False)),
    ("time", lambda d: d["time"].update(zone="Asia/Tokyo")),
]


@pytest.mark.parametrize(("rule", "edit"), SHORTER, ids=lambda value: value if isinstance(value, str) else "")
def test_whatever_lets_footage_go_sooner_is_named(npa: Pack, rule: str, edit: Callable[[Document], object]) -> None:
    assert rule in difference(npa, edited(npa, edit)).shortens


def test_a_relaxation_needs_the_same_three_as_a_shortening(spd: Pack) -> None:
    new = amended(spd, {"forbid.traffic": None})
    assert adopt(spd, new, CHANGED).missing == ("simulation", "approvals")
    two = [{"person": "p1", "role": "captain"}, {"person": "p2", "role": "records_unit"}]
    assert adopt(spd, new, {**CHANGED, "simulation": "s", "approvals": two}).outcome == "adopted"


def test_one_person_in_two_roles_is_one_approver(spd: Pack) -> None:
    twice = [{"person": "p1", "role": "captain"}, {"person": "p1", "role": "records_unit"}]
    verdict = adopt(spd, amended(spd, {"forbid.traffic": None}), {**CHANGED, "simulation": "s", "approvals": twice})
    assert verdict.missing == ("approvals",)


def test_the_notice_period_ends_before_the_version_binds(spd: Pack) -> None:
    verdict = adopt(spd, amended(spd, {"forbid.traffic": None}), {**CHANGED, "effective": "2026-01-30"})
    assert "notice" in verdict.missing
    assert verdict.earliest is not None
    assert verdict.earliest.astimezone(spd.zone).date().isoformat() == "2026-01-31"


def test_named_roles_must_be_among_the_approvers(daan: Pack) -> None:
    two = [{"person": "p1", "role": "secretary"}, {"person": "p2", "role": "system_manager"}]
    facts = {**CHANGED, "simulation": "s", "approvals": two}
    assert adopt(daan, amended(daan, {"act.maintain": None}), facts).missing == ("approvals.role:director",)


def test_a_change_of_a_rule_that_does_not_exist_is_an_error(spd: Pack) -> None:
    with pytest.raises(KeyError, match=r"forbid\.nothing"):
        amended(spd, {"forbid.nothing": None})
