"""Change control at the API: what lengthens binds at once; what shortens or relaxes takes report, persons, notice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.kernel.events import (
    ActRefused,
    CameraBound,
    PolicyInForce,
    PolicyVersionAdopted,
    ProgrammeEnded,
    ProjectDecided,
    SimulationReported,
)
from tests.conftest import Addresses
from tests.fakes.live_project import says
from tests.integration.access.clockwork import instant
from tests.integration.access.conftest import REPOSITORY, City, build, tear_down
from tests.integration.access.test_requests import spd

Document = dict[str, Any]
DAAN_PASSES = {
    "id": "daan-r05",
    "title": "request forms three years after the viewing",
    "clauses": ["DAAN-10"],
    "at": "2025-06-01",
    "given": {},
    "when": {"ask": "term", "register": "register.forms", "acted_at": "2025-05-31T10:00:00+08:00"},
    "then": {"outcome": "kept", "keep_until": "2028-06-01T00:00:00+08:00"},
}
SPD_PASSES = {
    "id": "spd-x01",
    "title": "a face is never looked for",
    "clauses": ["SPD-08"],
    "at": "2026-01-01",
    "given": {},
    "when": {"ask": "programme"},
    "then": {"outcome": "running"},
}


class Offers:
    """The folder of packs that people edit."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def version(self, policy_id: str, change: Callable[[Document], None], passes: Document) -> int:
        """Offer the next version with one change, and one scenario of its own that passes."""
        pack = self._folder / policy_id
        document = yaml.safe_load((pack / "policy.yaml").read_text())
        document["version"] += 1
        change(document)
        (pack / "policy.yaml").write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
        shutil.rmtree(pack / "scenarios")
        (pack / "scenarios").mkdir()
        told = {"format": "camledger.scenarios/1", "scenarios": [passes]}
        (pack / "scenarios" / "own.yaml").write_text(yaml.safe_dump(told, allow_unicode=True))
        return int(document["version"])

    def keep(self, days: int) -> int:
        def change(document: Document) -> None:
            document["retention"]["rules"][0]["keep_at_least"] = f"P{days}D"

        return self.version("daan-cctv", change, DAAN_PASSES)


@pytest.fixture(scope="module")
def offers(tmp_path_factory: pytest.TempPathFactory) -> Offers:
    folder = tmp_path_factory.mktemp("offered") / "policies"
    shutil.copytree(REPOSITORY / "policies", folder)
    return Offers(folder)


@pytest.fixture(scope="module")
def city(stack: Addresses, tmp_path_factory: pytest.TempPathFactory, offers: Offers) -> Iterator[City]:
    built = build(stack, tmp_path_factory.mktemp("city"), offers._folder)
    try:
        built.start()
        built.settle()
        yield built
    finally:
        tear_down(built)


def adoption(policy_id: str = "daan-cctv", **more: object) -> dict[str, object]:
    return {"policy_id": policy_id, "instrument": "council order 12"} | more


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def in_force(city: City, policy_id: str = "daan-cctv") -> Any:  # noqa: ANN401
    listed = city.see("sysman-wu", "/policies")["policies"]
    return next(each for each in listed if each["policy_id"] == policy_id)["in_force"]["version"]


def simulated(city: City, policy_id: str = "daan-cctv", who: str = "admin-root", **more: object) -> Document:
    told = city.do(who, f"/policies/{policy_id}/simulations", more)
    while told["state"] == "running":
        told = city.see(who, f"/policies/{policy_id}/simulations/{told['run_id']}")
    return dict(told)


def report_of(city: City, policy_id: str = "daan-cctv") -> str:
    return str(simulated(city, policy_id)["report_digest"])


def lacks(city: City, what: str, body: dict[str, object], who: str = "admin-root") -> Document:
    answer = city.call(who, "POST", "/policies/adopt", body)
    assert answer.status_code == 422, answer.text
    assert what in answer.json()["detail"]
    return dict(answer.json())


