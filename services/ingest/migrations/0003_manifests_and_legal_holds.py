"""Manifests of destructions, legal holds in buckets, transfers to evidence repositories."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
PHASE = "expand"


def upgrade() -> None:
    op.add_column("destruction_due", sa.Column("tried_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_table(
        "destruction_place",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("started_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("versions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("absent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("camera_id", "started_us", "generation", "place", name=op.f("destruction_place_pkey")),
    )
    op.create_table(
        "legal_hold",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("camera_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("started_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("put_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("legal_hold_pkey")),
    )
    op.create_index("legal_hold_segment", "legal_hold", ["camera_id", "started_us"], unique=False)
    op.create_table(
        "segment_transfer",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("started_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("repository_id", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "camera_id", "started_us", "generation", "repository_id", "case_number", name=op.f("segment_transfer_pkey")
        ),
    )


def downgrade() -> None:
    op.drop_table("segment_transfer")
    op.drop_index("legal_hold_segment", table_name="legal_hold")
    op.drop_table("legal_hold")
    op.drop_table("destruction_place")
    op.drop_column("destruction_due", "tried_at")
