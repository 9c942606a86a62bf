"""What must hold in analytics' operational tables, and which events must have left rows in its projections."""

from __future__ import annotations

from services.kernel.events import (
    AuditEntry,
    CameraRegistered,
    DestructionStarted,
    HoldPlaced,
    PolicyInForce,
    RequestSubmitted,
    SegmentRecorded,
    StepApproved,
)
from services.runtime.own_checks import Checks, OwnCheck

CHECKS = Checks(
    own=(
        OwnCheck(
            table="live_worker",
            holds="no worker of the live windows counts less than nothing",
            faults="SELECT count(*) FROM live_worker WHERE skipped < 0",
        ),
    ),
    fed_by={
        "camera": CameraRegistered,
        "segment": SegmentRecorded,
        "destruction": DestructionStarted,
        "policy_force": PolicyInForce,
        "request": RequestSubmitted,
        "request_step": StepApproved,
        "protection_line": HoldPlaced,
        "audit_entry": AuditEntry,
        "audit_log": AuditEntry,
    },
)
