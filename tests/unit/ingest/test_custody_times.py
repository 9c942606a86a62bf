"""From which instant custody may let a segment go: the pack's own, with everything that stands above it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.ingest.policy import Bound, times
from services.kernel.binding import PolicyBinding
from services.kernel.ids import EPOCH
from services.kernel.policy import SegmentFacts, interval
from services.runtime.packs import load_pack
from tests.simulation.explorer.objects import footage
from tests.simulation.explorer.worlds import WORLDS

DAY = timedelta(days=1)
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
FOOTAGE = replace(footage(WORLDS["S1"], 0), started_at=START, ended_at=START + timedelta(minutes=1))


def bound(policy_id: str) -> Bound:
    pack = load_pack(Path(__file__).parents[3] / "policies" / policy_id)
    binding = PolicyBinding(
        policy_id=pack.id,
        version=pack.version,
        digest=pack.digest,
        binding_from=EPOCH,
        shortens=False,
        seq=1,
        recorded_at=EPOCH,
    )
    return Bound(pack=pack, binding=binding)


def test_custody_lets_nothing_go_before_the_packs_own_instant_even_without_a_minimum() -> None:
    seattle = bound("spd-cctv")
    own = interval(seattle.pack, SegmentFacts(FOOTAGE.started_at, FOOTAGE.ended_at))
    assert own.keep_until is None
    found = times(seattle, FOOTAGE).destroyable_from
    assert found == own.command_at
    assert found is not None
    assert found > START + 20 * DAY


def test_custodys_instant_has_the_recovery_window_behind_the_minimum() -> None:
    daan = bound("daan-cctv")
    found = times(daan, FOOTAGE)
    assert found.interval.keep_until is not None
    assert found.destroyable_from == found.interval.keep_until + daan.pack.retention.recovery
