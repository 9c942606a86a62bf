"""The key of personal data goes when the register's term is over, not a day before; the log stays what it was (I7)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.bootstrap import key_file
from services.access.recovery import catch_up
from services.access.vault.keys import KeyBox
from services.access.vault.shredding import shred_due
from services.access.vault.store import Vault
from services.kernel.events import PersonalDataShredded
from services.kernel.topics import TOPICS
from services.runtime import database
from tests.fakes.printed import Printed
from tests.integration.access.clockwork import desk_at, instant, with_engine
from tests.integration.access.conftest import City
from tests.integration.access.test_requests import daan

NAME, TELEPHONE = "Kanarienvogel Mei-ling", "02-555-0199"
PUBLIC = "a theft at the counter"
OWN = [t.name for t in TOPICS if t.writer == "access" and not t.name.startswith("dead-letter")]


def withdrawn(city: City) -> dict[str, Any]:
    body = daan()
    body["requester"] = {"class": "internal", "name": NAME, "unit": "household office", "telephone": TELEPHONE}
    request_id = city.do("officer-lin", "/requests", body)["request_id"]
    return dict(city.do("officer-lin", f"/requests/{request_id}/withdraw"))


def shred_at(city: City, now: datetime) -> list[UUID]:
    async def work(engine: AsyncEngine) -> list[UUID]:
        kept = database.engine(city.settings, "vault")
        try:
            return await shred_due(engine, desk_at(city, now), Vault(kept, KeyBox.from_file(key_file(city.settings))))
        finally:
            await kept.dispose()

    return with_engine(city, work)


def shredded(city: City, request_id: str) -> list[PersonalDataShredded]:
    found = city.custody.events("access.events", PersonalDataShredded)
    return [event for event in found if str(event.request_id) == request_id]


def log_of(city: City) -> dict[tuple[str, int, int], bytes]:
    return {(topic, r.partition, r.offset): r.raw for topic in OWN for r in city.custody.log(topic)}


async def every_value(dsn: str) -> bytes:
    """All that a database holds, value by value: what a thief of its files could read."""
    connection = await asyncpg.connect(dsn)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        rows = [row for t in tables for row in await connection.fetch(f'SELECT * FROM "{t["tablename"]}"')]
    finally:
        await connection.close()
    values = [value for row in rows for value in row.values()]
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)


def stored(city: City, name: str) -> bytes:
    return asyncio.run(every_value(database.dsn(city.settings, name)))


def test_the_key_stays_until_the_registers_term_is_over(city: City) -> None:
    told = withdrawn(city)
    until = instant(told["register_until"])
    assert UUID(told["request_id"]) not in shred_at(city, until - timedelta(seconds=1))
    assert city.see("officer-lin", f"/requests/{told['request_id']}")["personal"]["requester.name"] == f'"{NAME}"'


def test_a_form_printed_after_the_term_says_that_its_names_are_destroyed(city: City) -> None:
    told = withdrawn(city)
    path = f"/requests/{told['request_id']}/form.pdf"
    before = Printed(city.call("officer-lin", "GET", path).content).text(0)
    shred_at(city, instant(told["register_until"]) + timedelta(seconds=1))
    after = Printed(city.call("officer-lin", "GET", path).content).text(0)
    assert (NAME in before, TELEPHONE in before) == (True, True)
    assert (NAME in after, TELEPHONE in after, after.count("（個人資料已銷毀）")) == (False, False, 2)


def test_after_the_term_the_key_is_gone_for_ever_and_the_log_says_so_once(city: City) -> None:
    told = withdrawn(city)
    until = instant(told["register_until"])
    assert until > instant(told["submitted_at"]) + timedelta(days=3 * 365)
    assert UUID(told["request_id"]) in shred_at(city, until)
    assert UUID(told["request_id"]) not in shred_at(city, until + timedelta(days=1))
    (event,) = city.until(lambda: shredded(city, told["request_id"]))
    assert (len(event.key_digest), event.fields) == (64, 2)
    assert city.see("officer-lin", f"/requests/{told['request_id']}")["personal"] == "destroyed"


def test_no_byte_that_the_log_or_a_database_ever_held_names_the_applicant(city: City) -> None:
    told = withdrawn(city)
    before = log_of(city)
    shred_at(city, instant(told["register_until"]))
    city.until(lambda: shredded(city, told["request_id"]))
    after = log_of(city)
    kept = b"".join(after.values()) + stored(city, "access")
    everything = kept + stored(city, "vault") + (city.settings.home / "all.log").read_bytes()
    # The search itself can find something: what isn't personal stands on the log in clear.
    assert PUBLIC.encode() in kept
    for named in (NAME, TELEPHONE, "Kanarienvogel"):
        assert named.encode() not in everything
    assert before.items() < after.items()


def test_the_log_still_verifies_after_a_key_was_destroyed(city: City) -> None:
    told = withdrawn(city)
    shred_at(city, instant(told["register_until"]))
    city.until(lambda: shredded(city, told["request_id"]))
    # A0 compares every record of our own topics with our database, byte for byte, and finds nothing new or other.
    found = with_engine(city, lambda engine: catch_up(engine, city.settings, city.custody.codec))
    assert found == 0


def test_nobody_shreds_before_the_term_whatever_his_role(city: City) -> None:
    told = withdrawn(city)
    path = f"/requests/{told['request_id']}/shred"
    assert "custodian, records_unit, system_manager" in city.call("officer-lin", "POST", path).json()["remedy"]
    answer = city.call("sysman-wu", "POST", path)
    assert (answer.status_code, answer.json()["refusal"]) == (403, "RegisterTermRuns")
    assert (answer.json()["rule"], answer.json()["clauses"]) == ("register.forms", ["DAAN-10"])
    assert told["register_until"] in answer.json()["remedy"]


def test_an_open_request_is_not_shredded(city: City) -> None:
    request_id = city.do("officer-lin", "/requests", daan())["request_id"]
    answer = city.call("sysman-wu", "POST", f"/requests/{request_id}/shred")
    assert (answer.status_code, answer.json()["rule"]) == (422, "register.term")


def test_a_refused_try_lengthens_no_term(city: City) -> None:
    told = withdrawn(city)
    agreed = {"agreed_time": "2026-11-22T09:00:00Z"}
    assert city.call("officer-lin", "POST", f"/requests/{told['request_id']}/viewings", agreed).status_code == 403
    assert city.see("officer-lin", f"/requests/{told['request_id']}")["register_until"] == told["register_until"]
