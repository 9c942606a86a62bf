"""May this footage enter, under which start, and what must be done to it first? Pure; what isn't known refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.ingest.catalog.footage import Footage
from services.ingest.intake.commands import TakeIn
from services.ingest.media.found import ClockSource, Doubt, DoubtKind, Probe
from services.ingest.media.found import Refusal as NotFootage
from services.ingest.policy import Bound, may
from services.ingest.registry.known import Camera, Takeover
from services.kernel.batches import SEGMENT_HOURS_MAX
from services.kernel.ids import EPOCH
from services.kernel.mark import SegmentState
from services.kernel.policy import audio_treatment

# Older footage than this needs somebody who attests its time: a takeover, or a source whose clock is attested.
UNATTESTED_FOR = timedelta(days=7)
CLOCK_MARGIN = timedelta(minutes=5)
BAD_CLOCK = frozenset({DoubtKind.BEFORE_CAMERAS, DoubtKind.IN_THE_FUTURE, DoubtKind.NO_SUCH_LOCAL_TIME})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that decides about one file."""

    command: TakeIn
    camera: Camera | None
    by: Bound | None
    found: Probe | NotFootage
    takeover: Takeover | None
    shift: str
    officer: str
    programme_ended_at: datetime | None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """It may come in, beginning at ``started_at`` by ``clock_source``."""

    started_at: datetime
    ended_at: datetime
    clock_source: str
    recovery_from: datetime
    strip_audio: bool
    shift: str
    officer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """It may not, in the words of SegmentRefused; ``quarantine`` keeps the bytes for a person to look at."""

    refusal: str
    explanation: str
    clause: str = ""
    remedy: str = ""
    quarantine: bool = False
    message: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The same bytes were taken in before."""

    footage: Footage


def judge(case: Case) -> Accept | Refuse:
    """Return whether the file may come in. The order is the order in which a person would want to hear it."""
    if (refused := _camera(case)) is not None:
        return refused
    if isinstance(case.found, NotFootage):
        return Refuse(refusal=case.found.kind.value, explanation=case.found.message)
    if (refused := _policy(case, case.found)) is not None:
        return refused
    return _clock(case, case.found)


def identify(generations: list[Footage], sha256: bytes) -> int | Known | Refuse:
    """Return the generation under which the bytes come in, or that they are known, or in conflict with others."""
    if not generations:
        return 1
    last = generations[-1]
    if last.state is SegmentState.GONE:
        return last.generation + 1
    if last.sha256 == sha256:
        return Known(footage=last)
    return Refuse(
        refusal="OtherBytesKnown",
        explanation=f"camera {last.camera_id} has other footage that starts at {last.started_at.isoformat()} "
        f"(sha256 {last.sha256.hex()[:12]}): nothing was overwritten",
        remedy="Check which file is the original; file this one under its true start.",
        quarantine=True,
    )


def _camera(case: Case) -> Refuse | None:
    if case.camera is None:
        return Refuse(
            refusal="UnknownCamera",
            explanation=f"camera {case.command.camera_id!r} is not registered",
            remedy="Register it, then hand the file over again.",
        )
    if case.camera.retired_at is not None and case.camera.retired_at <= case.now and case.takeover is None:
        return Refuse(
            refusal="CameraRetired",
            explanation=f"camera {case.camera.camera_id} is retired since {case.camera.retired_at.isoformat()}",
            remedy="Admit its last footage as a takeover.",
        )
    if case.by is None:
        return Refuse(
            refusal="NoPolicyBinds",
            explanation=f"no policy version binds camera {case.camera.camera_id}",
            remedy="Bind a policy to it, then hand the file over again.",
        )
    return None


def _policy(case: Case, probe: Probe) -> Refuse | None:
    assert case.by is not None
    assert case.camera is not None
    if probe.has_audio and audio_treatment(case.by.pack) == "refuse":
        return Refuse(
            refusal="AudioNotAllowed",
            explanation=f"the file has sound ({probe.audio_codec}), which {case.by.pack.reference} doesn't allow",
            clause=", ".join(case.by.pack.filing.clauses) if case.by.pack.filing else "",
            remedy="Switch the recorder's sound off.",
            message=case.by.pack.says(case.by.pack.filing.id) if case.by.pack.filing else {},
        )
    verdict = may(case.by, "ingest", _facts(case, probe))
    if verdict is None or verdict.allowed:
        return None
    ended = verdict.reason in {"after_end", "ended"} or case.programme_ended_at is not None
    why = ": ".join([verdict.reason, *([", ".join(verdict.missing)] if verdict.missing else [])])
    return Refuse(
        refusal="ProgrammeEnded" if ended else "PolicyRefuses",
        explanation=f"{case.by.pack.reference} refuses it by {verdict.rule or 'its rules'} ({why})",
        clause=", ".join(verdict.clauses),
        remedy=f"State {', '.join(verdict.missing)}." if verdict.missing else "",
        message=case.by.pack.says(verdict.rule),
    )


def _facts(case: Case, probe: Probe) -> dict[str, object]:
    assert case.camera is not None
    return {
        "at": case.now,
        "programme": {"ended_at": case.programme_ended_at},
        "device": {"owner": case.camera.device_owner},
        "camera": {"id": case.camera.camera_id, "kind": case.camera.kind, "registered": True},
        "footage": {
            "audio": probe.has_audio,
            "analytics": list(case.command.analytics) or ["none"],
            "shift": case.shift,
            "officer": case.officer,
        },
    }


def strips_audio(case: Case, probe: Probe) -> bool:
    """Tell whether the pack wants the pictures alone (SPD-05)."""
    assert case.by is not None
    verdict = may(case.by, "ingest", _facts(case, probe))
    told = verdict is not None and "strip_audio" in (*verdict.treatments, verdict.outcome)
    return probe.has_audio and (told or audio_treatment(case.by.pack) == "strip")


def _clock(case: Case, probe: Probe) -> Accept | Refuse:
    attested = bool(case.takeover or case.command.started_at or case.command.attested)
    started = case.command.started_at or probe.started_at
    if (refused := _implausible(case, probe, started, attested=attested)) is not None:
        return refused
    assert started is not None
    ended = started + timedelta(milliseconds=probe.duration_ms)
    if case.takeover is not None and not case.takeover.footage_from <= started < case.takeover.footage_to:
        return _doubtful(
            "OutsideTakeover",
            f"it starts at {started.isoformat()}, takeover {case.takeover.takeover_id} covers "
            f"{case.takeover.footage_from.isoformat()} to {case.takeover.footage_to.isoformat()}",
        )
    if not attested and started < case.now - UNATTESTED_FOR:
        return _doubtful("Unattested", f"it starts at {started.isoformat()} and nobody attests its clock")
    waived = case.takeover is not None and bool(case.takeover.recovery_waived_by)
    return Accept(
        started_at=started,
        ended_at=ended,
        clock_source="attested" if attested else str(probe.clock_source),
        recovery_from=case.now if attested and not waived else EPOCH,
        strip_audio=strips_audio(case, probe),
        shift=case.shift,
        officer=case.officer,
    )


def _implausible(case: Case, probe: Probe, started: datetime | None, *, attested: bool) -> Refuse | None:
    if probe.duration_ms > SEGMENT_HOURS_MAX * 3_600_000:
        return _doubtful("TooLong", f"it lasts {probe.duration_ms / 3_600_000:.1f} hours, at most {SEGMENT_HOURS_MAX}")
    doubts = [] if attested and case.command.started_at else [d for d in probe.doubts if _counts(d, attested=attested)]
    if doubts or started is None:
        told = "; ".join(doubt.message for doubt in doubts) or "no clock of the file can be believed"
        return _doubtful("ImplausibleClock", told)
    if started > case.now + CLOCK_MARGIN or started.year < 2000:  # noqa: PLR2004 (as the probe's own limit)
        return _doubtful("ImplausibleClock", f"it is said to start at {started.isoformat()}")
    return None


def _counts(doubt: Doubt, *, attested: bool) -> bool:
    """A copied file's last write says little; what the recorder wrote into the file, or into its name, says much."""
    if doubt.source is ClockSource.MODIFIED:
        return False
    return doubt.kind in BAD_CLOCK or not attested


def _doubtful(refusal: str, explanation: str) -> Refuse:
    remedy = "Admit a takeover whose clock somebody attests, or hand it over with its true start."
    return Refuse(refusal=refusal, explanation=explanation, remedy=remedy, quarantine=True)
