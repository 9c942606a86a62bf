"""By which version custody judges a segment at its mark. No database: what the transaction would read is given."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.custody.batch_lines import Line
from services.ingest.custody.forbids import Forbids
from services.ingest.custody.marking import Marker, View
from services.ingest.custody.reading import Standing
from services.ingest.ledger import Ledger
from services.kernel.batches import hour_of
from services.kernel.envelope import Actor, recorded
from services.kernel.events import CameraBound, Event, Outcome, PolicyInForce
from services.kernel.ids import EPOCH, PROTECTION_LOG
from services.kernel.mark import CLOCK_MARGIN
from services.kernel.protection import ProtectionLog
from tests.simulation.explorer.objects import CLASS, KEEP_DAYS, LIBRARY, POLICY, RECOVERY, filed, footage
from tests.simulation.explorer.worlds import WORLDS

DAY = timedelta(days=1)
WORLD = WORLDS["S1"]
FOOTAGE = footage(WORLD, 0)
ACCESS = Actor(id="access", role="service:access")


def log_with_a_longer_version_since(days: float) -> ProtectionLog:
    bound = CameraBound(seq=1, policy_id=POLICY, camera_id="", retention_class=CLASS, binding_from=EPOCH)
    first = PolicyInForce(seq=2, policy_id=POLICY, version=1, digest="base-1", binding_from=EPOCH, shortens=False)
    since = FOOTAGE.ended_at + days * DAY
    longer = PolicyInForce(seq=3, policy_id=POLICY, version=2, digest="longer-2", binding_from=since, shortens=False)
    folded = ProtectionLog()
    log: tuple[tuple[Event, datetime], ...] = ((bound, EPOCH), (first, EPOCH), (longer, since))
    for seq, (event, at) in enumerate(log, start=1):
        folded.apply(recorded(event, stream_id=PROTECTION_LOG, stream_version=seq, at=at, actor=ACCESS))
    return folded


def test_a_segment_is_judged_by_the_version_that_binds_now_and_not_by_that_of_its_day() -> None:
    log, now = log_with_a_longer_version_since(1), FOOTAGE.ended_at + KEEP_DAYS["base"] * DAY + RECOVERY + DAY / 2
    marker = Marker(
        ledger=cast("Ledger", None),
        forbids=cast("Forbids", SimpleNamespace(log=log)),
        packs=LIBRARY,
        standing=Standing(start_id=UUID(int=1)),
    )
    view = View(
        read_seq=3,
        now=now,
        rows={FOOTAGE.started_at: FOOTAGE},
        filed=filed(WORLD, 0, known=True),
        parked=[],
        cleared=True,
    )
    line = Line(
        batch_id=UUID(int=2),
        position=0,
        camera_id=FOOTAGE.camera_id,
        hour=hour_of(FOOTAGE.started_at),
        generation=1,
        offsets_us=(0,),
        start_id=UUID(int=1),
        seq=4,
    )
    result = asyncio.run(marker._judge(cast("AsyncConnection", None), line, FOOTAGE.key, view))
    assert (result.outcome, result.reason) == (Outcome.REFUSED, "too_early")
    assert result.not_before == FOOTAGE.ended_at + KEEP_DAYS["longer"] * DAY + RECOVERY + CLOCK_MARGIN
