"""Which files still name a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
PHASE = "expand"


def upgrade() -> None:
    op.add_column("request_file", sa.Column("has_personal", sa.Boolean(), nullable=False, server_default=sa.true()))
    # Files from before count as naming a person: the shredder looks, and folding them anew says what is so.
    op.alter_column("request_file", "has_personal", server_default=None)


def downgrade() -> None:
    op.drop_column("request_file", "has_personal")
