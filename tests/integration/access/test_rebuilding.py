"""Dropping the tables loses nothing: the log gives them back with equal digests; the vault is not among them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

from services.access import rebuild as rebuilding
from services.access.vault.keys import KeyBox
from services.access.vault.personal import Personal
from services.access.vault.store import Shredded, Vault
from services.kernel.events import HoldExtended, HoldPlaced, ProtectionParked
from services.runtime import database, kafka_read, migrate
from services.runtime.digests import Digest
from tests.fakes.digested import digested
from tests.integration.access.conftest import City
from tests.integration.access.test_holds import hold
from tests.integration.access.test_requests import DAAN_CHAIN, daan, signed

EVENT = UUID(int=8)
PROJECTED = [name for name, kind in rebuilding.TABLES.items() if kind == "projection"]


def test_a_rebuild_from_the_topics_gives_equal_digests(city: City) -> None:
    hold = signed(city, daan("preserve", "preservation"), DAAN_CHAIN)["hold"]
    signed(city, daan(), DAAN_CHAIN, until="secretary")
    city.custody.apply_hold(UUID(hold["hold_id"]), hold["seq"])
    city.until(lambda: city.see("sysman-wu", f"/holds/{hold['hold_id']}")["state"] == "effective")
    live, rebuilt = asyncio.run(both(city))
    assert live == rebuilt
    assert len(set(live.values())) > len(live) // 2  # not all empty


def test_a_hold_that_was_written_again_stands_on_the_log_whole_and_is_rebuilt_equal(city: City) -> None:
    path = f"/holds/{city.do('sysman-wu', '/holds', hold())['hold_id']}"
    city.do("sysman-wu", f"{path}/extend", {"scope": {"cameras": ["cam-20"], "from": "2026-11-01T00:00:00Z"}})
    assert city.call("sysman-wu", "POST", f"{path}/write-again").status_code == 422
    park(city, path.removeprefix("/holds/"))
    city.until(lambda: city.see("sysman-wu", path)["parked"])
    assert city.call("officer-lin", "POST", f"{path}/write-again").status_code == 403
    told = city.do("sysman-wu", f"{path}/write-again")
    assert (told["state"], [scope["cameras"] for scope in told["scopes"]]) == ("parked", [["cam-19"], ["cam-20"]])
    written = [e for r in city.custody.log() if str(getattr(e := r.recorded.event, "hold_id", "")) == told["hold_id"]]
    assert [type(event) for event in written] == [HoldPlaced, HoldExtended] * 2
    live, rebuilt = asyncio.run(both(city))
    assert live == rebuilt


def park(city: City, hold_id: str) -> None:
    """Custody says that it couldn't read a record of this hold."""
    event = ProtectionParked(parked_id="hold.events/0/7", hold_id=hold_id, offset=7, everywhere=False, error="no Avro")
    city.custody.write("parked/hold.events/0/7", event, hold_id)


def test_the_migrations_give_what_the_models_say(city: City) -> None:
    assert migrate.drift(city.settings, "access") == []
    assert migrate.drift(city.settings, "vault", package="services.access.vault") == []


def test_a_shredded_key_leaves_bytes_that_nobody_can_read(city: City, tmp_path: Path) -> None:
    shown, gone, after = asyncio.run(kept_and_shredded(city, tmp_path))
    assert shown == {"requester.name": Personal("林美玲")}
    assert gone is not None
    assert gone.fields == 1
    assert after is None


async def both(city: City) -> tuple[dict[str, Digest], dict[str, Digest]]:
    engine = database.engine(city.settings, "access", limits={})
    try:
        live = await digested(engine, PROJECTED)
        codec = city.custody.codec
        records = {topic: list(kafka_read.read_to_end(city.settings, topic, codec)) for topic in rebuilding.TOPICS}
        await rebuilding.rebuild(engine, anew := f"shadow_{uuid4().hex}", records.__getitem__, codec)
        return live, await digested(engine, PROJECTED, anew)
    finally:
        await engine.dispose()


async def kept_and_shredded(
    city: City, folder: Path
) -> tuple[dict[str, Personal] | None, Shredded | None, dict[str, Personal] | None]:
    engine = database.engine(city.settings, "vault")
    vault = Vault(engine, KeyBox.from_file(folder / "vault.key"))
    try:
        key_id = await vault.put({"requester.name": Personal("林美玲")}, EVENT)
        return await vault.show(key_id, EVENT), await vault.shred(key_id), await vault.show(key_id, EVENT)
    finally:
        await engine.dispose()
