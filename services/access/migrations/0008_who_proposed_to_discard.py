"""Who proposed to discard a dead letter: a second person does it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
PHASE = "expand"


def upgrade() -> None:
    column = sa.Column(
        "proposed_by", sa.Text(), server_default=sa.text("''"), nullable=False, comment="Who would discard it."
    )
    op.add_column("dead_letter", column)


def downgrade() -> None:
    op.drop_column("dead_letter", "proposed_by")
