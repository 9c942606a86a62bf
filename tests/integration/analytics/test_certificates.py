"""Certificates on a real broker and database: composed from events, proved by the tree, refused for what exists."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from jsonschema import Draft202012Validator

from services.analytics.audit.sequencer import Sequencer
from services.analytics.bootstrap import SERVICE, app
from services.analytics.certificates.texts import TEXTS
from services.analytics.worker import LogHandler
from services.kernel.batches import SegmentKey, lines
from services.kernel.certificate import canonical, sealed, verify
from services.kernel.envelope import Recorded
from services.kernel.events import DestructionStarted, HoldApplied, HoldPlaced, RequestSubmitted, SegmentDestroyed
from services.kernel.ids import PROTECTION_LOG, event_id
from services.kernel.said_again import NO_BATCH
from services.kernel.scope import Scope
from services.kernel.simulation import TOPICS_READ
from services.runtime.log_folder import export, records
from services.runtime.outbox import Outbox
from services.runtime.settings import REPOSITORY
from tests.fakes.destruction import (
    BATCH,
    CAMERA,
    DAY,
    HOLD,
    MINUTE,
    PACK,
    T0,
    destroyed,
    marked_at,
    protections,
    recording,
    registered,
    started,
)
from tests.fakes.facts import told
from tests.fakes.printed import Printed
from tests.integration.analytics.conftest import Bench, until

REQUEST = event_id("request", 1)
HOLD_TWO = event_id("hold", 2)
SCHEMA = REPOSITORY / "schemas" / "certificate" / "deletion-certificate.schema.json"


def history() -> list[Recorded]:
    scope = Scope(cameras=(CAMERA,), starts_at=T0, ends_at=T0 + 10 * MINUTE)
    asked = told(RequestSubmitted, {"recorded_at": T0 + DAY}, request_id=REQUEST, scope=scope)
    held = told(
        HoldPlaced,
        {"stream_id": PROTECTION_LOG, "stream_version": 5, "event_id": event_id(PROTECTION_LOG, 5)},
        hold_id=HOLD_TWO,
        seq=5,
        kind="hold",
        scope=Scope(cameras=(CAMERA,), starts_at=started(3), ends_at=started(4)),
        protects_until=None,
    )
    return [registered(), *protections(), held, *destroyed(0), *destroyed(1), recording(2), recording(3), asked]


def said_again(minute: int, answered: int = 5) -> list[Recorded]:
    """A segment whose mark a restore forgot: the answer to the hold at ``answered`` alone told of it (F9)."""
    recording_, mark, receipt = destroyed(minute)
    assert isinstance(mark.event, DestructionStarted)
    assert isinstance(receipt.event, SegmentDestroyed)
    at = mark.envelope.recorded_at
    again = replace(mark.event, batch_id=NO_BATCH, mark_seq=0, destroyable_from=at, rule_ids=())
    envelope = replace(mark.envelope, policy_version="", causation_id="")
    key = SegmentKey(camera_id=CAMERA, started_at=started(minute))
    stream = f"hold/{HOLD_TWO}/answer"
    answer = told(
        HoldApplied,
        {"stream_id": stream, "stream_version": 1, "event_id": event_id(stream, 1), "recorded_at": marked_at()},
        hold_id=HOLD_TWO,
        seq=answered,
        secured=(),
        destroying=lines([key]),
        gone=(),
    )
    forgotten = [
        Recorded(envelope=envelope, event=again),
        replace(receipt, event=replace(receipt.event, batch_id=NO_BATCH)),
    ]
    return [recording_, answer, *forgotten]


def restored() -> list[Recorded]:
    """The second hold covers what the answer to it called being destroyed."""
    *_, held = (fact for fact in history() if isinstance(fact.event, HoldPlaced))
    assert isinstance(held.event, HoldPlaced)
    scope = Scope(cameras=(CAMERA,), starts_at=started(1), ends_at=started(2))
    return [registered(), *protections(), replace(held, event=replace(held.event, scope=scope)), *said_again(1)]


def held_against(bench: Bench, facts: list[Recorded], home: Path) -> Response:
    """What is answered to who asks for the certificate of the second segment."""
    bench.tell(facts)
    with bench.running("worker"):
        bench.await_rows("SELECT 1 FROM audit_entry", len(facts))
    return ask(serving(bench, home), segment(1))


def test_a_mark_said_again_after_a_restore_is_certified_by_the_answer_that_told_of_it(
    bench: Bench, tmp_path: Path
) -> None:
    answer = held_against(bench, restored(), tmp_path)
    assert answer.status_code == 200, answer.text
    found = verify(answer.content, packs={PACK.digest: PACK})
    assert found.faults == ()
    document = answer.json()
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)
    (one,) = document["segments"]
    assert one["mark"] | {"at": ""} == {"at": "", "batch_id": str(NO_BATCH), "seq": 4, "cleared_seq": 4}
    assert one["events"]["cleared"] == str(event_id(PROTECTION_LOG, 4))
    assert one["events"]["answered"] == str(event_id(f"hold/{HOLD_TWO}/answer", 1))
    assert (one["policy"]["reference"], one["policy"]["rules"]) == (PACK.reference, ["retention.min90"])
    assert [each["hold_id"] for each in one["protections"]] == [str(HOLD)]  # the second came after the mark
    for part, forged in (("mark", {"seq": 5}), ("events", {"answered": one["events"]["cleared"]})):
        segments = [one | {part: one[part] | forged}]
        assert verify(canonical(sealed({**document, "segments": segments}))).faults


def test_a_mark_said_again_that_no_clearance_before_the_answer_names_is_not_certified(
    bench: Bench, tmp_path: Path
) -> None:
    facts = [*restored()[:-4], *said_again(1, answered=4)]
    answer = held_against(bench, facts, tmp_path)
    assert (answer.status_code, answer.json()["refusal"]) == (409, "NotProvenYet")


@pytest.fixture
def told_bench(bench: Bench) -> Bench:
    """A camera with two segments destroyed, one kept, one held, and a request that asked for all of them."""
    bench.tell(history())
    with bench.running("worker"):
        bench.await_rows("SELECT 1 FROM audit_entry", len(history()))
    return bench


@pytest.fixture
def served(told_bench: Bench, tmp_path: Path) -> FastAPI:
    return serving(told_bench, tmp_path)


def serving(bench: Bench, home: Path) -> FastAPI:
    """The service as it answers, with packs kept in ``home``."""
    settings = bench.settings.model_copy(update={"home": home, "agency": "daan-hro"})
    handler = LogHandler(Sequencer(Outbox(SERVICE, bench.codec, settings), settings.audit_origin))
    return app(settings, bench.codec, handler)


def ask(served: FastAPI, path: str, who: str = "auditor-fong") -> Response:
    async def asked() -> Response:
        headers = {"authorization": f"Bearer {who}"}
        async with (
            served.router.lifespan_context(served),
            AsyncClient(transport=ASGITransport(app=served), base_url="http://analytics", headers=headers) as client,
        ):
            return await client.get(f"/api/v1/certificates/{path}")

    return asyncio.run(asked())


def segment(minute: int) -> str:
    return f"segments/{CAMERA}/{started(minute):%Y-%m-%dT%H:%M:%SZ}"


def test_a_segment_s_certificate_is_proved_by_the_log_and_by_the_policy_s_own_files(served: FastAPI) -> None:
    answer = ask(served, segment(0))
    assert answer.status_code == 200, answer.text
    found = verify(answer.content, packs={PACK.digest: PACK})
    assert found.faults == ()
    document = answer.json()
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)
    (one,) = document["segments"]
    assert (one["mark"]["batch_id"], one["destroyed"]["place"]) == (str(BATCH), "machine room 2")
    assert one["destroyed"]["answers"][0]["store"] == "main"
    assert [(each["hold_id"], each["covers"]) for each in one["protections"]] == [(str(HOLD), "yes")]
    assert one["minimum"]


def test_an_hour_certifies_what_went_and_lists_what_is_kept_and_why(served: FastAPI) -> None:
    document: dict[str, Any] = ask(served, f"hours/{CAMERA}/{T0:%Y-%m-%dT%H:%M:%SZ}").json()
    assert [each["started_at"][14:16] for each in document["segments"]] == ["00", "01"]
    assert [(each["started_at"][14:16], each["why"]) for each in document["kept"]] == [("02", "kept"), ("03", "held")]
    assert document["kept"][1]["protections"] == [str(HOLD_TWO)]


def test_a_request_s_certificate_holds_what_it_asked_for(served: FastAPI) -> None:
    answer = ask(served, f"requests/{REQUEST}")
    assert verify(answer.content).valid
    assert (len(answer.json()["segments"]), len(answer.json()["kept"])) == (2, 2)


@pytest.mark.parametrize(
    ("path", "status", "refusal"),
    [
        (segment(2), 409, "NotDestroyed"),
        (segment(3), 409, "Held"),
        (segment(9), 404, "NotKnown"),
        (f"segments/{CAMERA}/{started(0):%Y-%m-%dT%H:%M:%SZ}?generation=2", 404, "NotKnown"),
        (f"hours/cam-none/{T0:%Y-%m-%dT%H:%M:%SZ}", 404, "NotKnown"),
        (f"hours/{CAMERA}/{started(1):%Y-%m-%dT%H:%M:%SZ}", 422, "NoWholeHour"),
        (f"requests/{BATCH}", 404, "NotKnown"),
    ],
)
def test_what_exists_or_never_did_is_not_certified(served: FastAPI, path: str, status: int, refusal: str) -> None:
    answer = ask(served, path)
    assert (answer.status_code, answer.json()["refusal"]) == (status, refusal)
    assert answer.json()["remedy"]


def test_a_held_segment_s_refusal_names_its_hold(served: FastAPI) -> None:
    assert str(HOLD_TWO) in ask(served, segment(3)).json()["detail"]


def test_who_may_not_read_registers_gets_no_certificate(served: FastAPI) -> None:
    assert ask(served, segment(0), "officer-lin").status_code == 403


def test_the_command_line_fetches_one_checks_it_and_says_why_there_is_none(told_bench: Bench, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    known = {"services": {"analytics": f"http://127.0.0.1:{port}"}, "people": {"auditor-fong": "auditor-fong"}}
    (tmp_path / "client.json").write_text(json.dumps(known))
    served = replace(told_bench, settings=told_bench.settings.model_copy(update={"http_port": port, "home": tmp_path}))
    file, start = tmp_path / "c.json", f"{started(0):%Y-%m-%dT%H:%M:%SZ}"
    with served.running("http"):
        until(lambda: camledger(tmp_path, "certificate", CAMERA, start, "--out", str(file)).returncode == 0, "a file")
        refused = camledger(tmp_path, "certificate", CAMERA, f"{started(3):%Y-%m-%dT%H:%M:%SZ}")
    assert (refused.returncode, str(HOLD_TWO) in refused.stderr) == (1, True)
    assert camledger(tmp_path, "verify", str(file)).returncode == 0


def camledger(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    known = os.environ | {"CAMLEDGER_HOME": str(home), "COLUMNS": "200"}
    command = [sys.executable, "-m", "services.cli", "deletion", *words]
    return subprocess.run(command, env=known, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_an_exported_log_holds_the_broker_s_records_byte_for_byte(told_bench: Bench, tmp_path: Path) -> None:
    codec = told_bench.codec
    written = export(told_bench.settings, codec, TOPICS_READ, tmp_path / "log")
    assert (written["hold.events"], written["segment.events"], written["shift.events"]) == (5, 8, 0)
    events = {fact.envelope.event_id for topic in TOPICS_READ for fact in records(tmp_path / "log", topic, codec)}
    assert events == {fact.envelope.event_id for fact in history() if not isinstance(fact.event, RequestSubmitted)}


@pytest.mark.parametrize("lang", ["en", "zh-Hant"])
def test_the_printed_page_says_what_was_destroyed_and_has_the_file_inside(served: FastAPI, lang: str) -> None:
    answer = ask(served, f"{segment(0)}?format=pdf&lang={lang}")
    if answer.status_code == 503:
        assert "apt-get install fontconfig fonts-noto-cjk" in answer.json()["remedy"]
        pytest.skip("this machine has no fonts to print with")
    printed = Printed(answer.content)
    (inside,) = printed.attached
    found = verify(inside, packs={PACK.digest: PACK})
    assert found.valid, found.faults
    read = "".join("".join(printed.text(page) for page in range(printed.pages)).split())
    sealed = json.loads(inside)
    for said in (
        TEXTS[lang]["title"],
        CAMERA,
        sealed["segments"][0]["sha256"],
        sealed["digest"],
        sealed["log"]["root"],
    ):
        assert "".join(said.split()) in read
