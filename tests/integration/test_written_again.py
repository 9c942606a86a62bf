"""C2, its second way, through a whole installation: access writes a hold again that custody could not read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from services.cli.client import CallRefused, Client
from services.runtime.settings import Settings
from tests.conftest import Addresses
from tests.fakes.installed import installed
from tests.integration.operations.conftest import City, execute, faults
from tests.integration.operations.history import CAMERA, CAMERA_BODY, is_known, until

FROM, MORE = "2026-11-01T00:00:00Z", "2026-10-01T00:00:00Z"
SPOILS = (
    """CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.topic LIKE '%hold.events%' THEN NEW.value := substring(NEW.value FOR 5) || '\\xffffffffff'::bytea; END IF;
    RETURN NEW; END $$""",
    "CREATE TRIGGER spoil BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION spoil()",
)


@pytest.fixture
def city(stack: Addresses, tmp_path: Path) -> Iterator[City]:
    """An installation of one's own: an unreadable record stays on its log for ever."""
    with installed(stack, tmp_path) as installation:
        root = Client("admin-root", tmp_path)
        root.post("access", "/policies/adopt", {"policy_id": "daan-cctv", "instrument": "as shipped"})
        root.post("access", "/policies/daan-cctv/cameras", {"cameras": [CAMERA]})
        root.post("ingest", "/cameras", CAMERA_BODY)
        until(lambda: is_known(Client("sysman-wu", tmp_path)))
        settings = Settings(service="test", kafka=stack.bootstrap_servers, database=stack.dsn, home=tmp_path)
        yield City(installation, settings)


@contextmanager
def unreadable(city: City) -> Iterator[None]:
    """What access puts on the protection log meanwhile arrives there with other bytes."""
    execute(city, "access", *SPOILS)
    try:
        yield
    finally:
        execute(city, "access", "DROP TRIGGER spoil ON outbox", "DROP FUNCTION spoil")


def parked_hold(city: City) -> tuple[str, str]:
    """Place a hold that custody can't read and extend it; return its id and that of its parked record."""
    matter = ("--matter", "115-7", "--authority", "court", "--review-by", "2027-06-01T00:00:00Z")
    with unreadable(city):
        hold = city.json("hold", "place", *matter, "--camera", CAMERA, "--from", FROM)["hold_id"]
    until(lambda: shown(city, hold)["parked"])
    city.json("hold", "extend", hold, "--camera", CAMERA, "--from", MORE)
    return hold, shown(city, hold)["parked"][0]["parked_id"]


def shown(city: City, hold: str) -> Any:  # noqa: ANN401 - whatever JSON allows
    return city.json("hold", "show", hold)


def settle(city: City, parked: str, person: str) -> None:
    city.json("parked", "settle", parked, "--how", "superseded", "--as", person)


def seen(city: City, parked: str) -> bool:
    """Propose the settlement as soon as custody has read the record that supersedes the parked one."""
    try:
        settle(city, parked, "sysman-wu")
    except CallRefused:
        return False
    return True


def test_a_hold_that_custody_could_not_read_is_written_again_and_becomes_effective(city: City) -> None:
    hold, parked = parked_hold(city)
    assert shown(city, hold)["state"] == "parked"
    with pytest.raises(CallRefused, match="No later record places this hold"):
        settle(city, parked, "sysman-wu")
    again = city.json("hold", "write-again", hold)
    until(lambda: seen(city, parked))
    settle(city, parked, "records-reed")
    until(lambda: shown(city, hold)["state"] == "effective")
    told = shown(city, hold)
    assert (told["hold_id"], told["seq"], told["parked"]) == (again["hold_id"], again["seq"], [])
    assert sorted(scope["from"][:10] for scope in told["scopes"]) == [MORE[:10], FROM[:10]]
    assert city.json("parked", "list") == []
    with pytest.raises(CallRefused, match="nothing to write again"):
        city.json("hold", "write-again", hold)
    # Its bytes stay on the log: access' tables can't be made from it, and everything else is looked at all the same.
    lines = city.json("fsck", code=1)["lines"]
    found = faults(lines)
    assert "no table of access can be made from the log: hold.events/0/" in found.pop(("access", "(rebuild)"))
    # Nobody may fill the hole in the protection log by guessing, and custody's own table contradicts nothing.
    assert all(fault.startswith("can't be judged") for (service, _), fault in found.items() if service == "log")
    assert [where for where in found if where[0] in {"ingest", "access"}] == []
    assert {line["service"] for line in lines} == {"ingest", "retention", "access", "analytics", "log"}
    digest = city.json("replay", "plan", "access")["digest"]
    asked = ("--plan", digest, "--by", "p-0018", "--why", "INC-1", "--compare-only")
    assert city.run("replay", "apply", "access", *asked)[0] == 1
