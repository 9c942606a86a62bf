"""Where a segment was filmed: custody, retention and whoever judges the log read the filed places alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.custody import facts as custody
from services.kernel.events import CameraMoved, CameraRegistered
from services.kernel.ids import EPOCH, micros
from services.kernel.scope import Covers, FootageFacts, Scope, covers
from services.kernel.simulation.filed import Filed as JudgedBy
from services.kernel.simulation.footage import BucketKey, Shot
from services.retention import facts as retention
from tests.fakes.facts import told
from tests.simulation.explorer.objects import footage
from tests.simulation.explorer.worlds import WORLDS
from tests.unit.retention.given import bucket

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CAMERA = "plaza-1"


def at_custody(moved_at: datetime) -> FootageFacts:
    filed = custody.Filed({}, {CAMERA: [(micros(EPOCH), "hall"), (micros(moved_at), "square")]}, {})
    shot = replace(footage(WORLDS["S1"], 0), camera_id=CAMERA, started_at=START, ended_at=START + MINUTE)
    return filed.of(shot)


def at_retention(moved_at: datetime) -> FootageFacts:
    return retention.Filed(places={CAMERA: [(EPOCH, "hall"), (moved_at, "square")]}).about(bucket(START), 0)


def on_the_log(moved_at: datetime) -> FootageFacts:
    filed = JudgedBy()
    for event, fields in (
        (CameraRegistered, {"area": "hall"}),
        (CameraMoved, {"area": "square", "moved_at": moved_at}),
    ):
        fact = told(event, camera_id=CAMERA, **fields).event
        assert isinstance(fact, CameraRegistered | CameraMoved)
        filed.apply(fact)
    length = [micros(START), 1, micros(START + MINUTE), 0, 0, 0]
    return filed.of(BucketKey(CAMERA, "standard", ""), Shot(*length))


@pytest.mark.parametrize("facts", [at_custody, at_retention, on_the_log])
@pytest.mark.parametrize(
    ("moved_at", "area"),
    [
        (START, "square"),
        (START + MINUTE / 2, None),
        (START + MINUTE, "hall"),
    ],
    ids=["before", "meanwhile", "after"],
)
def test_a_camera_that_was_moved_while_it_recorded_is_covered_by_the_holds_of_both_places(
    facts: object, moved_at: datetime, area: str | None
) -> None:
    assert callable(facts)
    found = facts(moved_at)
    assert found.area == area
    for place in ("hall", "square"):
        reached = covers(Scope(area=place, starts_at=EPOCH), found) is not Covers.NO
        assert reached == (area in (None, place))
