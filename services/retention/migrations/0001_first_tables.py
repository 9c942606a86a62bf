"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
PHASE = "expand"

SEGMENT_VIEW = """
CREATE OR REPLACE VIEW segment AS
SELECT b.camera_id, b.hour, b.generation,
       to_timestamp(0) + b.hour * interval '1 hour' + u.o * interval '1 microsecond' AS started_at,
       to_timestamp(0) + b.hour * interval '1 hour' + (u.o + u.l) * interval '1 microsecond' AS ended_at,
       b.retention_class, b.officer, b.shift,
       to_timestamp(0) + b.hour * interval '1 hour' + (u.o + u.l + u.g) * interval '1 microsecond' AS recorded_at,
       to_timestamp(0) + coalesce(u.r, 0) * interval '1 microsecond' AS recovery_from,
       coalesce(get_bit(b.queued, u.i::int - 1) = 1, false) AS queued,
       coalesce(get_bit(b.commanded, u.i::int - 1) = 1, false) AS commanded,
       coalesce(get_bit(b.destroyed, u.i::int - 1) = 1, false) AS destroyed
  FROM segment_hour b,
       LATERAL unnest(b.offsets_us, b.lengths_us, b.lags_us, b.recoveries_us) WITH ORDINALITY u(o, l, g, r, i)
UNION ALL
SELECT h.camera_id, floor(extract(epoch FROM h.started_at) / 3600)::int, h.generation, h.started_at, h.ended_at,
       h.retention_class, h.officer, h.shift, h.recorded_at, h.recovery_from, false, false, h.destroyed
  FROM segment_hot h
 WHERE NOT EXISTS (SELECT FROM segment_hour b
                    WHERE b.camera_id = h.camera_id AND b.generation = h.generation
                      AND b.hour = floor(extract(epoch FROM h.started_at) / 3600)::int
                      AND (extract(epoch FROM h.started_at) * 1000000)::bigint - b.hour * 3600000000::bigint
                          = ANY (b.offsets_us))
"""


