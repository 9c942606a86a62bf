"""Whom the identity provider has named: a second person must be known after a restart, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
PHASE = "expand"


def upgrade() -> None:
    op.create_table(
        "known_person",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("about", JSONB, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("known_person_seen", "known_person", ["seen_at"])


def downgrade() -> None:
    op.drop_table("known_person")
