"""Sources and differences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
PHASE = "expand"


def upgrade() -> None:
    op.create_table(
        "difference",
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("difference", sa.Text(), nullable=False),
        sa.Column("camera_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("started_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("found_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("location", "difference", name=op.f("difference_pkey")),
    )
    op.create_table(
        "source_state",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("arrived_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("taken", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_taken", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("refused", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_refused", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("refusal", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("waiting", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("watched_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("source_id", name=op.f("source_state_pkey")),
    )
    op.create_index("segment_hour_folder", "segment_hour", ["folder"], unique=False)


def downgrade() -> None:
    op.drop_index("segment_hour_folder", table_name="segment_hour")
    op.drop_table("source_state")
    op.drop_table("difference")
