"""The table before ``waiting``: one refusal for a whole camera and hour."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
PHASE = "contract"


def upgrade() -> None:
    op.drop_table("wait")


def downgrade() -> None:
    op.create_table(
        "wait",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "hour", name=op.f("pk_wait")),
    )
