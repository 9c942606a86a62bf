"""Which zone a register is read in."""

from __future__ import annotations

import pytest

from services.analytics.http import _zone
from services.runtime.refusal import Refusal


@pytest.mark.parametrize("zone", ["America", "../../etc/passwd", "/etc/passwd", "Mars/Olympus", "\x00", ""])
def test_what_is_no_zone_is_refused_and_opens_no_file(zone: str) -> None:
    with pytest.raises(Refusal, match="UnknownZone"):
        _zone(zone)
