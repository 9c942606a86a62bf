"""What is gone is neither queued nor commanded: a database that was restored doesn't know that it once was."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
PHASE = "expand"

VIEW = """
CREATE OR REPLACE VIEW segment AS
SELECT b.camera_id, b.hour, b.generation,
       to_timestamp(0) + b.hour * interval '1 hour' + u.o * interval '1 microsecond' AS started_at,
       to_timestamp(0) + b.hour * interval '1 hour' + (u.o + u.l) * interval '1 microsecond' AS ended_at,
       b.retention_class, b.officer, b.shift,
       to_timestamp(0) + b.hour * interval '1 hour' + (u.o + u.l + u.g) * interval '1 microsecond' AS recorded_at,
       to_timestamp(0) + coalesce(u.r, 0) * interval '1 microsecond' AS recovery_from,
       {queued} AS queued,
       {commanded} AS commanded,
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
BIT = "coalesce(get_bit(b.{map}, u.i::int - 1) = 1, false)"
LIVE = " AND NOT coalesce(get_bit(b.destroyed, u.i::int - 1) = 1, false)"


def upgrade() -> None:
    op.execute(VIEW.format(queued=BIT.format(map="queued") + LIVE, commanded=BIT.format(map="commanded") + LIVE))


def downgrade() -> None:
    op.execute(VIEW.format(queued=BIT.format(map="queued"), commanded=BIT.format(map="commanded")))
