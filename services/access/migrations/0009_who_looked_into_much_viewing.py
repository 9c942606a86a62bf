"""Who opened more than is usual, and whether another person has looked into it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
PHASE = "expand"


def upgrade() -> None:
    op.create_table(
        "bulk_viewing",
        sa.Column("viewing_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_version", sa.BigInteger(), nullable=False),
        sa.Column("reviewed_version", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("viewing_id", name=op.f("bulk_viewing_pkey")),
    )
    is_open = sa.text("reviewed_version IS NULL")
    op.create_index("bulk_viewing_open", "bulk_viewing", ["found_at"], postgresql_where=is_open)
    op.create_index("bulk_viewing_newest", "bulk_viewing", ["found_at"])


def downgrade() -> None:
    op.drop_table("bulk_viewing")
