"""A clock that can be moved: libfaketime in front of Postgres, by whose clock alone decisions are made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOUND_IN = ("/usr/lib/{}/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1")
TRIPLETS = ("x86_64-linux-gnu", "aarch64-linux-gnu")


def library() -> Path | None:
    """Return libfaketime where Debian puts it, None where it isn't installed."""
    places = [Path(place.format(triplet)) for place in FOUND_IN for triplet in TRIPLETS]
    return next((place for place in places if place.exists()), None)


@dataclass(frozen=True, slots=True)
class Clock:
    """The offset of one program's clock, in a file that libfaketime reads again every second."""

    offset_file: Path
    preload: Path

    @classmethod
    def create(cls, folder: Path) -> Clock | None:
        """Return a clock that stands right, None where libfaketime is missing."""
        found = library()
        if found is None:
            return None
        clock = cls(folder / "clock.offset", found)
        clock.move(0)
        return clock

    @property
    def environment(self) -> dict[str, str]:
        """What the program must be started with. Time that only passes, as timeouts use it, stays true."""
        return {
            "LD_PRELOAD": str(self.preload),
            "FAKETIME_TIMESTAMP_FILE": str(self.offset_file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }

    def move(self, seconds: int) -> None:
        """Set the clock so many seconds ahead of the true time, or behind it."""
        unfinished = self.offset_file.with_suffix(".new")
        unfinished.write_text(f"{seconds:+d}\n")
        unfinished.chmod(0o644)
        unfinished.replace(self.offset_file)
