"""A packed hour says how many segments it has, when its last one ends and how long they are together.

The index of the key of ``segment_state`` has the state, too: pages that count need no receipts.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
PHASE = "expand"

# In a schema of its own: what stands beside the tables goes when a shadow takes their place, and the column with it.
ARRAY_SUM = """
create function functions.array_sum(bigint[]) returns bigint language sql immutable parallel safe
return (select coalesce(sum(each), 0)::bigint from unnest($1) each)
"""
# One statement: each would write the table anew. Who packs hours without knowing the columns fills them all the same.
COUNTED = """
alter table segment_hour
  add column segments integer generated always as (cardinality(offsets_us)) stored,
  add column ends_us bigint generated always as
      (offsets_us[cardinality(offsets_us)] + durations_us[cardinality(durations_us)]) stored,
  add column filmed_us bigint generated always as (functions.array_sum(durations_us)) stored
"""

STATES = """
alter table segment_state drop constraint segment_state_pkey,
  add constraint segment_state_pkey primary key (camera_id, started_us, generation) {include}
"""


def upgrade() -> None:
    op.execute(STATES.format(include="include (state)"))
    op.execute("create schema functions")
    op.execute(ARRAY_SUM)
    op.execute(COUNTED)
    op.create_index(
        "segment_hour_counted",
        "segment_hour",
        ["camera_id", "hour"],
        postgresql_include=["generation", "chunk", "segments", "ends_us", "filmed_us"],
    )


def downgrade() -> None:
    op.execute(STATES.format(include=""))
    op.drop_index("segment_hour_counted", "segment_hour")
    for column in ("filmed_us", "ends_us", "segments"):
        op.drop_column("segment_hour", column)
    op.execute("drop schema functions cascade")
