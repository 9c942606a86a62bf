"""Destructions and policies in force, for certificates."""

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
        "destruction",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mark_event", sa.Uuid(), nullable=True),
        sa.Column("mark_seq", sa.BigInteger(), nullable=True),
        sa.Column("mark_batch", sa.Uuid(), nullable=True),
        sa.Column("mark_policy", sa.Text(), nullable=True),
        sa.Column("mark_rules", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("cleared_event", sa.Text(), nullable=True),
        sa.Column("free_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("camera_id", "started_at", "generation", name=op.f("destruction_pkey")),
    )
    op.create_table(
        "policy_force",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("binding_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shortens", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("policy_force_pkey")),
    )


def downgrade() -> None:
    op.drop_table("policy_force")
    op.drop_table("destruction")
