"""What can't be meant or isn't allowed on the protection log: each a refusal with its reason, and an event (I9)."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, update

from services.access.protections.office import known_areas
from services.access.tables import camera
from services.kernel.events import ActRefused, DeletionCleared, HoldPlaced
from services.runtime import database
from tests.integration.access.conftest import City
from tests.integration.access.test_holds import hold

FROM = {"from": "2026-11-01T00:00:00Z"}


def refused(city: City, who: str, path: str, body: object, *, says: str, act: str) -> dict[str, Any]:
    """Refused with its reason and a remedy, and the same reason stands on the log."""
    answer = city.call(who, "POST", path, body)
    assert answer.is_client_error, answer.text
    told: dict[str, Any] = answer.json()
    assert says in told["detail"], told
    assert told["remedy"]
    city.until(lambda: [e for e in refusals(city, act) if e.explanation == told["detail"]])
    return told


def refusals(city: City, act: str) -> list[ActRefused]:
    return [event for event in city.custody.events("access.events", ActRefused) if event.act == act]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (hold(scope={"cameras": ["cam-19"], **FROM, "to": "2026-10-01T00:00:00Z"}), "not after its start"),
        (hold(scope={}), "the scope is empty"),
        (hold(scope={"cameras": ["cam-19"]}), "doesn't say from when"),
        (hold(scope={"cameras": ["cam-99"], **FROM}), "unknown camera cam-99"),
        (hold(scope={"area": "cellar", **FROM}), "unknown area cellar"),
        (hold(scope=FROM), "it holds everything, 3 segments"),
        (hold(scope=FROM, confirmed_count=1), "3 segments today, not the 1 that were confirmed"),
        (hold(review_by="2020-01-01T00:00:00Z"), "is past"),
        (hold(review_by=None), "has no review date"),
        (hold(authority=""), "doesn't say its authority"),
    ],
)
def test_a_hold_that_can_not_be_meant_is_refused_and_the_refusal_is_an_event(
    city: City, body: dict[str, object], says: str
) -> None:
    refused(city, "sysman-wu", "/holds", body, says=says, act="hold.place")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"scope": {"cameras": ["cam-19"], **FROM, "to": "2026-10-01T00:00:00Z"}}, "not after its start"),
        ({"scope": {}}, "the scope is empty"),
        ({"scope": {"cameras": ["cam-99"], **FROM}}, "unknown camera cam-99"),
        ({"scope": {"area": "cellar", **FROM}}, "unknown area cellar"),
        ({"scope": FROM}, "it holds everything, 3 segments"),
        ({"review_by": "2020-01-01T00:00:00Z"}, "is past"),
        ({}, "nothing to extend"),
    ],
)
def test_a_hold_is_extended_by_no_more_than_it_could_be_placed_with(
    city: City, body: dict[str, object], says: str
) -> None:
    placed = city.do("sysman-wu", "/holds", hold())
    path = f"/holds/{placed['hold_id']}"
    refused(city, "sysman-wu", f"{path}/extend", body, says=says, act="hold.extend")
    assert city.see("sysman-wu", path)["scopes"] == placed["scopes"]


def test_a_release_by_the_proposers_other_account_is_refused(city: City) -> None:
    path = f"/holds/{city.do('sysman-wu', '/holds', hold())['hold_id']}"
    city.do("sysman-wu", f"{path}/propose-release")
    for account in ("sysman-wu", "sysman-wu-second"):
        refused(city, account, f"{path}/release", {}, says="p-wu proposed the release", act="hold.release")
    assert not city.see("sysman-wu", path)["released"]


def test_a_release_that_nobody_proposed_or_that_was_made_already_is_refused(city: City) -> None:
    path = f"/holds/{city.do('sysman-wu', '/holds', hold())['hold_id']}"
    refused(city, "ethics-lu", f"{path}/release", {}, says="nobody has proposed", act="hold.release")
    city.do("sysman-wu", f"{path}/propose-release")
    city.do("ethics-lu", f"{path}/release")
    refused(city, "ethics-lu", f"{path}/release", {}, says="is released already", act="hold.release")


def test_a_rescue_of_what_is_gone_is_refused_and_points_to_the_receipt(city: City) -> None:
    scope = {"cameras": ["cam-20"], **FROM, "to": "2026-11-02T00:00:00Z"}
    body = {"scope": scope, "reason": "a claim came in", "until": "2027-01-01T00:00:00Z"}
    assert "receipt" in refused(city, "sysman-wu", "/rescues", body, says="0 kept", act="rescue.place")["remedy"]


def test_an_answer_to_a_batch_that_nobody_cleared_is_put_on_record_once(city: City) -> None:
    batch = uuid4()
    for _ in range(2):
        city.custody.answer_batch(batch)
    known = uuid4()
    city.custody.command(known)
    city.until(lambda: known in [event.batch_id for event in city.custody.events("hold.events", DeletionCleared)])
    city.custody.answer_batch(known)
    (event,) = city.until(lambda: [e for e in refusals(city, "batch.answer") if e.subject == str(batch)])
    assert "which access never cleared" in event.explanation
    assert not [e for e in refusals(city, "batch.answer") if e.subject == str(known)]


def test_several_holds_on_one_recording_each_keep_their_matter_and_their_review(city: City) -> None:
    first = city.do("sysman-wu", "/holds", hold(matter="115-8", review_by="2027-06-01T00:00:00Z"))
    second = city.do("ethics-lu", "/holds", hold(matter="115-9", review_by="2027-09-01T00:00:00Z"))
    city.do("sysman-wu", f"/holds/{first['hold_id']}/propose-release")
    city.do("ethics-lu", f"/holds/{first['hold_id']}/release")
    told = city.see("sysman-wu", f"/holds/{second['hold_id']}")
    assert (told["matter"], told["released"], told["review_by"][:10]) == ("115-9", False, "2027-09-01")


@pytest.mark.parametrize(
    "scope",
    [{"area": "hall"}, {"officer": "p-0012"}, {"incident": "112-77"}, {"cameras": ["cam-19"]}],
    ids=["area", "officer", "incident", "camera"],
)
def test_a_hold_by_any_dimension_is_placed_with_an_open_end(city: City, scope: dict[str, object]) -> None:
    told = city.do("sysman-wu", "/holds", hold(scope=scope | FROM))
    (placed,) = [e for e in city.custody.events("hold.events", HoldPlaced) if str(e.hold_id) == told["hold_id"]]
    assert placed.scope.ends_at is None
    assert {"area": placed.scope.area, "officer": placed.scope.officer, "incident": placed.scope.incident} == {
        "area": scope.get("area", ""),
        "officer": scope.get("officer", ""),
        "incident": scope.get("incident", ""),
    }


@pytest.mark.parametrize("scope", [{"officer": "p-9999"}, {"incident": "112-99"}], ids=["officer", "incident"])
def test_what_later_footage_may_bring_is_accepted_and_told_to_match_nothing_that_is_stored(
    city: City, scope: dict[str, object]
) -> None:
    path, seq = _placed(city, scope)
    assert not city.see("sysman-wu", path)["matches_nothing"]  # nobody has looked yet
    _answered(city, path, seq, secured=0)
    assert city.see("sysman-wu", path)["matches_nothing"]


def test_what_covers_something_is_not_told_to_match_nothing(city: City) -> None:
    path, seq = _placed(city, {"officer": "p-0012"})
    _answered(city, path, seq, secured=1)
    assert not city.see("sysman-wu", path)["matches_nothing"]


@pytest.mark.parametrize(
    ("change", "known"),
    [
        ({}, frozenset({"hall"})),
        ({"version": camera.c.version + 1}, None),  # it may have been moved, and where it stood isn't kept
        ({"area": ""}, None),
        ({"version": camera.c.version + 1, "retired": True}, frozenset({"hall"})),
    ],
    ids=["as registered", "moved", "no area", "retired"],
)
def test_an_area_is_unknown_only_where_no_camera_may_have_stood_elsewhere(
    city: City, change: dict[str, object], known: frozenset[str] | None
) -> None:
    async def asked() -> frozenset[str] | None:
        engine = database.engine(city.settings, "access", pool=1, application="test")
        async with engine.connect() as tx:
            await tx.execute(update(camera).values(retired=False, version=1 + func.jsonb_array_length(camera.c.masks)))
            if change:
                await tx.execute(update(camera).where(camera.c.camera_id == "cam-19").values(change))
            found = await known_areas(tx)
            await tx.rollback()
        await engine.dispose()
        return found

    assert asyncio.run(asked()) == known


def _placed(city: City, scope: dict[str, object]) -> tuple[str, int]:
    told = city.do("sysman-wu", "/holds", hold(scope=scope | FROM))
    return f"/holds/{told['hold_id']}", told["seq"]


def _answered(city: City, path: str, seq: int, secured: int) -> None:
    city.custody.apply_hold(UUID(path.rpartition("/")[2]), seq, secured=secured)
    city.until(lambda: city.see("sysman-wu", path)["state"] == "effective")


def test_f6_holds_and_clearances_that_race_are_numbered_and_published_in_one_order(city: City) -> None:
    batches = [uuid4() for _ in range(12)]
    with ThreadPoolExecutor(6) as people:
        placed = [people.submit(city.do, "sysman-wu", "/holds", hold()) for _ in batches]
        for batch in batches:
            city.custody.command(batch)
        holds = {UUID(each.result()["hold_id"]) for each in placed}
    city.until(lambda: set(batches) <= {e.batch_id for e in city.custody.events("hold.events", DeletionCleared)})
    log = city.custody.log()
    assert [r.recorded.envelope.stream_version for r in log] == list(range(1, len(log) + 1))
    assert holds <= {r.recorded.event.hold_id for r in log if isinstance(r.recorded.event, HoldPlaced)}
