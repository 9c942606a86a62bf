"""From events on the broker to the registers over HTTP: complete, once each, and for those only who may read them."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.analytics.audit.sequencer import Sequencer
from services.analytics.bootstrap import SERVICE, app
from services.analytics.worker import LogHandler
from services.kernel.batches import SegmentKey, lines
from services.kernel.envelope import Recorded
from services.kernel.events import (
    CameraRegistered,
    CopyMade,
    CopySigned,
    DestructionStarted,
    FootageViewed,
    HoldApplied,
    HoldExtended,
    HoldPlaced,
    HoldReleased,
    OverdueFound,
    RequestClosed,
    RequestGranted,
    RequestSubmitted,
    SegmentDestroyed,
    SegmentRecorded,
    SegmentRefused,
    StepApproved,
    ViewingScheduled,
)
from services.kernel.ids import event_id
from services.kernel.scope import Scope
from services.runtime.outbox import Outbox
from tests.fakes.facts import told
from tests.integration.analytics.conftest import Bench

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
REQUEST, VIEWING, COPY, HOLD = (UUID(int=number) for number in range(1, 5))


def version(stream: str, number: int) -> dict[str, Any]:
    return {"event_id": event_id(stream, number), "stream_id": stream, "stream_version": number}


def footage(minute: int, **fields: object) -> dict[str, Any]:
    started = AT + timedelta(minutes=minute)
    return {"camera_id": "cam-1", "started_at": started, "ended_at": started + timedelta(minutes=1), **fields}


def stored(minute: int) -> Recorded:
    place = {"location": f"cam-1/{minute}.mp4", "generation": 1, "officer": "p-0001"}
    return told(SegmentRecorded, version(f"s{minute}", 1), **footage(minute, **place))


def destroyed(minute: int) -> list[Recorded]:
    receipt = footage(minute, generation=1, destroyed_by="npa.minimum p-0003", destroyed_at=AT + timedelta(days=40))
    mark = {"camera_id": "cam-1", "started_at": AT + timedelta(minutes=minute), "generation": 1}
    return [
        told(DestructionStarted, version(f"s{minute}", 2), **mark),
        told(SegmentDestroyed, version(f"s{minute}", 3), **receipt),
    ]


def main_job() -> list[Recorded]:
    """Five files: one destroyed, one without its receipt, two held, one overdue; and one request carried out."""
    return [
        told(CameraRegistered, camera_id="cam-1", kind="body_worn", agency="daan", area="", device_owner="public"),
        *map(stored, range(5)),
        *destroyed(0),
        told(
            DestructionStarted, version("s1", 2), camera_id="cam-1", started_at=AT + timedelta(minutes=1), generation=1
        ),
        told(
            HoldPlaced,
            hold_id=HOLD,
            seq=1,
            kind="hold",
            protects_until=None,
            scope=Scope(cameras=("cam-1",), starts_at=AT + timedelta(minutes=2), ends_at=AT + timedelta(minutes=4)),
        ),
        told(HoldApplied, hold_id=HOLD, seq=1),
        told(
            OverdueFound,
            outcome="overdue",
            lines=lines([SegmentKey(camera_id="cam-1", started_at=AT + timedelta(minutes=4))]),
        ),
        told(SegmentRefused, camera_id="cam-1", refusal="Truncated"),
        told(RequestSubmitted, request_id=REQUEST, requester="p-0014", kind="investigation"),
        told(StepApproved, request_id=REQUEST, step="unit_head", person="p-0002", role="unit_head"),
        told(RequestGranted, request_id=REQUEST, grant_version=1),
        told(ViewingScheduled, request_id=REQUEST, viewing_id=VIEWING, accompanied_by="p-0003"),
        told(FootageViewed, request_id=REQUEST, viewing_id=VIEWING, person="p-0014", accompanied_by="p-0003"),
        told(CopyMade, request_id=REQUEST, copy_id=COPY, copy_number="=1+1", person="p-0014"),
        told(CopySigned, request_id=REQUEST, copy_id=COPY, person="p-0014"),
        told(RequestClosed, request_id=REQUEST, outcome="fulfilled"),
    ]


def get(bench: Bench, path: str, account: str = "auditor-fong", **params: str) -> httpx.Response:
    """Ask the HTTP interface as it is wired, as one person."""

    async def asked() -> httpx.Response:
        handler = LogHandler(Sequencer(Outbox(SERVICE, bench.codec, bench.settings), bench.settings.audit_origin))
        served = app(bench.settings, bench.codec, handler)
        transport = httpx.ASGITransport(served)
        client = httpx.AsyncClient(transport=transport, base_url="http://analytics/api/v1")
        async with served.router.lifespan_context(served), client:
            return await client.get(path, params=params, headers={"Authorization": f"Bearer {account}"})

    return asyncio.run(asked())


def cells(answer: httpx.Response) -> list[Mapping[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.fixture
def told_bench(bench: Bench) -> Bench:
    """A bench that has taken in the main job, twice over: relays repeat."""
    facts = main_job()
    bench.tell([*facts, *facts])
    with bench.running("worker"):
        bench.await_rows("SELECT 1 FROM audit_entry", len(facts))
        bench.await_rows("SELECT 1 FROM access_act WHERE signed_at IS NOT NULL", 1)
    return bench


def test_the_main_job_stands_in_the_registers_and_the_statistic(told_bench: Bench) -> None:
    catalog = cells(get(told_bench, "/registers/catalog.csv", lang="en", zone="Asia/Taipei"))
    assert [row["File name"] for row in catalog] == [f"cam-1/{minute}.mp4" for minute in range(5)]
    assert catalog[0]["Recorded from"] == "2026-03-01 16:00:00+08:00"
    assert (catalog[0]["Destroyed by"], catalog[1]["Destroyed by"]) == ("npa.minimum p-0003", "")
    assert catalog[0]["Device owner"] == "public"

    (asked,) = get(told_bench, "/registers/requests").json()["rows"]
    assert (asked["outcome"], asked["requester"]) == ("fulfilled", "p-0014")
    assert asked["steps"][0].startswith("unit_head approved p-0002 unit_head")

    acts = {row["View, copy or live"]: row for row in cells(get(told_bench, "/registers/access.csv", lang="en"))}
    assert acts["view"]["Accompanied by (person id)"] == "p-0003"
    assert acts["copy"]["Copy number"] == "'=1+1"
    assert acts["copy"]["Signed by (person id)"] == "p-0014"

    total = get(told_bench, "/statistics").json()["total"]
    wanted = {"recorded": 5, "destroyed": 1, "held": 2, "overdue": 1, "receipts_missing": 1, "refused": 1}
    assert {name: total[name] for name in wanted} == wanted
    page = get(told_bench, "/statistics.html", lang="zh-Hant").text
    assert "zero broken" in page
    assert 'data-figure="held"><b>2</b>' in page


def test_a_search_finds_the_rows_in_which_each_word_stands_and_takes_every_sign_for_itself(told_bench: Bench) -> None:
    def found(register: str, search: str, **more: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = get(told_bench, f"/registers/{register}", search=search, **more).json()["rows"]
        return rows

    assert [row["file_name"] for row in found("catalog", "CAM-1/2 p-0001", camera="cam-1")] == ["cam-1/2.mp4"]
    assert found("catalog", "cam-1/2 p-0002", camera="cam-1") == []
    assert [len(found("requests", search)) for search in ("unit_head p-0002", "p_0014", "%", "\\")] == [1, 0, 0, 0]
    assert [row["copy_number"] for row in found("access", "=1+1")] == ["=1+1"]
    assert len(found("access", "  ")) == len(found("access", "")) > 1
    (row,) = cells(get(told_bench, "/registers/catalog.csv", search="cam-1/2", camera="cam-1", lang="en"))
    assert row["File name"] == "cam-1/2.mp4"


def test_a_search_of_the_whole_catalog_or_of_what_no_column_can_hold_is_refused(bench: Bench) -> None:
    wide = get(bench, "/registers/catalog", search="cam")
    assert (wide.status_code, wide.json()["refusal"]) == (httpx.codes.UNPROCESSABLE_ENTITY, "SearchTooWide")
    refused = [get(bench, "/registers/requests", search=search).status_code for search in ("a\x00b", "x" * 101)]
    assert refused == [httpx.codes.UNPROCESSABLE_ENTITY] * 2


def test_the_end_of_a_hold_is_its_newest_word_and_a_lone_extension_is_a_hold(bench: Bench) -> None:
    over, again, lone = (UUID(int=number) for number in (11, 12, 13))
    everything = Scope(starts_at=AT)
    placed, extended = {"kind": "hold", "scope": everything}, {"scope": everything}
    said: list[tuple[type, UUID, datetime | None, dict[str, Any]]] = [
        (HoldPlaced, over, None, placed),
        (HoldPlaced, over, AT, placed),
        (HoldReleased, again, AT, {}),
        (HoldPlaced, again, None, placed),
        (HoldExtended, lone, None, extended),
    ]
    for seq, (kind, hold_id, until, rest) in enumerate(said, 1):
        bench.tell([told(kind, version("protections", seq), hold_id=hold_id, seq=seq, protects_until=until, **rest)])
    with bench.running("worker"):
        bench.await_rows("SELECT 1 FROM protection_line", len(said))
    assert get(bench, "/statistics").json()["holds"]["in_force"] == len({again, lone})


def test_only_those_who_answer_for_the_system_read_registers(bench: Bench) -> None:
    assert get(bench, "/registers/catalog", account="officer-lin").status_code == httpx.codes.FORBIDDEN
    assert get(bench, "/registers/catalog.csv", account="officer-lin").status_code == httpx.codes.FORBIDDEN
    assert get(bench, "/statistics", account="officer-lin").status_code == httpx.codes.OK
    assert get(bench, "/statistics", account="nobody").status_code == httpx.codes.UNAUTHORIZED


def test_a_time_without_zone_is_refused_and_told_how_to_write_it(bench: Bench) -> None:
    refused = get(bench, "/registers/catalog", **{"from": "2026-03-01T00:00:00"})
    assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    (fault,) = refused.json()["faults"]
    assert (fault["where"], "write it as 2026-11-22T00:00:00Z" in fault["why"]) == ("query.from", True)
