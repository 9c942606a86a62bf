"""Refusals and gaps are listed newest first: each list reads as many rows as it shows, however many there are."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
PHASE = "expand"


def upgrade() -> None:
    op.create_index("refusal_newest", "refusal", ["recorded_at"])
    op.create_index("refusal_newest_of_camera", "refusal", ["camera_id", "recorded_at"])
    op.create_index("gap_newest", "gap", ["from_us"])


def downgrade() -> None:
    op.drop_index("gap_newest", "gap")
    op.drop_index("refusal_newest_of_camera", "refusal")
    op.drop_index("refusal_newest", "refusal")