def test_a_longer_minimum_binds_at_once_by_one_person(city: City, offers: Offers) -> None:
    version = offers.keep(120)
    told = city.do("admin-root", "/policies/adopt", adoption())
    assert (told["state"], told["version"], told["shortens"]) == ("in_force", version, [])
    assert in_force(city) == version
    events = [e for e in city.custody.events("hold.events", PolicyInForce) if e.version == version]
    assert events[0].binding_from <= datetime.now(UTC)


def test_a_shorter_minimum_takes_report_notice_and_two_persons_of_whom_one_is_the_director(
    city: City, offers: Offers
) -> None:
    before = in_force(city)
    version = offers.keep(60)
    problem = lacks(city, "simulation", adoption(effective=in_days(31)))
    assert problem["message"] == {"en": "Changing the policy", "zh-Hant": "作業規定之修訂"}
    report = report_of(city)
    lacks(city, "notice", adoption(simulation_digest=report, effective=in_days(29)))
    body = adoption(simulation_digest=report, effective=in_days(31))
    for who in ("admin-root", "admin-root", "admin-two"):
        answer = city.call(who, "POST", "/policies/adopt", body)
        assert (answer.status_code, answer.json()["state"]) == (202, "proposed")
    assert in_force(city) == before
    told = city.do("director-tsai", "/policies/adopt", body)
    assert (told["state"], told["shortens"]) == ("scheduled", ["retention.min90"])
    assert instant(told["binding_from"]) == instant(body["effective"])
    assert in_force(city) == before
    adopted = city.told("policy.events", PolicyVersionAdopted, lambda e: e.version == version)
    assert set(adopted[0].approved_by) == {"p-root", "p-tsai"}


def test_a_shortening_cites_a_report_that_is_on_the_log_and_about_this_very_version(city: City, offers: Offers) -> None:
    offers.keep(59)
    other = report_of(city)
    offers.keep(58)
    problem = lacks(city, "on the log", adoption(simulation_digest="0" * 64, effective=in_days(31)))
    assert (problem["refusal"], "policy simulate" in problem["remedy"]) == ("SimulationNotCited", True)
    lacks(city, "simulated version", adoption(simulation_digest=other, effective=in_days(31)))
    cited = ("SimulationNotCited", "policy.adopt")
    assert city.told("access.events", ActRefused, lambda e: (e.refusal, e.act) == cited)


def test_a_report_stands_on_the_log_with_its_numbers_and_its_bytes_have_its_digest(city: City, offers: Offers) -> None:
    offers.keep(57)
    told = simulated(city)
    content = city.call("director-tsai", "GET", f"/policies/daan-cctv/reports/{told['report_digest']}").content
    assert (sha256(content).hexdigest(), json.loads(content)) == (told["report_digest"], told["report"])
    assert told["report"]["shortens"] == ["retention.min90"]
    (event,) = city.told("policy.events", SimulationReported, lambda e: e.report_digest == told["report_digest"])
    assert (event.digest, event.against) == (told["report"]["policy"]["digest"], told["report"]["in_force"])


def test_a_what_if_on_another_date_is_answered_and_cannot_be_cited(city: City, offers: Offers) -> None:
    offers.keep(56)
    told = simulated(city, as_of=in_days(200))
    assert told["citable"] is False
    lacks(city, "on the log", adoption(simulation_digest=told["report_digest"], effective=in_days(31)))


def test_nobody_without_a_role_simulates(city: City) -> None:
    answer = city.call("officer-lin", "POST", "/policies/daan-cctv/simulations", {})
    assert (answer.status_code, answer.json()["rule"]) == (403, "role")


def test_two_persons_who_want_different_days_have_not_agreed(city: City, offers: Offers) -> None:
    offers.keep(50)
    first = adoption(simulation_digest=report_of(city), effective=in_days(40))
    city.do("admin-root", "/policies/adopt", first)
    answer = city.call("director-tsai", "POST", "/policies/adopt", first | {"effective": in_days(31)})
    assert (answer.status_code, answer.json()["state"]) == (202, "proposed")


