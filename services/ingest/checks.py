"""What must hold in ingest's operational tables, and which events must have left rows in its projections."""

from __future__ import annotations

from services.kernel.events import (
    CameraRegistered,
    HoldApplied,
    HoldPlaced,
    RecordingGapFound,
    SegmentDestroyed,
    SegmentRecorded,
    SegmentRefused,
    ShiftFiled,
)
from services.runtime.own_checks import Checks, OwnCheck

CHECKS = Checks(
    own=(
        OwnCheck(
            table="custody_start",
            holds="one start gate, not two",
            faults="SELECT greatest(count(*) - 1, 0) FROM custody_start",
        ),
        OwnCheck(
            table="custody_position",
            holds="custody has read what its copy of the protection log holds",
            faults="""SELECT count(*) FROM protection_log l
                WHERE l.log_offset > coalesce((SELECT max(log_offset) FROM custody_position), -1)""",
        ),
        OwnCheck(
            table="batch",
            holds="an open batch has lines",
            faults="""SELECT count(*) FROM batch b WHERE closed_at IS NULL
                AND NOT EXISTS (SELECT FROM batch_line l WHERE l.batch_id = b.batch_id)""",
        ),
        OwnCheck(
            table="batch_line",
            holds="every line belongs to a batch",
            faults="""SELECT count(*) FROM batch_line l
                WHERE NOT EXISTS (SELECT FROM batch b WHERE b.batch_id = l.batch_id)""",
        ),
        OwnCheck(
            table="destruction_due",
            holds="nothing is due for destruction that the log hasn't announced",
            faults="""SELECT count(*) FROM destruction_due d WHERE NOT EXISTS (SELECT FROM segment_state s
                WHERE (s.camera_id, s.started_us, s.generation) = (d.camera_id, d.started_us, d.generation))""",
        ),
        OwnCheck(
            table="replica_due",
            holds="only segments of the catalog wait for a replica",
            faults="""SELECT count(*) FROM replica_due d WHERE NOT EXISTS (SELECT FROM segment s
                WHERE (s.camera_id, s.started_us, s.generation) = (d.camera_id, d.started_us, d.generation))""",
        ),
        OwnCheck(
            table="intake_journal",
            holds="no intake has been under way for a day",
            faults="SELECT count(*) FROM intake_journal WHERE begun_at < clock_timestamp() - interval '1 day'",
        ),
        OwnCheck(
            table="difference",
            holds="no kept footage has lost its bytes or has others",
            faults="SELECT count(*) FROM difference WHERE difference IN ('missing_bytes', 'other_hash')",
        ),
        OwnCheck(
            table="destruction_place",
            holds="only what is due for destruction has a manifest of one",
            faults="""SELECT count(*) FROM destruction_place p WHERE NOT EXISTS (SELECT FROM destruction_due d
                WHERE (d.camera_id, d.started_us, d.generation) = (p.camera_id, p.started_us, p.generation))""",
        ),
        OwnCheck(
            table="legal_hold",
            holds="what is locked in a bucket isn't gone",
            faults="""SELECT count(*) FROM legal_hold h JOIN segment_state s USING (camera_id, started_us, generation)
                WHERE s.state = 'gone'""",
        ),
        OwnCheck(
            table="source_state",
            holds="a source that took files in says which was the last",
            faults="SELECT count(*) FROM source_state WHERE taken > 0 AND last_taken = ''",
        ),
        OwnCheck(
            table="parked",
            holds="what was settled says how, or waited behind one of its hold that does",
            faults="""SELECT count(*) FROM parked p WHERE settled_at IS NOT NULL AND how = '' AND NOT EXISTS (
                SELECT FROM parked e WHERE e.hold_id = p.hold_id AND e.log_offset < p.log_offset
                   AND e.settled_at IS NOT NULL AND e.how <> '')""",
        ),
    ),
    fed_by={
        "camera": CameraRegistered,
        "segment": SegmentRecorded,
        "segment_state": SegmentDestroyed,
        "refusal": SegmentRefused,
        "gap": RecordingGapFound,
        "shift": ShiftFiled,
        "protection_log": HoldPlaced,
        "hold_answer": HoldApplied,
    },
)
