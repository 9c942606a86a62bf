"""The key of personal data goes when the register's term is over, not a day before; the log stays what it was (I7)."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.bootstrap import key_file
from services.access.recovery import catch_up
from services.access.vault.keys import KeyBox
from services.access.vault.shredding import shred_again, shred_due
from services.access.vault.store import Vault
from services.kernel.events import PersonalDataShredded, RequestSubmitted
from services.kernel.topics import TOPICS
from services.runtime import database
from tests.fakes.bytes_on_disk import of_database, of_the_log
from tests.fakes.printed import Printed
from tests.integration.access.clockwork import desk_at, instant, with_engine
from tests.integration.access.conftest import City
from tests.integration.access.test_requests import DAAN_CHAIN, daan, signed

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


# One in every field of a form that may name a person, those that no form asks for among them.
CANARIES = {
    name: f"canary-{name}-7f3a91"
    for name in ("name", "telephone", "address", "email", "id_number", "nickname", "employer")
}


def carried_out(city: City) -> dict[str, Any]:
    """A request with a canary in every personal field, walked to grant, copy and signature, refusals on its way."""
    body = daan("copy")
    body["requester"] = {"class": "internal", "unit": "household office", **CANARIES}
    request_id = signed(city, body, DAAN_CHAIN)["request_id"]
    copies = city.do("officer-lin", f"/requests/{request_id}/copies")["copies"]
    assert city.call("agency-novak", "POST", f"/requests/{request_id}/copies", {}).status_code == 403
    for copy in copies:
        city.do("officer-lin", f"/copies/{copy['copy_id']}/sign")
    result = {"act": "copy", "cameras": ["cam-19"], "from": "2026-11-01T08:00:00Z", "to": "2026-11-01T08:25:00Z"}
    for who, role in (("sysman-wu", "system_manager"), ("ethics-lu", "ethics_office")):
        city.do(who, f"/requests/{request_id}/result", result | {"role": role})
    return dict(city.do("sysman-wu", f"/requests/{request_id}/close"))


async def sealed(dsn: str, key_id: str) -> list[bytes]:
    """The wrapped key and the ciphertexts of one request, as the vault stores them now."""
    connection = await asyncpg.connect(dsn)
    try:
        fields = await connection.fetch("SELECT sealed FROM personal_field WHERE key_id = $1", UUID(key_id))
        key = await connection.fetchval("SELECT wrapped FROM personal_key WHERE key_id = $1", UUID(key_id))
    finally:
        await connection.close()
    return [*([key] if key else []), *(row["sealed"] for row in fields if row["sealed"])]


def reference(city: City, request_id: str) -> str:
    (event,) = city.told("request.events", RequestSubmitted, lambda e: str(e.request_id) == request_id)
    return event.personal_ref


def test_no_canary_is_left_in_any_byte_once_its_key_is_destroyed(city: City) -> None:
    told = carried_out(city)
    path, dsn = f"/requests/{told['request_id']}", database.dsn(city.settings, "vault")
    key_id = reference(city, told["request_id"])
    ciphertexts = asyncio.run(sealed(dsn, key_id))
    shown = str(city.see("officer-lin", path)["personal"])
    form = Printed(city.call("officer-lin", "GET", f"{path}/form.pdf").content).text(0)
    log, access, vault = (
        of_the_log(city.settings),
        of_database(city.settings, "access"),
        of_database(city.settings, "vault"),
    )
    # It is where it may be: on the applicant's page, on his form, and sealed in the vault's own files.
    assert all(canary in shown for canary in CANARIES.values())
    assert CANARIES["name"] in form
    assert len(ciphertexts) == len(CANARIES) + 1
    assert all(each in vault for each in ciphertexts)
    # And nowhere else, even now; the search finds what does stand in clear.
    assert all(each.encode() in log and each.encode() in access for each in (PUBLIC, key_id))
    assert canaries_in(log + access + vault + written_by(city)) == []
    records = log_of(city)
    shred_at(city, instant(told["register_until"]))
    city.until(lambda: shredded(city, told["request_id"]))
    vault = of_database(city.settings, "vault")
    assert not any(each in vault for each in ciphertexts)
    again = Printed(city.call("officer-lin", "GET", f"{path}/form.pdf").content).text(0).encode()
    exported = again + city.call("officer-lin", "GET", path).content
    assert canaries_in(of_the_log(city.settings) + vault + written_by(city) + exported) == []
    assert records.items() < log_of(city).items()


async def restored(dsn: str, key_id: str, backup: list[bytes]) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("UPDATE personal_key SET wrapped = $2 WHERE key_id = $1", UUID(key_id), backup[0])
    finally:
        await connection.close()


def test_a_key_that_an_old_backup_brought_back_is_destroyed_again(city: City) -> None:
    told = withdrawn(city)
    key_id, dsn = reference(city, told["request_id"]), database.dsn(city.settings, "vault")
    backup = asyncio.run(sealed(dsn, key_id))
    shred_at(city, instant(told["register_until"]))
    assert asyncio.run(sealed(dsn, key_id)) == []
    asyncio.run(restored(dsn, key_id, backup))
    assert asyncio.run(sealed(dsn, key_id)) == backup[:1]

    async def again(engine: AsyncEngine) -> list[UUID]:
        kept = database.engine(city.settings, "vault")
        try:
            vault = Vault(kept, KeyBox.from_file(key_file(city.settings)))
            return await shred_again(engine, desk_at(city, instant(told["register_until"])), vault)
        finally:
            await kept.dispose()

    assert with_engine(city, again) == [UUID(key_id)]
    assert asyncio.run(sealed(dsn, key_id)) == []
    assert with_engine(city, again) == []


def test_access_refuses_to_start_over_a_vault_without_its_key_and_makes_none(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    withdrawn(city)
    path, log = key_file(city.settings), city.settings.home / "all.log"
    kept = path.read_bytes()
    city.stop()
    path.unlink()
    assert refused_over(city, log) == f"{path} is missing, and the vault holds keys that only it opens"
    assert not path.exists()
    assert refused_over(city, log, bytes(32)).startswith(f"{path} is another key than the one that wrapped key ")
    path.unlink()
    # The same key where a setting names it: access starts and makes no second one in the home folder.
    named = city.settings.home / "mounted.key"
    monkeypatch.setitem(city.environment, "CAMLEDGER_VAULT_KEY_FILE", str(named))
    put(named, kept)
    city.start()
    assert not path.exists()
    put(path, kept)


def refused_over(city: City, log: Path, key: bytes = b"") -> str:
    """Start access over its vault, with this key file; return what it says as it ends."""
    if key:
        put(key_file(city.settings), key)
    with pytest.raises(AssertionError, match=r"vault\.refused"):
        city.start()
    city.close()
    line = next(line for line in reversed(log.read_text().splitlines()) if "vault.refused" in line)
    return str(json.loads(line)["reason"]).partition(":")[0]


def put(path: Path, key: bytes) -> None:
    path.touch(0o600)
    path.write_bytes(key)


def canaries_in(everything: bytes) -> list[str]:
    return [name for name, canary in CANARIES.items() if canary.encode() in everything]


def written_by(city: City) -> bytes:
    """Whatever the service wrote to a file of its own: its log, copies, packs."""
    return b"".join(path.read_bytes() for path in city.settings.home.rglob("*") if path.is_file())


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