def test_nobody_without_the_role_adopts(city: City) -> None:
    answer = city.call("officer-lin", "POST", "/policies/adopt", adoption())
    assert (answer.status_code, answer.json()["rule"]) == (403, "role")
    assert "director" in answer.json()["remedy"]


def test_a_version_whose_digest_is_another_is_not_adopted(city: City) -> None:
    answer = city.call("admin-root", "POST", "/policies/adopt", adoption(digest="0" * 64))
    assert (answer.status_code, answer.json()["rule"]) == (422, "policy.digest")


def test_a_weakened_prohibition_takes_what_a_shortening_takes(city: City, offers: Offers) -> None:
    def fewer_faces(document: Document) -> None:
        document["prohibitions"][0]["when"] = {"request.asks": ["face_recognition"]}

    before = in_force(city, "spd-cctv")
    offers.version("spd-cctv", fewer_faces, SPD_PASSES)
    problem = lacks(city, "simulation", adoption("spd-cctv"))
    assert "relaxes forbid.face" in problem["detail"]
    assert problem["clauses"] == ["SPD-03"]
    report = report_of(city, "spd-cctv")
    lacks(city, "notice", adoption("spd-cctv", simulation_digest=report))
    body = adoption("spd-cctv", simulation_digest=report, effective=in_days(31))
    assert city.do("admin-root", "/policies/adopt", body)["state"] == "proposed"
    assert city.do("admin-two", "/policies/adopt", body)["state"] == "scheduled"
    assert in_force(city, "spd-cctv") == before


def test_a_broken_pack_on_offer_is_refused_and_stops_no_other(city: City, offers: Offers) -> None:
    def without_faces(document: Document) -> None:
        document["prohibitions"] = document["prohibitions"][1:]

    offers.version("spd-cctv", without_faces, SPD_PASSES)
    problem = lacks(city, "SPD-08 lists forbid.face, which doesn't cite it", adoption("spd-cctv"))
    assert problem["rule"] == "policy.broken"
    assert city.do("admin-root", "/policies/adopt", adoption("npa-bwc"))["state"] == "in_force"
    assert city.call("agency-novak", "POST", "/requests", spd(asks=["biometric"])).status_code == 403
    assert in_force(city, "spd-cctv")


def test_binding_a_camera_to_a_pack_that_keeps_less_takes_report_two_persons_and_the_notice(city: City) -> None:
    path, bare = "/policies/spd-cctv/cameras", {"cameras": ["cam-20"]}
    refused = city.call("admin-root", "POST", path, bare)
    assert (refused.status_code, refused.json()["refusal"]) == (422, "SimulationNotCited")
    assert "--replaces daan-cctv" in refused.json()["remedy"]
    body = bare | {"simulation_digest": simulated(city, "spd-cctv", replaces="daan-cctv")["report_digest"]}
    for who in ("admin-root", "admin-root", "admin-two"):
        assert city.do(who, path, body)["state"] == "proposed"
    told = city.do("director-tsai", path, body)
    assert instant(told["bound"][0]["binding_from"]) > datetime.now(UTC) + timedelta(days=29)
    bound = [e for e in city.custody.events("hold.events", CameraBound) if e.camera_id == "cam-20"]
    assert [e.policy_id for e in bound] == ["daan-cctv", "spd-cctv"]
    policies = city.call("admin-root", "GET", "/policies").json()["policies"]
    listed = {each["policy_id"]: each["cameras"] for each in policies}
    assert ("cam-20" in listed["daan-cctv"], "cam-20" in listed["spd-cctv"]) == (True, False)
    back = city.do("admin-root", "/policies/daan-cctv/cameras", bare)
    assert instant(back["bound"][0]["binding_from"]) <= datetime.now(UTC)


