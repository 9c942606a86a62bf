"""Which topic each consumer has read, by its id."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
PHASE = "expand"


def upgrade() -> None:
    op.create_table(
        "consumer_topic",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column(
            "topic_id", sa.Text(), nullable=False, comment="Of the topic that was read; empty: the broker gives none."
        ),
        sa.PrimaryKeyConstraint("consumer", "topic", name=op.f("consumer_topic_pkey")),
    )


def downgrade() -> None:
    op.drop_table("consumer_topic")
