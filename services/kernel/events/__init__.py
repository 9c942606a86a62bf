"""All events of architecture section 3, the topic that each belongs to, and the union of them all."""

from __future__ import annotations

from services.kernel.events.access import (
    AccessRefused,
    BreakGlassAsked,
    BreakGlassEnded,
    BreakGlassOpened,
    BreakGlassReviewed,
    BreakGlassReviewOverdue,
    BulkViewingFound,
    BulkViewingReviewed,
    BundleHandedOut,
    CopyErased,
    CopyMade,
    CopyReturned,
    CopySigned,
    FootageViewed,
    LiveClosed,
    LiveOpened,
    PersonalDataShredded,
    ResultSigned,
    ViewingEnded,
    ViewingScheduled,
)
from services.kernel.events.approval import (
    ConsultationGiven,
    DelegationRevoked,
    ProjectDecided,
    RequestGranted,
    StepApproved,
    StepDelegated,
    StepDenied,
    StepReturned,
)
from services.kernel.events.audit import (
    ActRefused,
    AuditEntry,
    AuditRoundClosed,
    AuditRoundOpened,
    AuditRoundSampled,
    RecordDiscarded,
    ReplayRun,
)
from services.kernel.events.camera import (
    CameraKind,
    CameraMoved,
    CameraRegistered,
    CameraRetired,
    FieldValue,
    InspectionRecorded,
    MaintenanceWitnessed,
    MaskAttested,
    PermitRecorded,
    TakeoverAdmitted,
)
from services.kernel.events.custody import (
    BatchAnswered,
    HoldAnswerAmended,
    HoldApplied,
    LineAnswer,
    Outcome,
    ProtectionParked,
    ProtectionSettled,
    SecuredSpan,
)
from services.kernel.events.hold import (
    CameraBound,
    DeletionCleared,
    HoldExtended,
    HoldPlaced,
    HoldProposed,
    HoldReleased,
    HoldReleaseProposed,
    HoldReviewDue,
    PolicyInForce,
    ProtectionKind,
)
from services.kernel.events.policy import (
    PolicyVersionAdopted,
    PolicyVersionScheduled,
    ProgrammeEnded,
    SimulationReported,
)
from services.kernel.events.request import (
    RequestClosed,
    RequestCorrected,
    RequestRefused,
    RequestRouted,
    RequestSubmitted,
    RequestTermChanged,
    RequestWithdrawn,
)
from services.kernel.events.retention import (
    BreakerReset,
    BreakerTripped,
    ClockHalted,
    DeletionCommanded,
    DeletionQueued,
    DeletionUnqueued,
    OverdueFound,
)
from services.kernel.events.segment import (
    CardCleared,
    DestructionStarted,
    DifferenceFound,
    DifferenceMended,
    RecordingGapFound,
    Residual,
    SegmentDestroyed,
    SegmentRecorded,
    SegmentRefused,
    SegmentReplicated,
    SegmentTransferred,
    Sha256,
    StorageAnswer,
    StorageExhausted,
    StorageRecovered,
)
from services.kernel.events.shift import (
    DailyCheckConfirmed,
    DailyCheckSigned,
    DeviceFaultReported,
    DeviceTested,
    FilingNotCompleted,
    ShiftFiled,
)

