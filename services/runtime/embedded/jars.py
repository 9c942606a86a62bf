"""Apache Kafka's jars: fetched by jgo from locked coordinates, accepted only with the locked hash, then kept.

The lock is made by ``scripts/lock_kafka_jars.py``. Nothing that isn't in it ever reaches the class path.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services.runtime.embedded.locks import waiting_for

KAFKA_VERSION = "4.3.1"
LOCK_FILE = Path(__file__).with_name("kafka-jars.sha256")

Fetch = Callable[["Jar", Path], Path]
"""Brings one jar into a folder and returns where it lies; raises OSError or RuntimeError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jar:
    """One line of the lock: the bytes that a coordinate stood for when the lock was made."""

    sha256: str
    coordinate: str  # group:artifact:version

    @property
    def name(self) -> str:
        _group, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def cache_folder() -> Path:
    """Where downloads are kept: CAMLEDGER_CACHE, else the user's cache folder."""
    if own := os.environ.get("CAMLEDGER_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "camledger"


def read_lock(path: Path = LOCK_FILE) -> tuple[Jar, ...]:
    """The lock file's jars, in its order."""
    lines = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return tuple(Jar(sha256=sha256, coordinate=coordinate) for sha256, coordinate in lines)


def kafka_jars(
    cache: Path | None = None, lock: tuple[Jar, ...] | None = None, fetch: Fetch | None = None
) -> list[Path]:
    """Return every locked jar's path, fetching what is missing.

    A run that was cut off leaves only whole, checked files and is resumed by the next; two at once wait for each other.
    Raises DownloadRefused if a jar can't be had or its bytes differ from the lock.
    """
    folder = (cache or cache_folder()) / f"kafka-{KAFKA_VERSION}"
    jars = read_lock() if lock is None else lock
    with waiting_for(folder / ".lock"):
        # Hashing them all at every start costs a tenth of a second and notices a file that was damaged or swapped.
        missing = [jar for jar in jars if not _is_whole(folder / jar.name, jar)]
        if missing:
            from services.runtime.embedded.downloads import bring

            bring(missing, folder, fetch)
    return [folder / jar.name for jar in jars]


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_whole(path: Path, jar: Jar) -> bool:
    return path.is_file() and sha256_of(path) == jar.sha256