def test_a_programme_ends_once_with_its_decision_on_the_log(city: City) -> None:
    answer = city.call("officer-lin", "POST", "/policies/spd-cctv/end", {"decision": "council bill 9"})
    assert answer.status_code == 403
    first = city.do("admin-root", "/policies/spd-cctv/end", {"decision": "council bill 9"})
    assert city.do("admin-two", "/policies/spd-cctv/end", {"decision": "another"}) == first
    (ended,) = city.until(lambda: city.custody.events("policy.events", ProgrammeEnded))
    assert (ended.policy_id, ended.decision) == ("spd-cctv", "council bill 9")


FIVE = {
    "group": "lead-hsieh",
    "lead_decision": "lead-hsieh",
    "police_consent": "cop-hsu",
    "members": "group-liao",
    "set_permissions": "dash-yeh",
}
SAYS = says(["live-1"], (in_days(0), in_days(5)), ("p-liao",))


@pytest.fixture(scope="module")
def live(city: City) -> City:
    city.do("admin-root", "/policies/adopt", adoption("taipei-live"))
    city.do("admin-root", "/policies/taipei-live/cameras", {"cameras": ["live-1"]})
    return city


def decide(city: City, project: str, decision: str, who: str = "") -> Any:  # noqa: ANN401
    return city.call(who or FIVE[decision], "POST", f"/projects/{project}/decisions", SAYS[decision])


def test_the_five_decisions_open_one_after_the_other(live: City) -> None:
    left = list(FIVE)
    for decision in FIVE:
        left.remove(decision)
        assert decide(live, "flood", decision).json()["open_steps"] == left

    def made() -> list[str]:
        every = live.custody.events("approval.events", ProjectDecided)
        return [each.decision for each in every if each.project_id == "flood"]

    live.until(lambda: len(made()) == len(FIVE))
    assert made() == list(FIVE)


def test_a_decision_before_its_turn_names_what_comes_first(live: City) -> None:
    answer = decide(live, "quake", "police_consent")
    assert (answer.status_code, answer.json()["clauses"]) == (422, ["LIVE-03", "LIVE-08"])
    assert "comes after group, lead_decision" in answer.json()["detail"]


def test_a_decision_by_another_office_is_refused_in_both_languages(live: City) -> None:
    answer = decide(live, "quake", "group", "cop-hsu")
    assert (answer.status_code, answer.json()["refusal"]) == (403, "NotEntitled")
    assert answer.json()["message"] == {"en": "Project group set up", "zh-Hant": "專案小組成立"}


def test_one_person_with_two_accounts_does_not_decide_twice(live: City) -> None:
    for decision in ("group", "lead_decision", "police_consent", "members"):
        decide(live, "march", decision)
    answer = decide(live, "march", "set_permissions", "cop-hsu-second")
    assert (answer.status_code, answer.json()["refusal"]) == (403, "NotEntitled")
    assert decide(live, "march", "set_permissions").status_code == 200


def adopt_by_cli(city: City, folder: Path, who: str) -> subprocess.CompletedProcess[str]:
    known = {"services": {"access": city.url}, "people": {who: f"token-{who}"}}
    (folder / "client.json").write_text(json.dumps(known))
    command = [sys.executable, "-m", "services.cli", "policy", "adopt", "npa-bwc", "--instrument", "order 3"]
    environment = os.environ | {"CAMLEDGER_HOME": str(folder)}
    return subprocess.run(
        [*command, "--as", who, "--json"], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )


def test_the_command_line_adopts_and_says_why_not(city: City, tmp_path: Path) -> None:
    done = adopt_by_cli(city, tmp_path, "admin-root")
    assert (done.returncode, json.loads(done.stdout)["state"]) == (0, "in_force")
    refused = adopt_by_cli(city, tmp_path, "officer-lin")
    assert (refused.returncode, "may not adopt a policy" in refused.stderr) == (1, True)
