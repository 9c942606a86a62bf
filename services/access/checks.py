"""What must hold in access' operational tables, and which events must have left rows in its projections."""

from __future__ import annotations

from services.kernel.events import (
    BulkViewingFound,
    CameraBound,
    CameraRegistered,
    CopyMade,
    DeletionCleared,
    HoldApplied,
    HoldPlaced,
    PolicyInForce,
    PolicyVersionAdopted,
    RequestSubmitted,
    ViewingScheduled,
)
from services.runtime.own_checks import Checks, OwnCheck

CHECKS = Checks(
    own=(
        OwnCheck(
            table="viewing_session",
            holds="every session belongs to a viewing",
            faults="""SELECT count(*) FROM viewing_session s
                WHERE NOT EXISTS (SELECT FROM viewing v WHERE v.viewing_id = s.viewing_id)""",
        ),
        OwnCheck(
            table="live_session",
            holds="every open picture was opened on the log, and not closed",
            faults="""SELECT count(*) FROM live_session s
                WHERE NOT EXISTS (SELECT FROM stream t WHERE t.stream_id = 'live/' || s.live_id AND t.version = 1)""",
        ),
        OwnCheck(
            table="copy_bytes",
            holds="bytes are kept only for copies that the log knows",
            faults="""SELECT count(*) FROM copy_bytes b
                WHERE NOT EXISTS (SELECT FROM footage_copy c WHERE c.copy_id = b.copy_id)""",
        ),
        OwnCheck(
            table="unconfirmed",
            holds="a person is asked only about requests that exist",
            faults="""SELECT count(*) FROM unconfirmed u
                WHERE NOT EXISTS (SELECT FROM request_file r WHERE r.request_id = u.request_id)""",
        ),
        OwnCheck(
            table="known_person",
            holds="only people are known by the identity provider's word, each with a role",
            faults="""SELECT count(*) FROM known_person k
                WHERE about->>'issuer' = '' OR jsonb_array_length(about->'roles') = 0
                    OR EXISTS (SELECT FROM jsonb_array_elements_text(about->'roles') r WHERE r LIKE 'service:%')""",
        ),
    ),
    fed_by={
        "protection": HoldPlaced,
        "policy_binding": PolicyInForce,
        "policy_version": PolicyVersionAdopted,
        "camera_binding": CameraBound,
        "clearance": DeletionCleared,
        "answer": HoldApplied,
        "camera": CameraRegistered,
        "request_file": RequestSubmitted,
        "viewing": ViewingScheduled,
        "bulk_viewing": BulkViewingFound,
        "footage_copy": CopyMade,
    },
)
