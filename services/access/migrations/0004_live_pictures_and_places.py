"""Where cameras stand, for the map, and the live pictures that are open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
PHASE = "expand"


def upgrade() -> None:
    for name in ("latitude", "longitude"):
        op.add_column("camera", sa.Column(name, sa.Float(), nullable=True))
    op.create_table(
        "live_session",
        sa.Column("live_id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("asked", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("live_id"),
        sa.UniqueConstraint("person"),
    )


def downgrade() -> None:
    op.drop_table("live_session")
    op.drop_column("camera", "longitude")
    op.drop_column("camera", "latitude")
