"""Another version against a history: what goes earlier, which requests and holds it would have hit, zero for itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.envelope import Actor, recorded
from services.kernel.events import (
    CameraBound,
    DestructionStarted,
    Event,
    HoldPlaced,
    HoldReleased,
    PolicyInForce,
    SegmentRecorded,
)
from services.kernel.ids import EPOCH, NAMESPACE, PROTECTION_LOG, micros
from services.kernel.mark import CLOCK_MARGIN, Mark, MarkCase, SegmentState, decide_mark, destroyable_from
from services.kernel.policy import Pack, SegmentFacts, interval, recovery_window
from services.kernel.policy.change import amended
from services.kernel.scope import FootageFacts, Scope
from services.kernel.simulation import History, PackMissing, Question, canonical, digest_of, simulate
from services.kernel.simulation.epochs import Epoch, always
from services.kernel.simulation.footage import BucketKey, Shot
from services.kernel.simulation.instants import goes_at, timed
from services.kernel.simulation.shields import Life
from services.runtime.packs import load_pack
from services.runtime.settings import REPOSITORY
from tests.fakes.facts import told

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
T0 = datetime(2026, 3, 1, tzinfo=UTC)
NOW = T0 + 90 * DAY
ACTOR = Actor(id="access", role="service:access")
DAAN = load_pack(REPOSITORY / "policies" / "daan-cctv")
THIRTY = replace(amended(DAAN, {"retention.min90": {"keep_at_least": "P30D"}}), version=3, digest="3" * 64)
LONGER = replace(amended(DAAN, {"retention.min90": {"keep_at_least": "P120D"}}), version=4, digest="4" * 64)
PACKS = {each.digest: each for each in (DAAN, THIRTY, LONGER)}


class Log:
    """A protection log and footage as tests tell them."""

    def __init__(self) -> None:
        self.history = History()
        self._seq = 0

    def protect(self, at: datetime, event_type: Any, **fields: Any) -> None:  # noqa: ANN401 - any event of the log
        self._seq += 1
        event: Event = event_type(seq=self._seq, **fields)
        record = recorded(event, stream_id=PROTECTION_LOG, stream_version=self._seq, at=at, actor=ACTOR)
        self.history.apply("hold.events", record)

    def force(self, pack: Pack, at: datetime, *, shortens: bool = False, since: datetime | None = None) -> None:
        same = {"policy_id": pack.id, "version": pack.version, "digest": pack.digest}
        self.protect(at, PolicyInForce, **same, binding_from=since or at, shortens=shortens)

    def bind(self, camera: str, at: datetime = T0 - DAY) -> None:
        self.protect(at, CameraBound, policy_id=DAAN.id, camera_id=camera, retention_class="", binding_from=at)

    def place(self, name: str, at: datetime, scope: Scope, kind: str = "hold", until: datetime | None = None) -> UUID:
        hold_id = uuid5(NAMESPACE, name)
        self.protect(
            at,
            HoldPlaced,
            hold_id=hold_id,
            kind=kind,
            hold_kind="preservation",
            scope=scope,
            matter=name,
            authority="",
            review_by=None,
            protects_until=until,
            request_id=name if kind == "request" else "",
        )
        return hold_id

    def record(self, camera: str, starts: Iterable[datetime]) -> None:
        for start in starts:
            fields = {"started_at": start, "ended_at": start + HOUR, "recovery_from": T0 - 900 * DAY, "generation": 1}
            more = {"camera_id": camera, "retention_class": "routine", "officer": "", "size_bytes": 1000}
            event = told(SegmentRecorded, {"recorded_at": start + HOUR}, **fields, **more)
            self.history.apply("segment.events", event)

    def mark(self, camera: str, start: datetime, at: datetime) -> None:
        fields = {"camera_id": camera, "started_at": start, "generation": 1}
        self.history.apply("segment.events", told(DestructionStarted, {"recorded_at": at}, **fields))

    def ask(self, pack: Pack, **more: Any) -> Any:  # noqa: ANN401 - a report's JSON
        question = Question(pack=pack, as_of=more.pop("as_of", NOW), **more)
        return simulate(self.history, question, lambda binding: PACKS.get(binding.digest))


@pytest.fixture
def log() -> Log:
    """One camera, a segment each day of 90 days, under the office's own 90 days."""
    found = Log()
    found.force(DAAN, T0 - DAY)
    found.bind("cam-1")
    found.record("cam-1", (T0 + n * DAY for n in range(90)))
    return found


def day(n: float) -> Scope:
    return Scope(cameras=("cam-1",), starts_at=T0 + n * DAY, ends_at=T0 + (n + 1) * DAY)