CameraEvent = (
    CameraRegistered
    | CameraMoved
    | MaskAttested
    | PermitRecorded
    | InspectionRecorded
    | MaintenanceWitnessed
    | CameraRetired
    | TakeoverAdmitted
)
SegmentEvent = (
    SegmentRecorded
    | SegmentRefused
    | SegmentReplicated
    | CardCleared
    | RecordingGapFound
    | SegmentTransferred
    | DestructionStarted
    | SegmentDestroyed
    | StorageExhausted
    | StorageRecovered
    | DifferenceFound
    | DifferenceMended
)
ShiftEvent = (
    DeviceTested | DeviceFaultReported | ShiftFiled | FilingNotCompleted | DailyCheckSigned | DailyCheckConfirmed
)
PolicyEvent = PolicyVersionAdopted | PolicyVersionScheduled | ProgrammeEnded | SimulationReported
RequestEvent = (
    RequestSubmitted
    | RequestRouted
    | RequestRefused
    | RequestCorrected
    | RequestTermChanged
    | RequestWithdrawn
    | RequestClosed
)
ApprovalEvent = (
    StepApproved
    | StepReturned
    | StepDenied
    | StepDelegated
    | DelegationRevoked
    | ConsultationGiven
    | RequestGranted
    | ProjectDecided
)
HoldEvent = (
    HoldPlaced
    | HoldExtended
    | HoldReleaseProposed
    | HoldReleased
    | PolicyInForce
    | CameraBound
    | DeletionCleared
    | HoldReviewDue
    | HoldProposed
)
CustodyEvent = HoldApplied | HoldAnswerAmended | BatchAnswered | ProtectionParked | ProtectionSettled
AccessEvent = (
    ViewingScheduled
    | FootageViewed
    | ViewingEnded
    | BulkViewingFound
    | BulkViewingReviewed
    | CopyMade
    | CopySigned
    | CopyReturned
    | CopyErased
    | BundleHandedOut
    | ResultSigned
    | LiveOpened
    | LiveClosed
    | AccessRefused
    | PersonalDataShredded
    | BreakGlassAsked
    | BreakGlassOpened
    | BreakGlassEnded
    | BreakGlassReviewOverdue
    | BreakGlassReviewed
)
RetentionEvent = DeletionQueued | DeletionUnqueued | OverdueFound | BreakerTripped | BreakerReset | ClockHalted
# Each service has these on a topic of its own.
ServiceEvent = ActRefused | RecordDiscarded
AuditEvent = AuditEntry | ReplayRun | AuditRoundOpened | AuditRoundSampled | AuditRoundClosed
Event = (
    CameraEvent
    | SegmentEvent
    | ShiftEvent
    | PolicyEvent
    | RequestEvent
    | ApprovalEvent
    | HoldEvent
    | CustodyEvent
    | AccessEvent
    | RetentionEvent
    | DeletionCommanded
    | AuditEvent
    | ServiceEvent
)

__all__ = [
    "AccessEvent",
    "AccessRefused",
    "ActRefused",
    "ApprovalEvent",
    "AuditEntry",
    "AuditEvent",
    "AuditRoundClosed",
    "AuditRoundOpened",
    "AuditRoundSampled",
    "BatchAnswered",
    "BreakGlassAsked",
    "BreakGlassEnded",
    "BreakGlassOpened",
    "BreakGlassReviewOverdue",
    "BreakGlassReviewed",
    "BreakerReset",
    "BreakerTripped",
    "BulkViewingFound",
    "BulkViewingReviewed",
    "BundleHandedOut",
    "CameraBound",
    "CameraEvent",
    "CameraKind",
    "CameraMoved",
    "CameraRegistered",
    "CameraRetired",
    "CardCleared",
    "ClockHalted",
    "ConsultationGiven",
    "CopyErased",
    "CopyMade",
    "CopyReturned",
    "CopySigned",
    "CustodyEvent",
    "DailyCheckConfirmed",
    "DailyCheckSigned",
    "DelegationRevoked",
    "DeletionCleared",
    "DeletionCommanded",
    "DeletionQueued",
    "DeletionUnqueued",
    "DestructionStarted",
    "DeviceFaultReported",
    "DeviceTested",
    "DifferenceFound",
    "DifferenceMended",
    "Event",
    "FieldValue",
    "FilingNotCompleted",
    "FootageViewed",
    "HoldAnswerAmended",
    "HoldApplied",
    "HoldEvent",
    "HoldExtended",
    "HoldPlaced",
    "HoldProposed",
    "HoldReleaseProposed",
    "HoldReleased",
    "HoldReviewDue",
    "InspectionRecorded",
    "LineAnswer",
    "LiveClosed",
    "LiveOpened",
    "MaintenanceWitnessed",
    "MaskAttested",
    "Outcome",
    "OverdueFound",
    "PermitRecorded",
    "PersonalDataShredded",
    "PolicyEvent",
    "PolicyInForce",
    "PolicyVersionAdopted",
    "PolicyVersionScheduled",
    "ProgrammeEnded",
    "ProjectDecided",
    "ProtectionKind",
    "ProtectionParked",
    "ProtectionSettled",
    "RecordDiscarded",
    "RecordingGapFound",
    "ReplayRun",
    "RequestClosed",
    "RequestCorrected",
    "RequestEvent",
    "RequestGranted",
    "RequestRefused",
    "RequestRouted",
    "RequestSubmitted",
    "RequestTermChanged",
    "RequestWithdrawn",
    "Residual",
    "ResultSigned",
    "RetentionEvent",
    "SecuredSpan",
    "SegmentDestroyed",
    "SegmentEvent",
    "SegmentRecorded",
    "SegmentRefused",
    "SegmentReplicated",
    "SegmentTransferred",
    "ServiceEvent",
    "Sha256",
    "ShiftEvent",
    "ShiftFiled",
    "SimulationReported",
    "StepApproved",
    "StepDelegated",
    "StepDenied",
    "StepReturned",
    "StorageAnswer",
    "StorageExhausted",
    "StorageRecovered",
    "TakeoverAdmitted",
    "ViewingEnded",
    "ViewingScheduled",
]
