"""Which fields of which event outsiders may see. A closed list: what is not named here stays inside (I7).

Free text never leaves. Ids leave only in the form in which this system issues them, so a name written into an id field
is withheld; people leave as pseudonymous person ids.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.kernel import events as e
from services.kernel.batches import HourLine
from services.kernel.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Fields of one type that leave. ``people`` hold person ids or a service's name, all others ids or plain values."""

    shown: frozenset[str]
    people: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()  # words that our code chose: a container's name, a method of destruction


def _show(shown: str, people: str = "", own: str = "") -> Rule:
    return Rule(shown=frozenset(shown.split()), people=frozenset(people.split()), own=frozenset(own.split()))


_SEGMENT = "camera_id started_at generation "
_REQUEST = "request_id policy_id kind action requester_class "

RULES: dict[type, Rule] = {
    # Cameras. Place and direction are free text; the record's values may name contacts.
    e.CameraRegistered: _show("camera_id kind agency area device_owner"),
    e.CameraMoved: _show("camera_id area moved_at", "witnesses"),
    e.MaskAttested: _show("camera_id mask_version areas valid_from"),
    e.PermitRecorded: _show("camera_id permit_number issued_on expires_on"),
    e.InspectionRecorded: _show("camera_id inspected_at"),
    e.MaintenanceWitnessed: _show("camera_id done_at", "witnesses"),
    e.CameraRetired: _show("camera_id retired_at"),
    e.TakeoverAdmitted: _show("camera_id takeover_id footage_from footage_to", "attested_by recovery_waived_by"),
    # Footage. Locations and source paths follow templates that hold an officer's id or a recorder's own names.
    e.SegmentRecorded: _show(
        _SEGMENT + "ended_at retention_class size_bytes sha256 codec has_audio clock_source arrived_at "
        "recovery_from treatment mask_version",
        own="container",
    ),
    e.SegmentRefused: _show("camera_id size_bytes sha256 refusal clause"),
    e.SegmentReplicated: _show(_SEGMENT + "sha256 verified_forward verified_backward"),
    e.CardCleared: _show("camera_id card_id segments cleared_at"),
    e.RecordingGapFound: _show("camera_id gap_from gap_to"),
    e.SegmentTransferred: _show(_SEGMENT + "repository_id sha256"),
    e.DestructionStarted: _show(_SEGMENT + "batch_id mark_seq destroyable_from rule_ids"),
    e.SegmentDestroyed: _show(
        _SEGMENT + "ended_at batch_id retention_class sha256 size_bytes destroyed_at rule_ids kept_from "
        "destroyable_from destroy_by answers residuals",
        "destroyed_by",
        own="method",
    ),
    e.StorageExhausted: _show("camera_id store free_bytes needed_bytes"),
    e.StorageRecovered: _show("camera_id store exhausted_at"),
    e.DifferenceFound: _show(_SEGMENT + "difference"),
    e.DifferenceMended: _show(_SEGMENT + "difference how"),
    # Shifts and devices.
    e.DeviceTested: _show("device_id shift result tested_at", "officer"),
    e.DeviceFaultReported: _show("device_id repair_ticket replacement_device"),
    e.ShiftFiled: _show("device_id shift shift_from shift_to incidents", "officer"),
    e.FilingNotCompleted: _show("device_id shift"),
    e.DailyCheckSigned: _show("device_id day archive_sha256 catalog_match"),
    e.DailyCheckConfirmed: _show("device_id day"),
    # Policies.
    e.PolicyVersionAdopted: _show(
        "policy_id version digest effective_from shortens relaxes simulation_digest scenarios_passed", "approved_by"
    ),
    e.PolicyVersionScheduled: _show("policy_id version digest binding_from"),
    e.ProgrammeEnded: _show("policy_id ended_at"),
    e.SimulationReported: _show(
        "policy_id version digest against as_of report_digest segments size_bytes cameras requests holds"
    ),
    # Requests and their chains. Answers, documents, notes and opinions stay inside.
    e.RequestSubmitted: _show(_REQUEST + "scope chain rule term_ends_at", "requester"),
    e.RequestRouted: _show("request_id to chain rule"),
    e.RequestRefused: _show(_REQUEST + "refusal rule clauses missing override", "requester"),
    e.RequestCorrected: _show("request_id action scope"),
    e.RequestTermChanged: _show("request_id change pause_reason at term_ends_at"),
    e.RequestWithdrawn: _show("request_id"),
    e.RequestClosed: _show("request_id outcome closed_at"),
    e.StepApproved: _show("request_id step role rank", "person delegated_by"),
    e.StepReturned: _show("request_id step role", "person"),
    e.StepDenied: _show("request_id step role", "person"),
    e.StepDelegated: _show("request_id step valid_from valid_to rank", "by to"),
    e.DelegationRevoked: _show("request_id step", "by to"),
    e.ConsultationGiven: _show("request_id step role", "person"),
    e.RequestGranted: _show("request_id grant_version actions scope valid_until"),
    e.ProjectDecided: _show("project_id decision role period_from period_to cameras withdrawn", "person members"),
    # The protection log. Matter and authority are free text; the scope and the order are what I1 is checked with.
    e.HoldPlaced: _show("hold_id seq kind hold_kind scope review_by protects_until request_id"),
    e.HoldExtended: _show("hold_id seq scope review_by protects_until"),
    e.HoldReleaseProposed: _show("hold_id seq", "person"),
    e.HoldReleased: _show("hold_id seq protects_until", "proposed_by confirmed_by"),
    e.PolicyInForce: _show("seq policy_id version digest binding_from shortens"),
    e.CameraBound: _show("seq policy_id camera_id retention_class binding_from"),
    e.DeletionCleared: _show("batch_id seq camera_id lines policy_id policy_version_expected"),
    e.HoldReviewDue: _show("hold_id seq review_by"),
    e.HoldProposed: _show("hold_id seq request_id scope runs_out_at"),
    # Custody's answers.
    e.HoldApplied: _show("hold_id seq secured destroying gone"),
    e.HoldAnswerAmended: _show("hold_id seq newly_secured found_gone"),
    e.BatchAnswered: _show("batch_id camera_id answers"),
    e.ProtectionParked: _show("parked_id hold_id offset everywhere"),
    e.ProtectionSettled: _show("parked_id hold_id how", "settled_by"),
    # Views and copies. Network addresses and free grounds stay inside.
    e.ViewingScheduled: _show("request_id viewing_id agreed_time", "accompanied_by"),
    e.FootageViewed: _show(
        "request_id viewing_id grant_version purpose footage footage_from footage_to", "person accompanied_by"
    ),
    e.ViewingEnded: _show("request_id viewing_id ranges bytes_served ended_at"),
    e.BulkViewingFound: _show(
        "request_id viewing_id window_from viewings clips footage_s clips_max footage_s_max", "person"
    ),
    e.BulkViewingReviewed: _show("request_id viewing_id", "reviewer", "finding"),
    e.CopyMade: _show(
        "request_id copy_id copy_number grant_version derived_from sha256 size_bytes footage footage_from footage_to "
        "return_by form native_sha256 provenance",
        "person",
    ),
    e.CopySigned: _show("request_id copy_id role", "person"),
    e.CopyReturned: _show("request_id copy_id how", "person"),
    e.CopyErased: _show("request_id copy_id why due_at"),
    e.BundleHandedOut: _show("request_id bundle_id receipt_number grant_version copies manifest_sha256", "person"),
    e.ResultSigned: _show("request_id act cameras result_from result_to role", "person"),
    e.LiveOpened: _show("request_id project_id live_id camera_id ends_at", "person"),
    e.LiveClosed: _show("request_id live_id camera_id"),
    e.AccessRefused: _show("request_id act refusal rule clauses", "person"),
    e.PersonalDataShredded: _show("request_id key_digest fields"),
    e.BreakGlassAsked: _show("session_id minutes at_once", "person", "role"),
    e.BreakGlassOpened: _show("session_id ends_at review_by", "person second_person", "role"),
    e.BreakGlassEnded: _show("session_id", own="why"),
    e.BreakGlassReviewOverdue: _show("session_id review_by"),
    e.BreakGlassReviewed: _show("session_id", "reviewer", "finding"),
    # What retention saw and proposed.
    e.DeletionQueued: _show("camera_id until rule_ids lines"),
    e.DeletionUnqueued: _show("camera_id lines"),
    e.OverdueFound: _show("camera_id outcome destroy_by protected_by lines"),
    e.BreakerTripped: _show("camera_id limit counted"),
    e.BreakerReset: _show("camera_id", "persons"),
    e.ClockHalted: _show("camera_id last_seen_at seen_at"),
    e.DeletionCommanded: _show("batch_id camera_id lines policy_id policy_version_expected rule_ids"),
    e.ActRefused: _show("act subject refusal rule clause"),
    e.RecordDiscarded: _show("consumer position sha256 applied", "persons"),
}

PARTS: dict[type, Rule] = {
    HourLine: _show("camera_id hour generation offsets_us"),
    Scope: _show("cameras area incident starts_at ends_at", "officer"),
    e.SecuredSpan: _show("camera_id segments first_started_at last_started_at digest"),
    e.LineAnswer: _show("outcome reason seq not_before lines"),
    e.StorageAnswer: _show("what answer asked_at"),
    e.Residual: _show("what expires_at"),
}

ENVELOPE = _show(
    "event_id stream_id stream_version occurred_at recorded_at actor_role actor_agency policy_version causation_id "
    "correlation_id",
    "on_behalf_of",
)
