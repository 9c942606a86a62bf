"""A council that camledger has never heard of: its rules are a folder of YAML, and every service carries them out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.fakes.clause_city import City, Json, iso, now
from tests.fakes.printed import Printed

POLICY, CAMERA = "council-cctv", "market-square-1"
CHAIN = (("review", "sysman-wu"), ("decide", "director-tsai"))
DIRECTOR = "p-0006"


def form(interval: list[str], documents: list[str]) -> Json:
    requester = {"class": "data_subject", "name": "made up"}
    request: dict[str, Any] = {"kind": "subject_access", "action": "view", "basis": "subject_access"}
    request |= {"cameras": [CAMERA], "interval": interval}
    return {"policy_id": POLICY, "requester": requester, "request": request, "documents": documents}


def test_a_council_adopts_binds_records_answers_and_destroys_without_a_change_of_code(city: City) -> None:
    _join(city)
    footage = city.recorded(CAMERA)
    loud = city.upload(CAMERA, footage.start + timedelta(minutes=1), sound=True)
    assert (loud.json()["refusal"], loud.json()["clauses"]) == ("AudioNotAllowed", ["UK-02"])
    nameless = city.call("citizen-lai", "POST", "access", "/requests", json=form(footage.interval, []))
    assert (nameless.status_code, nameless.json()["clauses"]) == (403, ["UK-04"])
    asked = city.do("citizen-lai", "access", "/requests", form(footage.interval, ["proof_of_identity"]))
    assert city.sign(asked["request_id"], *CHAIN)["state"] == "granted"
    assert len(city.watch("citizen-lai", asked["request_id"])) == 1
    said = _form(city, asked["request_id"])
    assert ("A made-up borough council" in said, "made up" in said, f"approved director {DIRECTOR}" in said) == (
        True,
    ) * 3
    (young,), (old,) = city.old(CAMERA, days=20), city.old(CAMERA, days=33)
    assert city.gone(old)["rule_ids"] == ["retention.max31"]
    assert city.explained(young)["destroy_by"][:10] == iso(young.start + timedelta(days=31))[:10]


def _form(city: City, request: str) -> str:
    printed = city.call("citizen-lai", "GET", "access", f"/requests/{request}/form.pdf")
    return " ".join(Printed(printed.content).text(0).split())


def _join(city: City) -> None:
    city.do("admin-root", "access", "/policies/adopt", {"policy_id": POLICY, "instrument": "cabinet decision 114"})
    city.do("admin-root", "access", f"/policies/{POLICY}/cameras", {"cameras": [CAMERA]})
    city.do("admin-root", "ingest", "/cameras", {"camera_id": CAMERA, "kind": "fixed", "policy_id": POLICY})
    asked = form([iso(now() - timedelta(hours=2)), iso(now() - timedelta(hours=1))], ["proof_of_identity"])
    city.answered(lambda: city.call("citizen-lai", "POST", "access", "/requests", json=asked), success=True)
