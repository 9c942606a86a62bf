"""A shortening with notice: its files lie on the disk long before it binds, and until then the old version judges."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.kernel.events import BatchAnswered, PolicyInForce, SegmentDestroyed
from services.runtime.packs import load_pack
from tests.fakes.ingest_world import REPOSITORY, IngestWorld


def test_until_a_shortening_binds_the_replaced_version_judges(stopped: IngestWorld, plaza: Path) -> None:
    policies = stopped.home / "policies"
    shutil.copytree(REPOSITORY / "policies" / "daan-cctv", policies / "daan-cctv")
    stopped.start(CAMLEDGER_POLICIES=str(policies))
    stopped.camera("cam-1")
    key = stopped.old_footage("cam-1", plaza, days_ago=120)
    policy = policies / "daan-cctv" / "policy.yaml"
    was = load_pack(policies / "daan-cctv").version
    policy.write_text(policy.read_text("utf-8").replace(f"version: {was}", f"version: {was + 1}", 1), "utf-8")
    new = load_pack(policies / "daan-cctv")
    stopped.access.write(
        lambda seq: PolicyInForce(
            seq=seq,
            policy_id=new.id,
            version=new.version,
            digest=new.digest,
            binding_from=datetime.now(UTC) + timedelta(days=30),
            shortens=True,
        )
    )
    stopped.kill()
    stopped.start(CAMLEDGER_POLICIES=str(policies))
    stopped.read_to_here()
    batch = stopped.access.clear([key])
    assert stopped.event("custody.events", BatchAnswered, batch_id=batch).answers[0].outcome == "destroying"
    assert stopped.event("segment.events", SegmentDestroyed, camera_id="cam-1").rule_ids
