"""What must hold in retention's operational tables, and which events must have left rows in its projections."""

from __future__ import annotations

from services.kernel.events import (
    CameraRegistered,
    DeletionCommanded,
    HoldPlaced,
    SegmentDestroyed,
    SegmentRecorded,
    ShiftFiled,
)
from services.runtime.own_checks import Checks, OwnCheck

BUCKET = "(w.camera_id, w.hour, w.generation, w.chunk) = (b.camera_id, b.hour, b.generation, b.chunk)"

CHECKS = Checks(
    own=(
        OwnCheck(
            table="wheel",
            holds="a bucket that knows its next visit stands on the wheel for it",
            faults=f"""SELECT count(*) FROM segment_hour b WHERE due_at IS NOT NULL AND stage <> 'gone'
                AND NOT EXISTS (SELECT FROM wheel w WHERE w.due_at = b.due_at AND {BUCKET})""",  # noqa: S608 - constant
        ),
        OwnCheck(
            table="held_due",
            holds="a hold keeps only buckets that exist",
            faults=f"""SELECT count(*) FROM held_due w
                WHERE NOT EXISTS (SELECT FROM segment_hour b WHERE {BUCKET})""",  # noqa: S608 - constant
        ),
        OwnCheck(
            table="wheel_cursor",
            holds="one cursor, not two",
            faults="SELECT greatest(count(*) - 1, 0) FROM wheel_cursor",
        ),
        OwnCheck(
            table="camera_fill",
            holds="no camera stores less than nothing",
            faults="SELECT count(*) FROM camera_fill WHERE stored < 0 OR commanded < 0",
        ),
    ),
    fed_by={
        "camera": CameraRegistered,
        "segment": SegmentRecorded,
        "receipt": SegmentDestroyed,
        "protection_record": HoldPlaced,
        "trail": DeletionCommanded,
        "shift_worn": ShiftFiled,
    },
)