def test_the_version_in_force_differs_from_itself_in_nothing(log: Log) -> None:
    log.place("case-1", T0 + 50 * DAY, day(10))
    report = log.ask(DAAN)
    assert report["totals"]["unchanged"] == report["totals"]["considered"]
    assert report["totals"]["considered"] == {"segments": 90, "bytes": 90_000, "hours": 90, "cameras": 1}
    assert [report["totals"][name]["segments"] for name in ("earlier", "later", "would_go_at_once")] == [0, 0, 0]
    assert (report["shortens"], report["in_force"]) == ([], DAAN.digest)
    assert all(not each["lost"]["segments"] for each in report["holds"])


def test_thirty_days_on_ninety_days_name_the_request_and_the_hold_that_would_have_come_too_late(log: Log) -> None:
    late = log.place("case-late", T0 + 60 * DAY, day(10))
    log.place("case-in-time", T0 + 20 * DAY, day(11))
    asked = log.place("req-7", T0 + 70 * DAY, day(20), "request", T0 + 100 * DAY)
    report = log.ask(THIRTY)
    lost = {each["hold_id"]: each["lost"]["segments"] for each in report["holds"] + report["requests"]}
    assert lost == {str(late): 1, str(asked): 1, str(uuid5(NAMESPACE, "case-in-time")): 0}
    (request,) = report["requests"]
    assert (request["request_id"], request["lost"]["cameras"]) == ("req-7", ["cam-1"])
    assert request["lost"]["from"] == "2026-03-21T00:00:00Z"
    assert report["shortens"] == ["retention.min90"]


def test_what_a_hold_holds_back_stays_under_the_other_version_too(log: Log) -> None:
    log.place("case-in-time", T0 + 20 * DAY, day(11))
    (hold,) = log.ask(THIRTY)["holds"]
    assert (hold["held_back"], hold["lost"]["segments"]) == (1, 0)


def test_thirty_days_let_go_at_once_what_is_older_and_everything_goes_earlier(log: Log) -> None:
    totals = log.ask(THIRTY)["totals"]
    assert totals["earlier"]["segments"] == 90
    # 30 days by the civil code, then the recovery week: day 52, counted from 0, is the last that has gone.
    assert totals["would_go_at_once"]["segments"] == totals["gone_by_then_simulated"]["segments"] == 53
    assert totals["gone_by_then"]["segments"] == 0


def test_longer_is_later(log: Log) -> None:
    report = log.ask(LONGER)
    assert (report["totals"]["later"]["segments"], report["totals"]["earlier"]["segments"]) == (90, 0)


def test_from_its_day_on_a_shortening_leaves_older_footage_a_whole_recovery_window(log: Log) -> None:
    report = log.ask(THIRTY, since=NOW)
    first = min(there for there, _, becomes in report["cameras"][0]["days"] if becomes)
    assert first == "2026-06-06"  # NOW is 30 May in UTC; seven days and the margin later
    assert report["totals"]["would_go_at_once"]["segments"] == 0


def test_a_released_hold_lets_go_when_its_end_has_come(log: Log) -> None:
    hold_id = log.place("case-1", T0 + 50 * DAY, day(0))
    until = T0 + 200 * DAY
    log.protect(T0 + 60 * DAY, HoldReleased, hold_id=hold_id, proposed_by="a", confirmed_by="b", protects_until=until)
    days = log.ask(DAAN, as_of=T0 + 300 * DAY)["cameras"][0]["days"]
    assert days[-1][0] == (until + CLOCK_MARGIN).date().isoformat()


def test_the_history_of_versions_counts_each_in_its_own_time(log: Log) -> None:
    log.force(LONGER, T0 + 95 * DAY)
    totals = log.ask(DAAN, as_of=T0 + 110 * DAY)["totals"]
    # Nothing had run out when the longer version came, so all of it would go earlier under the old one.
    assert totals["earlier"]["segments"] == 90
    assert log.ask(LONGER, as_of=T0 + 110 * DAY)["totals"]["unchanged"]["segments"] == 90


def test_what_was_destroyed_before_its_instant_is_found_and_named(log: Log) -> None:
    log.mark("cam-1", T0, T0 + 98 * DAY)
    log.mark("cam-1", T0 + DAY, T0 + 50 * DAY)
    reality = log.ask(DAAN, as_of=T0 + 98 * DAY)["reality"]
    assert (reality["destroyed"], reality["destroyed_too_early"]) == (2, 1)
    assert reality["named"][0]["started_at"] == "2026-03-02T00:00:00Z"


def test_another_date_counts_what_has_gone_by_then(log: Log) -> None:
    gone = [log.ask(DAAN, as_of=T0 + n * DAY)["totals"]["gone_by_then"]["segments"] for n in (90, 110, 300)]
    assert gone == [0, 13, 90]


