"""What the annexes and clauses ask the registers for: unit, cause, ground, case, who signed as what, transfers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
PHASE = "expand"

# Filled by what comes from now on; a replay of the projection fills them for what came before.
TEXTS = {
    "segment": ("transfer_case", "transfer_repository"),
    "request": (
        "unit",
        "title",
        "on_behalf_of",
        "duty_item",
        "cause",
        "statute",
        "use",
        "ground",
        "reference",
        "case_number",
        "asked_time",
    ),
    "access_act": ("address", "project", "legal_basis", "signed_as", "result_of"),
}


def upgrade() -> None:
    for table, columns in TEXTS.items():
        for column in columns:
            op.add_column(table, sa.Column(column, sa.Text(), nullable=True))
    op.add_column("segment", sa.Column("transferred_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("segment", "transferred_at")
    for table, columns in TEXTS.items():
        for column in columns:
            op.drop_column(table, column)
