"""What goes next and what is past its time have an index each: pages and reports read nothing else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
PHASE = "expand"


def upgrade() -> None:
    moving = sa.text("stage IN ('queued', 'due', 'commanded', 'overdue')")
    op.create_index("segment_hour_next", "segment_hour", ["due_at", "camera_id", "hour"], postgresql_where=moving)
    reported = sa.text("overdue IS NOT NULL OR past_maximum IS NOT NULL")
    op.create_index("segment_hour_reported", "segment_hour", ["camera_id", "hour"], postgresql_where=reported)


def downgrade() -> None:
    op.drop_index("segment_hour_reported", "segment_hour")
    op.drop_index("segment_hour_next", "segment_hour")
