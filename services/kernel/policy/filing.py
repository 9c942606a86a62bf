"""Where a recording is stored, as the pack states it: folders by local date, names made safe for any file system."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from services.kernel.policy.pack import Pack

PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
PLACES: Final = frozenset({"camera", "device", "year", "month", "day", "time", "shift", "officer", "segment"})
DEFAULT_PATH: Final = "{camera}/{year}/{month}/{day}/{time}_{segment}"
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\s]+')
_PART_CHARS_MAX: Final = 80


class FilingError(ValueError):
    """A place in the path has no value, so that the name would not say what the policy asks for."""


def file_path(pack: Pack, start: datetime, values: Mapping[str, str]) -> str:
    """Render the pack's path (no extension) for a recording; raises FilingError where a value is missing.

    Year, month, day and time are those of ``start`` in the agency's zone; every other place comes from ``values``.
    """
    template = pack.filing.path if pack.filing is not None else DEFAULT_PATH
    local = start.astimezone(pack.zone)
    # Year with four digits, and time with its offset: the hour that is lived twice must not overwrite itself.
    known = {"year": f"{local:%Y}", "month": f"{local:%m}", "day": f"{local:%d}", "time": f"{local:%H%M%S%z}"}
    return PLACEHOLDER.sub(lambda found: _part(found[1], {**values, **known}), template)


def audio_treatment(pack: Pack) -> str:
    """What intake does with sound: ``keep``, ``strip`` or ``refuse``."""
    return pack.filing.audio if pack.filing is not None else "keep"


def _part(name: str, values: Mapping[str, str]) -> str:
    part = _UNSAFE.sub("_", values.get(name, "")).strip("._")[:_PART_CHARS_MAX]
    if not part:
        raise FilingError(f"the path needs {{{name}}}")
    return part
