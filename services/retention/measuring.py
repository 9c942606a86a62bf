"""What retention shows to whoever watches: how much is overdue, whether a breaker or the clock stands in the way."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.runtime import telemetry

# Camera-hours on their way out, by the index of those alone. What is protected past its maximum is lawful: apart.
LATE = text("""
    SELECT count(*) FILTER (WHERE overdue IS NOT NULL AND past_maximum IS NULL) AS overdue,
           count(*) FILTER (WHERE past_maximum IS NOT NULL) AS past_maximum_protected
      FROM segment_hour WHERE stage NOT IN ('kept', 'gone')""")
STANDS = text("""
    SELECT (SELECT count(*) FROM breaker) AS breakers,
           (SELECT count(*) FROM wheel_cursor WHERE halted_why <> '') AS halted,
           (SELECT extract(epoch FROM clock_timestamp() - swept_to)::float8 FROM wheel_cursor
             WHERE swept_to <> '-infinity') AS swept_s""")


async def measure(engine: AsyncEngine) -> None:
    """Set retention's gauges from its tables; any replica tells the same."""
    async with engine.connect() as tx:
        late = (await tx.execute(LATE)).mappings().one()
        stands = (await tx.execute(STANDS)).mappings().one()
    for outcome, hours in late.items():
        telemetry.gauge("camledger_late_camera_hours", hours, outcome=outcome)
    telemetry.gauge("camledger_breakers_open", stands["breakers"], service="retention")
    telemetry.gauge("camledger_clock_halted", stands["halted"], service="retention")
    if stands["swept_s"] is not None:
        telemetry.gauge("camledger_sweep_age_seconds", stands["swept_s"], service="retention")
