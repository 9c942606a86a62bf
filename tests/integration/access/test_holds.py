"""Holds, clearances and restores of access on real Kafka and Postgres (A0 to A6)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.kernel.events import ActRefused, CameraBound, DeletionCleared, HoldPlaced, PolicyInForce
from tests.fakes.backups import copied
from tests.integration.access.conftest import City


def hold(**changes: Any) -> dict[str, object]:  # noqa: ANN401
    scope = {"cameras": ["cam-19"], "from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"}
    body = {"scope": scope, "matter": "115-7", "authority": "district court", "review_by": "2027-06-01T00:00:00Z"}
    return body | changes


def refused(city: City, who: str, path: str, body: object, *, says: str) -> dict[str, Any]:
    answer = city.call(who, "POST", path, body)
    assert answer.is_client_error, answer.text
    assert says in answer.json()["detail"]
    assert answer.json()["remedy"]
    return dict(answer.json())


def test_a_hold_is_answered_as_accepted_only_when_the_broker_has_it(city: City) -> None:
    answer = city.call("sysman-wu", "POST", "/holds", hold())
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
    placed = [event for event in city.custody.events("hold.events", HoldPlaced) if event.matter == "115-7"]
    assert str(placed[-1].hold_id) == answer.json()["hold_id"]


def test_placing_the_same_hold_twice_places_one(city: City) -> None:
    body = hold(hold_id=str(uuid4()))
    first, second = city.do("sysman-wu", "/holds", body), city.do("sysman-wu", "/holds", body)
    assert first["seq"] == second["seq"]


def test_received_accepted_effective_with_the_three_lists(city: City) -> None:
    told = city.do("sysman-wu", "/holds", hold())
    city.custody.apply_hold(UUID(told["hold_id"]), told["seq"], secured=3)
    city.until(lambda: city.see("sysman-wu", f"/holds/{told['hold_id']}")["state"] == "effective")
    told = city.see("sysman-wu", f"/holds/{told['hold_id']}")
    assert (told["secured_segments"], told["destroying"], told["gone"]) == (3, [], [])
    assert told["effective_since"]


def test_a_deletion_command_is_cleared_once_and_named_in_flight_until_it_is_answered(city: City) -> None:
    batch = uuid4()
    city.custody.command(batch)
    city.custody.command(batch)
    city.until(lambda: batch in [event.batch_id for event in city.custody.events("hold.events", DeletionCleared)])
    told = city.do("sysman-wu", "/holds", hold())
    assert str(batch) in [each["batch_id"] for each in told["in_flight"]]
    city.custody.answer_batch(batch)
    city.until(lambda: not _in_flight(city, told["hold_id"], batch))
    cleared = [event.batch_id for event in city.custody.events("hold.events", DeletionCleared)]
    assert cleared.count(batch) == 1


def test_holds_and_clearances_share_one_dense_order(city: City) -> None:
    for _ in range(5):
        city.custody.command(uuid4())
        city.do("sysman-wu", "/holds", hold())
    log = city.custody.log()
    assert [r.recorded.envelope.stream_version for r in log] == list(range(1, len(log) + 1))
    assert [r.offset for r in log] == sorted(r.offset for r in log)
    assert {type(r.recorded.event) for r in log} >= {HoldPlaced, DeletionCleared, PolicyInForce, CameraBound}


def test_a_hold_names_its_scope_in_the_header_too(city: City) -> None:
    told = city.do("sysman-wu", "/holds", hold())
    records = [r for r in city.custody.log() if getattr(r.recorded.event, "hold_id", None) == UUID(told["hold_id"])]
    assert "cam-19" in records[0].headers["ce_scope"]


def test_a_release_takes_two_persons_and_gives_the_hold_an_end(city: City) -> None:
    path = f"/holds/{city.do('sysman-wu', '/holds', hold())['hold_id']}"
    city.do("sysman-wu", f"{path}/propose-release")
    refused(city, "sysman-wu", f"{path}/release", {}, says="takes two persons")
    refused(city, "secretary-ho", f"{path}/release", {}, says="nobody of the required role is present")
    told = city.do("ethics-lu", f"{path}/release")
    assert told["released"]
    assert told["protects_until"] > told["placed_at"]


def test_an_extension_is_another_record_with_its_own_answer(city: City) -> None:
    told = city.do("sysman-wu", "/holds", hold())
    city.custody.apply_hold(UUID(told["hold_id"]), told["seq"])
    more = {"cameras": ["cam-20"], "from": "2026-11-01T00:00:00Z"}
    longer = city.do("sysman-wu", f"/holds/{told['hold_id']}/extend", {"scope": more})
    assert longer["seq"] > told["seq"]
    assert longer["state"] == "accepted"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (
            hold(scope={"cameras": ["cam-19"], "from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"}),
            "not after",
        ),
        (hold(scope={"cameras": ["cam-99"], "from": "2026-11-02T00:00:00Z"}), "unknown camera cam-99"),
        (hold(scope={"from": "2026-11-01T00:00:00Z"}), "it holds everything, 3 segments"),
        (hold(review_by="2020-01-01T00:00:00Z"), "is past"),
        (hold(matter=" "), "doesn't say its matter"),
    ],
)
def test_a_hold_that_can_not_mean_what_its_author_wants_is_refused(
    city: City, body: dict[str, object], says: str
) -> None:
    refused(city, "sysman-wu", "/holds", body, says=says)


def test_a_hold_on_everything_is_placed_when_the_count_is_confirmed(city: City) -> None:
    body = hold(scope={"from": "2026-11-01T00:00:00Z", "to": "2026-11-01T00:00:01Z"}, confirmed_count=3)
    assert city.do("sysman-wu", "/holds", body)["state"] == "accepted"


def test_who_may_not_hold_is_told_who_may_and_it_is_an_event(city: City) -> None:
    refused(city, "officer-lin", "/holds", hold(), says="p-lin has applicant, clerk and may not place a hold")
    city.until(lambda: [e for e in city.custody.events("access.events", ActRefused) if e.act == "hold.place"])


def test_a_rescue_of_what_is_gone_is_refused(city: City) -> None:
    scope = {"cameras": ["cam-20"], "from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"}
    body = {"scope": scope, "reason": "a claim came in", "until": "2027-01-01T00:00:00Z"}
    refused(city, "sysman-wu", "/rescues", body, says="0 kept")


def test_a_rescue_ends_before_the_maximum_less_the_allowance(city: City) -> None:
    city.custody.clips.append({**city.custody.clips[0], "camera_id": "spd-1"})
    scope = {"cameras": ["spd-1"], "from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"}
    body = {"scope": scope, "reason": "a claim came in", "until": "2026-12-25T00:00:00Z"}
    refused(city, "records-reed", "/rescues", body, says="the maximum less the time")
    told = city.do("records-reed", "/rescues", body | {"until": "2026-11-28T00:00:00Z"})
    assert (told["kind"], told["state"]) == ("rescue", "accepted")


def test_f17_an_accepted_hold_survives_a_restore_of_the_database_before_it(fresh: City) -> None:
    fresh.start()
    fresh.settle()
    fresh.stop()
    database = f"{fresh.settings.database_prefix}access"
    asyncio.run(copied(fresh.settings.database, database, f"{database}_backup"))
    fresh.start()
    batch, told = uuid4(), fresh.do("sysman-wu", "/holds", hold())
    fresh.custody.command(batch)
    fresh.until(lambda: fresh.custody.events("hold.events", DeletionCleared))
    fresh.stop()
    asyncio.run(copied(fresh.settings.database, f"{database}_backup", database))
    fresh.start()
    assert fresh.see("sysman-wu", f"/holds/{told['hold_id']}")["state"] == "accepted"
    again = fresh.do("sysman-wu", "/holds", hold())
    assert str(batch) in [each["batch_id"] for each in again["in_flight"]]
    versions = [r.recorded.envelope.stream_version for r in fresh.custody.log()]
    assert versions == list(range(1, len(versions) + 1))


def _in_flight(city: City, hold_id: str, batch: UUID) -> bool:
    told = city.see("sysman-wu", f"/holds/{hold_id}")
    return str(batch) in [each["batch_id"] for each in told["in_flight"]]
