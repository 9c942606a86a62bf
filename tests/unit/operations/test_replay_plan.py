"""A plan is its digest, and whoever replays can only read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

from services.cli.operations.replay.plan import Plan, Stretch, forgotten
from services.runtime.acl import grants
from services.runtime.moment import Moment

PLAN = Plan(
    service="ingest",
    tables=("camera", "gap"),
    stretches=(Stretch(topic="camera.events", partition=0, start=0, stop=7),),
    waiting=1,
)


def test_a_plan_survives_being_kept_and_keeps_its_digest() -> None:
    again = Plan.of(json.loads(json.dumps(PLAN.body())))
    assert again == PLAN
    assert again.digest() == PLAN.digest()


def test_another_record_or_another_table_is_another_plan() -> None:
    longer = replace(PLAN.stretches[0], stop=8)
    digests = {p.digest() for p in (PLAN, replace(PLAN, stretches=(longer,)), replace(PLAN, tables=("camera",)))}
    assert len(digests) == 3


def test_records_that_no_longer_exist_are_missing_and_not_counted() -> None:
    cut = replace(PLAN, stretches=(Stretch(topic="camera.events", partition=0, start=3, stop=7),))
    assert (cut.records, cut.missing) == (5, 3)


def test_the_principal_of_a_replay_reads_every_topic_and_writes_none() -> None:
    of_replay = [grant for grant in grants() if grant.principal == "camledger-replay"]
    assert {grant.operation for grant in of_replay} == {"READ", "DESCRIBE", "DESCRIBE_CONFIGS"}
    assert "camledger.hold.events.v1" in {grant.name for grant in of_replay if grant.operation == "READ"}


def moment_with(records: int, waiting: int) -> Moment:
    """A moment of an audit log with so many records; nothing here asks its database."""
    log, unasked = "audit.log", cast("Any", None)
    queue = {log: [unasked] * waiting}
    ends = {log: {0: records}}
    return Moment(tx=unasked, firsts={log: {0: 0}}, ends=ends, waiting=queue, settings=unasked, codec=unasked)


def test_a_service_whose_own_topic_has_fewer_records_than_its_tables_tell_of_is_not_made_anew() -> None:
    at = moment_with(records=2, waiting=1)
    assert forgotten({"audit.log": 3}, at) == ""
    assert "tell of more records than the log has: 4 of audit.log, where 3 are left" in forgotten({"audit.log": 4}, at)
