"""May a file enter? Given a camera, a pack and a probe; no clock, no disk, no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.ingest.catalog.footage import Footage
from services.ingest.intake.commands import TakeIn
from services.ingest.intake.decider import Accept, Case, Known, Refuse, identify, judge
from services.ingest.media.found import ClockSource, Doubt, DoubtKind, Probe, Refusal, RefusalKind
from services.ingest.policy import Bound
from services.ingest.registry.known import Camera, Takeover
from services.kernel.binding import PolicyBinding
from services.kernel.ids import EPOCH
from services.kernel.mark import SegmentState
from services.runtime.packs import load_pack

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
START = NOW - timedelta(minutes=10)
PACKS = Path(__file__).parents[3] / "policies"
CAMERA = Camera(camera_id="cam-1", kind="fixed", agency="city", device_owner="", mask_areas=(), retired_at=None)
PROBE = Probe(
    container="mov,mp4,m4a,3gp,3g2,mj2",
    codec="h264",
    width=64,
    height=48,
    frames=20,
    keyframes=1,
    duration_ms=2000,
    has_audio=False,
    audio_codec=None,
    size_bytes=1000,
    fragmented=False,
    extension_agrees=True,
    started_at=START,
    clock_source=ClockSource.METADATA,
    readings=(),
    doubts=(),
)
TAKEOVER = Takeover(
    takeover_id="t",
    camera_id="cam-1",
    source="old",
    footage_from=NOW - timedelta(days=200),
    footage_to=NOW - timedelta(days=100),
    attested_by="p-1",
    recovery_waived_by="",
)


def bound(policy_id: str) -> Bound:
    pack = load_pack(PACKS / policy_id)
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


DAAN, SPD, LIVE = bound("daan-cctv"), bound("spd-cctv"), bound("taipei-live")
CASE = Case(
    command=TakeIn(path=Path("a.mp4"), camera_id="cam-1", source_id="s"),
    camera=CAMERA,
    by=DAAN,
    found=PROBE,
    takeover=None,
    shift="",
    officer="",
    programme_ended_at=None,
    now=NOW,
)


def refusal(case: Case) -> str:
    verdict = judge(case)
    assert isinstance(verdict, Refuse)
    return verdict.refusal


def accepted(case: Case) -> Accept:
    verdict = judge(case)
    assert isinstance(verdict, Accept), verdict
    return verdict


def test_whole_footage_of_a_bound_camera_comes_in_by_its_own_clock() -> None:
    found = accepted(CASE)
    assert (found.started_at, found.ended_at) == (START, START + timedelta(seconds=2))
    assert (found.clock_source, found.recovery_from, found.strip_audio) == ("metadata", EPOCH, False)


def test_a_camera_that_nobody_knows_or_bound_or_that_is_retired_takes_nothing_in() -> None:
    assert refusal(replace(CASE, camera=None)) == "UnknownCamera"
    assert refusal(replace(CASE, by=None)) == "NoPolicyBinds"
    assert refusal(replace(CASE, camera=replace(CAMERA, retired_at=START))) == "CameraRetired"


def test_a_file_that_is_no_footage_is_refused_in_the_probes_words() -> None:
    verdict = judge(replace(CASE, found=Refusal(kind=RefusalKind.NOT_A_VIDEO, message="no video")))
    assert verdict == Refuse(refusal="NotAVideo", explanation="no video")


def test_sound_is_taken_out_where_the_pack_says_so() -> None:
    loud = replace(PROBE, has_audio=True, audio_codec="aac")
    assert accepted(replace(CASE, by=SPD, found=loud)).strip_audio
    assert not accepted(replace(CASE, found=loud)).strip_audio


def test_after_the_end_of_a_programme_nothing_comes_in() -> None:
    ended = replace(CASE, by=SPD, programme_ended_at=NOW - timedelta(days=1))
    assert refusal(ended) == "ProgrammeEnded"


def test_a_plan_for_live_pictures_stores_nothing() -> None:
    assert refusal(replace(CASE, by=LIVE)) == "PolicyRefuses"


@pytest.mark.parametrize("kind", [DoubtKind.BEFORE_CAMERAS, DoubtKind.IN_THE_FUTURE, DoubtKind.CLOCKS_DISAGREE])
def test_a_clock_that_cannot_be_right_is_quarantined(kind: DoubtKind) -> None:
    doubtful = replace(PROBE, doubts=(Doubt(kind=kind, source=ClockSource.METADATA, message="odd"),))
    verdict = judge(replace(CASE, found=doubtful))
    assert isinstance(verdict, Refuse)
    assert (verdict.refusal, verdict.quarantine) == ("ImplausibleClock", True)


def test_old_footage_needs_somebody_who_attests_its_time() -> None:
    old = replace(PROBE, started_at=NOW - timedelta(days=120))
    assert refusal(replace(CASE, found=old)) == "Unattested"
    taken = accepted(replace(CASE, found=old, takeover=TAKEOVER))
    assert (taken.clock_source, taken.recovery_from) == ("attested", NOW)


def test_a_waived_recovery_window_leaves_no_floor() -> None:
    old = replace(PROBE, started_at=NOW - timedelta(days=120))
    waived = replace(TAKEOVER, recovery_waived_by="p-2")
    assert accepted(replace(CASE, found=old, takeover=waived)).recovery_from == EPOCH


def test_footage_outside_its_takeover_is_quarantined() -> None:
    assert refusal(replace(CASE, takeover=TAKEOVER)) == "OutsideTakeover"


def test_a_segment_longer_than_the_catalog_looks_back_is_refused() -> None:
    assert refusal(replace(CASE, found=replace(PROBE, duration_ms=13 * 3_600_000))) == "TooLong"


def known(state: SegmentState, sha256: bytes, generation: int = 1) -> Footage:
    return Footage(
        camera_id="cam-1",
        started_at=START,
        ended_at=NOW,
        generation=generation,
        retention_class="fixed",
        size_bytes=1,
        sha256=sha256,
        container="mp4",
        codec="h264",
        width=1,
        height=1,
        has_audio=False,
        clock_source="metadata",
        source_id="s",
        treatment="",
        shift="",
        officer="",
        mask_version="",
        arrived_at=NOW,
        recorded_at=NOW,
        recovery_from=EPOCH,
        location="x",
        state=state,
        mark_seq=0,
    )


def test_the_same_bytes_are_known_and_other_bytes_are_a_conflict() -> None:
    kept = known(SegmentState.KEPT, b"a" * 32)
    assert identify([kept], b"a" * 32) == Known(footage=kept)
    conflict = identify([kept], b"b" * 32)
    assert isinstance(conflict, Refuse)
    assert conflict.refusal == "OtherBytesKnown"


def test_footage_that_has_a_receipt_comes_in_as_a_new_generation() -> None:
    assert identify([], b"a" * 32) == 1
    assert identify([known(SegmentState.GONE, b"a" * 32)], b"a" * 32) == 2
    assert isinstance(identify([known(SegmentState.DESTROYING, b"a" * 32)], b"a" * 32), Known)
