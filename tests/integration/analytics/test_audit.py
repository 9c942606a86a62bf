"""The audit log on a real broker: dense, once each, proved by its bytes alone; and tables rebuilt from topics."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import get_args

import pytest

from services.analytics.audit.own_log import LogDiffers, recall
from services.analytics.bootstrap import SERVICE
from services.analytics.rebuild import PROJECTION, TABLES, rebuild
from services.kernel.events import AuditEntry, SegmentRecorded, ServiceEvent
from services.kernel.ids import event_id
from services.kernel.merkle import includes, inclusion_path, leaf_hash, root_of
from services.kernel.topics import TOPICS
from services.runtime import database, migrate
from services.runtime.digests import Digest
from services.runtime.kafka_read import TopicMissing, read_to_end
from services.runtime.received import Received, Spoiled
from services.runtime.schemas.examples import example
from tests.fakes.digested import digested
from tests.fakes.facts import told
from tests.integration.analytics.conftest import Bench, until
from tests.integration.analytics.test_registers import get

EVERY_EVENT = [
    example(event, topic.name)
    for topic in TOPICS
    if topic.writer != SERVICE
    for event in topic.events
    if event not in get_args(ServiceEvent)  # these stand on several topics
]
HEAD = "SELECT size, root FROM audit_log"


def read(bench: Bench, topic: str) -> Iterable[Received | Spoiled]:
    return read_to_end(bench.settings, topic, bench.codec)


def published(bench: Bench) -> list[AuditEntry]:
    try:
        found = [record.recorded.event for record in read(bench, "audit.log") if isinstance(record, Received)]
    except TopicMissing:
        return []
    return [event for event in found if isinstance(event, AuditEntry)]


@pytest.fixture
def sealed(bench: Bench) -> Bench:
    """A bench that has taken in one event of every type, told twice, and has published its audit log."""
    bench.tell([*EVERY_EVENT, *EVERY_EVENT])
    with bench.running("worker", "relay"):
        until(lambda: len(published(bench)) >= len(EVERY_EVENT), "an entry for each event")
        until(lambda: not bench.ask("SELECT 1 FROM outbox"), "an empty outbox")
    return bench


def test_each_event_has_one_entry_and_the_topic_alone_proves_them_all(sealed: Bench) -> None:
    entries = published(sealed)
    assert [entry.index for entry in entries] == list(range(len(EVERY_EVENT)))
    assert {entry.subject_event_id for entry in entries} == {fact.envelope.event_id for fact in EVERY_EVENT}
    leaves = [leaf_hash(entry.entry) for entry in entries]
    ((size, root),) = sealed.ask(HEAD)
    assert (size, root) == (len(leaves), root_of(leaves))
    path = inclusion_path(leaves, 7)
    assert includes(leaf=leaves[7], index=7, size=size, path=path, root=root)


@pytest.mark.parametrize("size", [1, 5, 8])
def test_proofs_lead_to_the_root_of_as_many_entries_as_are_asked_for(sealed: Bench, size: int) -> None:
    leaves = [leaf_hash(entry.entry) for entry in published(sealed)]
    events = {at: str(published(sealed)[at].subject_event_id) for at in (0, 7)}
    answers = [get(sealed, "/audit/proofs", event=event, size=str(size)).json() for event in events.values()]
    assert [(answer["size"], answer["root"]) for answer in answers] == [(size, root_of(leaves[:size]).hex())] * 2
    proved = [(entry["index"], entry["path"]) for answer in answers for entry in answer["entries"]]
    assert proved == [(at, [one.hex() for one in inclusion_path(leaves[:size], at)]) for at in events if at < size]
    assert [answer["absent"] for answer in answers] == [[] if at < size else [event] for at, event in events.items()]


def test_entries_carry_cloudevents_headers_and_the_origin_as_key(sealed: Bench) -> None:
    record = next(iter(read(sealed, "audit.log")))
    assert record.key == "example.gov/audit"
    assert record.headers["ce_specversion"] == "1.0"
    assert record.headers["ce_type"].endswith(".AuditEntry")
    assert record.headers["ce_id"] == str(event_id("audit/example.gov/audit", 1))
    assert record.headers["ce_dataschema"].startswith("/schemas/")


def test_tables_rebuilt_from_the_topics_have_equal_digests(sealed: Bench) -> None:
    async def both() -> tuple[dict[str, Digest], dict[str, Digest]]:
        engine = database.engine(sealed.settings, SERVICE)
        try:
            await rebuild(engine, "shadow", lambda topic: read(sealed, topic))
            names = [name for name, kind in TABLES.items() if kind == PROJECTION]
            return await digested(engine, names), await digested(engine, names, "shadow")
        finally:
            await engine.dispose()

    lived, rebuilt = asyncio.run(both())
    assert lived == rebuilt
    assert all(found.rows for found in lived.values()), "a table that no event fills proves nothing"


def test_a_later_event_extends_the_tree_and_keeps_its_past(sealed: Bench) -> None:
    before = published(sealed)
    later = {"event_id": event_id("later", 1), "stream_id": "later"}
    sealed.tell([told(SegmentRecorded, later, camera_id="cam-9")])
    with sealed.running("worker", "relay"):
        until(lambda: len(published(sealed)) > len(before), "one more entry")
    assert published(sealed)[: len(before)] == before


def test_a_database_that_comes_back_empty_gives_no_index_to_another_entry(sealed: Bench) -> None:
    before = sealed.ask(HEAD)
    sealed.do("DELETE FROM audit_entry")
    sealed.do("DELETE FROM audit_log")
    sealed.do("DELETE FROM consumer_offset")
    assert asyncio.run(recall(sealed.settings, sealed.codec)) == len(EVERY_EVENT)
    later = {"event_id": event_id("after the restore", 1), "stream_id": "after the restore"}
    sealed.tell([told(SegmentRecorded, later, camera_id="cam-9")])
    with sealed.running("worker"):
        sealed.await_rows("SELECT 1 FROM audit_entry", len(EVERY_EVENT) + 1)
    leaves = [leaf for (leaf,) in sealed.ask('SELECT leaf FROM audit_entry ORDER BY "index"')]
    assert [(len(leaves) - 1, root_of(leaves[:-1]))] == before
    sealed.do("UPDATE audit_entry SET leaf = set_byte(leaf, 0, get_byte(leaf, 0) # 1) WHERE index = 3")
    sealed.do("DELETE FROM consumer_offset WHERE consumer = 'analytics.own'")
    with pytest.raises(LogDiffers, match="entry 3 stands otherwise"):
        asyncio.run(recall(sealed.settings, sealed.codec))


def test_migrations_and_models_agree(bench: Bench) -> None:
    assert migrate.drift(bench.settings, SERVICE) == []
