"""Is one calendar period ever shorter than another? A month may have 28 days: what can be shorter counts as shorter."""

from calendar import monthrange
from functools import lru_cache

from services.kernel.policy.periods import Period


def shorter(one: Period, other: Period) -> bool:
    """True unless ``one`` is at least as long as ``other`` from whatever day both are counted."""
    if (one.months, one.days, one.clock) == (other.months, other.days, other.clock):
        return False
    if one.months >= other.months and one.days >= other.days and one.clock >= other.clock:
        return False
    least = month_days(one.months)[0] + one.days
    most = month_days(other.months)[1] + other.days
    return least + one.clock.total_seconds() / 86400 < most + other.clock.total_seconds() / 86400


@lru_cache(maxsize=256)
def month_days(months: int) -> tuple[int, int]:
    """The fewest and the most days that so many months in a row can have."""
    # Four years hold every neighbourhood of a leap day that a term shorter than a century can meet.
    lengths = [monthrange(2021 + month // 12, month % 12 + 1)[1] for month in range(48)]
    whole, rest = divmod(months, 48)
    sums = [sum(lengths[(start + each) % 48] for each in range(rest)) for start in range(48)]
    return whole * 1461 + min(sums), whole * 1461 + max(sums)
