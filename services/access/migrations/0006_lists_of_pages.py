"""Lists that pages show stay fast with a hundred thousand requests."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
PHASE = "expand"

INDEXES = (
    ("fact_by_kind", "fact", ["event_type", "recorded_at"]),
    ("protection_by_end", "protection", ["protects_until"]),
    ("protection_by_kind", "protection", ["kind", "answer_seq"]),
    ("request_file_newest", "request_file", ["submitted_at", "request_id"]),
    ("request_file_of_requester", "request_file", ["requester", "submitted_at"]),
)


def upgrade() -> None:
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, table, _ in INDEXES:
        op.drop_index(name, table)
