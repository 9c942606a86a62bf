"""The bytes of a copy get their own due date; those made before it are given a month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
PHASE = "expand"


def upgrade() -> None:
    due = sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now() + '30 days'"))
    op.add_column("copy_bytes", due)
    op.alter_column("copy_bytes", "due_at", server_default=None)
    op.create_index("copy_bytes_due", "copy_bytes", ["due_at"])


def downgrade() -> None:
    op.drop_index("copy_bytes_due", "copy_bytes")
    op.drop_column("copy_bytes", "due_at")
