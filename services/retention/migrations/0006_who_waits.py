"""A refusal makes the segments wait that it names, not all that its camera recorded in that hour."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
PHASE = "expand"


def upgrade() -> None:
    # What waits by the table before is proposed once more, and refused once more if it must be.
    op.create_table(
        "waiting",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("offsets_us", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "hour", "generation", "batch_id", "part", name=op.f("pk_waiting")),
    )


def downgrade() -> None:
    op.drop_table("waiting")
