"""A replay that is cancelled, interrupted or killed in the middle leaves nothing half-done, and the next one works."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

from services.runtime.database import dsn
from tests.integration.operations.conftest import City
from tests.integration.operations.history import until
from tests.integration.operations.test_replay import _runs, applied, planned, start, stop

WHY = ("--by", "p-0018", "--why", "a drill")
# Whoever names himself so is not taken for somebody who still works on the tables.
NAME = {"application_name": "camledger-operations"}


@pytest.fixture(scope="module", autouse=True)
def at_rest(city: City) -> Iterator[None]:
    """Ingest is stopped for all of these tests, as for any switch."""
    stop(city, "ingest")
    yield
    start(city, "ingest")


def asked(city: City, query: str) -> list[Any]:
    async def ask() -> list[Any]:
        connection = await asyncpg.connect(dsn(city.settings, "ingest"), server_settings=NAME)
        try:
            return [row[0] for row in await connection.fetch(query)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def digests(city: City) -> dict[str, str]:
    lines = city.json("fsck", "--service", "ingest")["lines"]
    return {line["table"]: line["digest"] for line in lines if line["kind"] == "projection"}


def shadows(city: City) -> list[str]:
    return asked(city, "SELECT nspname::text FROM pg_namespace WHERE starts_with(nspname, 'rebuild_')")


def states(city: City) -> dict[str, int]:
    found = [(run["state"], run["lost"]) for run in city.json("replay", "status", "ingest")]
    return {"running": sum(s == "running" and not lost for s, lost in found), "lost": sum(lost for _, lost in found)}


@contextmanager
def in_the_middle(city: City, *more: str) -> Iterator[subprocess.Popen[str]]:
    """Yield a replay that stands still after its rebuild, before anything is compared; it goes on afterwards."""
    digest = planned(city, "ingest", "gap")["digest"]
    command = [sys.executable, "-m", "services.cli", "replay", "apply", "ingest", "--plan", digest, *WHY, *more]
    with asyncio.Runner() as runner:
        lock = runner.run(asyncpg.connect(dsn(city.settings, "ingest"), server_settings=NAME))
        runner.run(lock.execute("BEGIN; LOCK TABLE gap IN ACCESS EXCLUSIVE MODE"))
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "200"}) as run:
            try:
                until(lambda: shadows(city) or run.poll() is not None)
                yield run
            finally:
                runner.run(lock.close())
                run.kill() if run.poll() is None else None


def ended(run: subprocess.Popen[str]) -> tuple[int, str]:
    _, told = run.communicate(timeout=60)
    return run.returncode, told


def newest(city: City) -> dict[str, Any]:
    run: dict[str, Any] = city.json("replay", "status", "ingest")[0]
    return run


def test_a_cancelled_replay_drops_its_shadow_and_switches_nothing(city: City) -> None:
    before = digests(city)
    with in_the_middle(city) as run:
        assert states(city) == {"running": 1, "lost": 0}
        assert "1 asked to end" in city.run("replay", "cancel", "ingest")[1]
        code, told = ended(run)
    assert (code, "nothing was switched" in told) == (1, True), told
    assert newest(city)["state"] == "cancelled"
    assert (shadows(city), digests(city)) == ([], before)


def test_an_interrupted_replay_drops_its_shadow_and_switches_nothing(city: City) -> None:
    before = digests(city)
    with in_the_middle(city) as run:
        run.send_signal(signal.SIGINT)
        code, told = ended(run)
    assert (code, "nothing was switched" in told) == (1, True), told
    assert newest(city)["state"] == "cancelled"
    assert (shadows(city), digests(city)) == ([], before)


def test_a_killed_replay_is_told_as_lost_at_once_and_cancelling_clears_it_away(city: City) -> None:
    before = digests(city)
    with in_the_middle(city) as run:
        run.kill()
        ended(run)
    until(lambda: states(city) == {"running": 0, "lost": 1})
    assert len(shadows(city)) == 1
    assert "1 whose process was gone: cleared away" in city.run("replay", "cancel", "ingest")[1]
    assert newest(city)["state"] == "cancelled"
    assert (shadows(city), digests(city)) == ([], before)


def test_after_a_kill_the_next_replay_clears_away_and_goes_through(city: City) -> None:
    before = digests(city)
    with in_the_middle(city) as run:
        run.kill()
        ended(run)
    until(lambda: states(city) == {"running": 0, "lost": 1})
    assert applied(city, "ingest", planned(city, "ingest", "gap")["digest"])["switched"] is True
    assert states(city) == {"running": 0, "lost": 0}
    assert (shadows(city), digests(city)) == ([], before)


def test_what_a_killed_fsck_left_is_gone_after_the_next(city: City) -> None:
    async def leave() -> None:
        connection = await asyncpg.connect(dsn(city.settings, "ingest"))
        await connection.execute("CREATE SCHEMA rebuild_0123456789ab CREATE TABLE gap (camera_id text)")
        await connection.close()

    asyncio.run(leave())
    digests(city)
    assert shadows(city) == []


def test_a_second_replay_beside_a_running_one_is_refused(city: City) -> None:
    with in_the_middle(city) as run:
        plan = asked(city, "SELECT plan_digest FROM replay.run ORDER BY planned_at DESC LIMIT 1")[0]
        code, _ = city.run("replay", "apply", "ingest", "--plan", plan, *WHY, "--compare-only")
        assert code == 1
        assert city.run("replay", "rollback", "ingest", *WHY)[0] == 1
        run.send_signal(signal.SIGINT)
        ended(run)
    assert shadows(city) == []


def test_a_switch_whose_process_died_before_it_could_tell_is_told_by_the_next(city: City) -> None:
    applied(city, "ingest", planned(city, "ingest", "gap")["digest"])
    number = asked(city, "SELECT run_id::text FROM replay.run WHERE state = 'switched' ORDER BY changed_at DESC")[0]

    def told() -> list[Any]:
        return [one for one in _runs(city) if one.recorded.envelope.stream_id == f"replay/{number}"]

    assert len(until(told)) == 1
    asked(city, f"UPDATE replay.run SET told = false WHERE run_id = '{number}' RETURNING 1")
    assert city.run("replay", "cancel", "ingest")[0] == 0
    again = until(lambda: [one.recorded.event for one in told()][1:])
    assert again == [told()[0].recorded.event]
    assert again[0].switched is True


def test_a_rollback_stands_on_the_audit_log_with_who_why_and_both_digests(city: City) -> None:
    before = digests(city)
    applied(city, "ingest", planned(city, "ingest", "gap")["digest"])
    assert city.run("replay", "rollback", "ingest", "--by", "p-0019", "--why", "INC-7")[0] == 0
    assert digests(city) == before
    told = until(lambda: [one.recorded for one in _runs(city) if one.recorded.envelope.actor_id == "p-0019"])
    assert [(one.event.projection, one.event.why, one.event.switched) for one in told] == [
        ("gap", "INC-7 (rolled back)", True)
    ]
    assert told[0].event.digest_before == told[0].event.digest_after != ""
