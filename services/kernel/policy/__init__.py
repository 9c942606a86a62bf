"""Policy packs evaluated: pure functions from a pack and facts to frozen verdicts; nothing here knows an agency."""

from services.kernel.policy.acts import act
from services.kernel.policy.build import pack_from
from services.kernel.policy.chains import open_steps, step, withdraw
from services.kernel.policy.closing import close
from services.kernel.policy.due_hours import DueHour, due_hour
from services.kernel.policy.duties import duty
from services.kernel.policy.facts import Facts
from services.kernel.policy.filing import FilingError, audio_treatment, file_path
from services.kernel.policy.pack import Pack
from services.kernel.policy.periods import PeriodError, parse_period
from services.kernel.policy.programmes import programme
from services.kernel.policy.reconciling import reconcile
from services.kernel.policy.records import record
from services.kernel.policy.requests import submit
from services.kernel.policy.retention import (
    SegmentFacts,
    destroyable_from,
    execution_allowance,
    hold_kinds,
    interval,
    recovery_window,
)
from services.kernel.policy.segments import Standing, segment
from services.kernel.policy.terms import Pause, protection_needs_a_person, register_term, request_term
from services.kernel.policy.verdicts import (
    ActVerdict,
    AdoptionVerdict,
    CloseVerdict,
    DutyVerdict,
    Outcome,
    ProgrammeVerdict,
    Reconciliation,
    RecordVerdict,
    RetentionInterval,
    SegmentVerdict,
    StepVerdict,
    Submission,
    TermVerdict,
    Verdict,
)

__all__ = [
    "ActVerdict",
    "AdoptionVerdict",
    "CloseVerdict",
    "DueHour",
    "DutyVerdict",
    "Facts",
    "FilingError",
    "Outcome",
    "Pack",
    "Pause",
    "PeriodError",
    "ProgrammeVerdict",
    "Reconciliation",
    "RecordVerdict",
    "RetentionInterval",
    "SegmentFacts",
    "SegmentVerdict",
    "Standing",
    "StepVerdict",
    "Submission",
    "TermVerdict",
    "Verdict",
    "act",
    "audio_treatment",
    "close",
    "destroyable_from",
    "due_hour",
    "duty",
    "execution_allowance",
    "file_path",
    "hold_kinds",
    "interval",
    "open_steps",
    "pack_from",
    "parse_period",
    "programme",
    "protection_needs_a_person",
    "reconcile",
    "record",
    "recovery_window",
    "register_term",
    "request_term",
    "segment",
    "step",
    "submit",
    "withdraw",
]
