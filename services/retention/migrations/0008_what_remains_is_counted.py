"""A bucket says how many of its segments remain, and the index of what goes next says it too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
PHASE = "expand"

REMAINING = """
ALTER TABLE segment_hour ADD COLUMN remaining integer
GENERATED ALWAYS AS ((cardinality(offsets_us) - coalesce(bit_count(destroyed), 0::bigint))::integer) STORED
"""


def upgrade() -> None:
    op.execute(REMAINING)
    _next(["stage", "remaining"])


def downgrade() -> None:
    _next([])
    op.drop_column("segment_hour", "remaining")


def _next(included: list[str]) -> None:
    moving = sa.text("stage IN ('queued', 'due', 'commanded', 'overdue')")
    op.drop_index("segment_hour_next", "segment_hour")
    op.create_index(
        "segment_hour_next",
        "segment_hour",
        ["due_at", "camera_id", "hour"],
        postgresql_include=included,
        postgresql_where=moving,
    )
