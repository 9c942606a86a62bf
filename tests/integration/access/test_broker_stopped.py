"""The broker is really gone: nothing is opened, holds are received and not promised, and both come right afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from services.kernel.events import AccessRefused
from services.runtime.embedded import Stack
from tests.conftest import Addresses
from tests.fakes.custody import CLIP
from tests.integration.access.conftest import City, build, tear_down
from tests.integration.access.test_holds import hold
from tests.integration.access.test_viewings import fetch, viewing

ROLES = ("http", "relay", "worker")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Stack]:
    """A broker and a database of one's own, to be killed."""
    with Stack(tmp_path / "stack") as stack:
        yield stack


@pytest.fixture
def lonely(own: Stack, tmp_path: Path) -> Iterator[City]:
    home = tmp_path / "city"
    home.mkdir()
    city = build(Addresses(bootstrap_servers=own.bootstrap_servers, dsn=own.dsn), home)
    try:
        for role in ROLES:
            city.start(role)
        city.settle()
        yield city
    finally:
        tear_down(city)


def test_without_a_broker_no_byte_is_asked_of_custody_and_a_hold_is_only_received(lonely: City, own: Stack) -> None:
    request_id, viewing_id = viewing(lonely)
    own.kafka.kill()
    answer = fetch(lonely, viewing_id)
    assert (answer.status_code, answer.json()["refusal"]) == (503, "LogNotWritable")
    assert lonely.custody.asked == []
    told = lonely.call("sysman-wu", "POST", "/holds", hold())
    assert (told.status_code, told.json()["state"]) == (202, "received")
    own.kafka.start()
    own.kafka.wait_ready()
    lonely.keep_running()
    held = told.json()["hold_id"]
    lonely.until(lambda: lonely.see("sysman-wu", f"/holds/{held}")["state"] == "accepted", within_s=90)
    lonely.custody.apply_hold(UUID(held), told.json()["seq"])
    lonely.until(lambda: lonely.see("sysman-wu", f"/holds/{held}")["state"] == "effective", within_s=90)
    refusals = lonely.until(lambda: lonely.custody.events("access.events", AccessRefused), within_s=60)
    assert [(each.request_id, each.refusal) for each in refusals] == [(request_id, "LogNotWritable")]
    assert fetch(lonely, viewing_id).content == CLIP