def test_cameras_of_another_policy_are_left_alone(log: Log) -> None:
    log.record("cam-2", [T0])
    assert [each["camera_id"] for each in log.ask(THIRTY)["cameras"]] == ["cam-1"]


def test_a_version_whose_files_are_missing_stops_the_simulation(log: Log) -> None:
    with pytest.raises(PackMissing, match="daan-cctv version 2"):
        simulate(log.history, Question(pack=THIRTY), lambda _binding: None)


def test_records_told_twice_change_nothing_and_the_digest_is_the_same(log: Log) -> None:
    before = log.ask(THIRTY)
    log.record("cam-1", [T0 + 3 * DAY])
    again = log.ask(THIRTY)
    assert again["totals"] == before["totals"]
    assert digest_of(before) == digest_of(dict(reversed(before.items())))
    assert canonical(before).startswith(b'{"against":[{"digest":')


def test_without_bindings_a_baseline_can_be_named() -> None:
    log = Log()
    log.record("cam-1", [T0])
    assert log.ask(THIRTY)["totals"]["considered"]["segments"] == 0
    assert log.ask(THIRTY, against=DAAN)["totals"]["earlier"]["segments"] == 1


def test_what_came_after_the_moment_of_reading_is_left_out() -> None:
    history = History(until=T0)
    event = told(SegmentRecorded, {"recorded_at": T0 + HOUR})
    history.apply("segment.events", event)
    assert history.buckets == {}


HOURS = st.integers(min_value=0, max_value=24 * 60)
PLACED = st.lists(st.tuples(HOURS, HOURS, st.booleans()), max_size=5)
TINY = replace(amended(DAAN, {"retention.min90": {"keep_at_least": "P3D"}}), version=5, digest="5" * 64)


@settings(max_examples=150, deadline=None)
@given(PLACED)
def test_custody_s_own_mark_lets_a_segment_go_at_the_simulated_instant_and_at_none_before(
    holds: list[tuple[int, int, bool]],
) -> None:
    log, records = Log(), sorted(_records(holds), key=lambda each: each[0])
    for at, number, until in records:
        if until is None:
            log.place(str(number), at, Scope(cameras=("cam-1",), starts_at=T0))
        else:
            same = {"hold_id": uuid5(NAMESPACE, str(number)), "proposed_by": "a", "confirmed_by": "b"}
            log.protect(at, HoldReleased, **same, protects_until=until)
    shot = Shot(micros(T0), 1, micros(T0 + HOUR), micros(T0 + HOUR), 0, 1000)
    key, lives = BucketKey("cam-1", "", ""), list(log.history.lives.values())
    epochs = always(TINY, TINY.id)
    goes = goes_at(timed(key, shot), epochs, lives, log.history.filed.of(key, shot)).at
    looked = {at + by for each in records for at in (each[0], each[2]) if at for by in (-TICK, TICK, CLOCK_MARGIN)}
    looked |= {T0 + n * DAY for n in range(0, 140, 3)} | ({goes - TICK} if goes else set())
    assert not [at for at in looked if (goes is None or at < goes) and _marks(at, shot, epochs, lives)]
    assert goes is None or _marks(goes, shot, epochs, lives)


TICK = timedelta(microseconds=1)


def _records(holds: list[tuple[int, int, bool]]) -> Iterable[tuple[datetime, int, datetime | None]]:
    for number, (placed, longer, released) in enumerate(holds):
        at = T0 + placed * HOUR + number * timedelta(minutes=1)
        yield at, number, None
        if released:
            yield at + longer * HOUR, number, at + longer * HOUR + 7 * DAY


def _marks(at: datetime, shot: Shot, epochs: Sequence[Epoch], lives: Sequence[Life]) -> bool:
    """Ask the guard of C3 itself, with everything that stood on the log at an instant."""
    binding, pack = epochs[0].binding, epochs[0].pack
    times = interval(pack, SegmentFacts(shot.started_at, shot.ended_at))
    case = MarkCase(
        start_id_is_mine=True,
        cleared_and_open=True,
        state=SegmentState.KEPT,
        facts=FootageFacts(camera_id="cam-1", started_at=shot.started_at, ended_at=shot.ended_at),
        parked=(),
        protections=[state for life in lives if (state := life.at(at)) is not None],
        destroyable_from=destroyable_from(
            times.command_at,
            binding=binding,
            recovery_from=EPOCH,
            recovery=recovery_window(pack),
            recorded_at=shot.ended_at,
        ),
        refused_by_rule="",
        read_seq=0,
        now=at,
    )
    return at >= shot.ended_at and isinstance(decide_mark(case), Mark)