def upgrade() -> None:
    op.create_table(
        "blocked_key",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "topic", "key", name=op.f("blocked_key_pkey")),
    )
    op.create_table(
        "breaker",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("tripped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("limit", sa.Text(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("proposed_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("breaker_pkey")),
    )
    op.create_table(
        "camera",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("camera_pkey")),
    )
    op.create_table(
        "camera_fill",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("window_hour", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("commanded", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("camera_fill_pkey")),
    )
    op.create_table(
        "camera_place",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "since", name=op.f("camera_place_pkey")),
    )
    op.create_table(
        "consumer_offset",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column(
            "next_offset", sa.BigInteger(), nullable=False, comment="The next record to read, not the last one read."
        ),
        sa.PrimaryKeyConstraint("consumer", "topic", "partition", name=op.f("consumer_offset_pkey")),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="bad, or parked behind a bad one of its key"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome", sa.Text(), server_default="", nullable=False, comment="retried or discarded; empty while open"
        ),
        sa.Column("settled_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("dead_letter_pkey")),
        sa.UniqueConstraint(
            "consumer", "topic", "partition", "offset", name=op.f("dead_letter_consumer_topic_partition_offset_key")
        ),
    )
    op.create_index(
        op.f("dead_letter_consumer_topic_key_idx"), "dead_letter", ["consumer", "topic", "key"], unique=False
    )
    op.create_table(
        "held_due",
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("chunk", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hold_id", "camera_id", "hour", "generation", "chunk", name=op.f("held_due_pkey")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True, cache=1), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pkey")),
    )
    op.create_table(
        "outstanding",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("offsets_us", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("commanded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_seq", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("batch_id", "hour", "generation", name=op.f("outstanding_pkey")),
    )
    op.create_index("outstanding_camera_hour", "outstanding", ["camera_id", "hour"], unique=False)
    op.create_table(
        "protection_record",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("protection_record_pkey")),
    )
    op.create_table(
        "rebucket",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("due_from", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("rebucket_pkey")),
    )
    op.create_table(
        "receipt",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("generation", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("started_event", sa.Uuid(), nullable=True),
        sa.Column("started_marking_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("destroyed_event", sa.Uuid(), nullable=True),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("camera_id", "started_at", "generation", name=op.f("receipt_pkey")),
    )
    op.create_table(
        "segment_hot",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("generation", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retention_class", sa.Text(), nullable=False),
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("shift", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recovery_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "started_at", "generation", name=op.f("segment_hot_pkey")),
    )
    op.create_index("segment_hot_started_at", "segment_hot", ["started_at"], unique=False)
    op.create_table(
        "segment_hour",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("chunk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("retention_class", sa.Text(), nullable=False),
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("shift", sa.Text(), nullable=False),
        sa.Column("offsets_us", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("lengths_us", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("lags_us", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("recoveries_us", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("queued", postgresql.BIT(varying=True), nullable=True),
        sa.Column("commanded", postgresql.BIT(varying=True), nullable=True),
        sa.Column("destroyed", postgresql.BIT(varying=True), nullable=True),
        sa.Column("overdue", postgresql.BIT(varying=True), nullable=True),
        sa.Column("past_maximum", postgresql.BIT(varying=True), nullable=True),
        sa.Column("stage", sa.String(length=16), server_default=sa.text("'kept'"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("camera_id", "hour", "generation", "chunk", name=op.f("segment_hour_pkey")),
    )
    op.create_index(
        "segment_hour_moving",
        "segment_hour",
        ["camera_id", "hour"],
        unique=False,
        postgresql_where=sa.text("stage NOT IN ('kept', 'gone')"),
    )
    op.create_table(
        "shift_worn",
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("shift", sa.Text(), nullable=False),
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("shift_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shift_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("incidents", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "shift", name=op.f("shift_worn_pkey")),
    )
    op.create_table(
        "stream_version",
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", name=op.f("stream_version_pkey")),
    )
    op.create_table(
        "trail",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offsets_us", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "hour", "generation", "event_id", "part", name=op.f("trail_pkey")),
    )
    op.create_table(
        "wait",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "hour", name=op.f("wait_pkey")),
    )
    op.create_table(
        "wheel",
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("chunk", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "due_on", "due_at", "camera_id", "hour", "generation", "chunk", name=op.f("wheel_pkey")
        ),
        postgresql_partition_by="RANGE (due_on)",
    )
    op.create_table(
        "wheel_cursor",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("swept_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("halted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("halted_why", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("wheel_cursor_pkey")),
    )
    # What must be looked at next whatever the day.
    op.execute("CREATE TABLE IF NOT EXISTS wheel_soon PARTITION OF wheel FOR VALUES FROM (MINVALUE) TO ('2000-01-01')")
    op.execute(SEGMENT_VIEW)


def downgrade() -> None:
    op.execute("DROP VIEW segment")
    op.drop_table("wheel_cursor")
    op.drop_table("wheel")
    op.drop_table("wait")
    op.drop_table("trail")
    op.drop_table("stream_version")
    op.drop_table("shift_worn")
    op.drop_index(
        "segment_hour_moving", table_name="segment_hour", postgresql_where=sa.text("stage NOT IN ('kept', 'gone')")
    )
    op.drop_table("segment_hour")
    op.drop_index("segment_hot_started_at", table_name="segment_hot")
    op.drop_table("segment_hot")
    op.drop_table("receipt")
    op.drop_table("rebucket")
    op.drop_table("protection_record")
    op.drop_index("outstanding_camera_hour", table_name="outstanding")
    op.drop_table("outstanding")
    op.drop_table("outbox")
    op.drop_table("held_due")
    op.drop_index(op.f("dead_letter_consumer_topic_key_idx"), table_name="dead_letter")
    op.drop_table("dead_letter")
    op.drop_table("consumer_offset")
    op.drop_table("camera_place")
    op.drop_table("camera_fill")
    op.drop_table("camera")
    op.drop_table("breaker")
    op.drop_table("blocked_key")
