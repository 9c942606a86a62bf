"""Apache Kafka's jars: fetched by jgo from locked coordinates, accepted only with the locked hash, then kept.

The lock is made by ``scripts/lock_kafka_jars.py``. Nothing that isn't in it ever reaches the class path.
"""

import hashlib
import os
import shutil
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from jgo.maven import MavenContext, PythonResolver
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from services.runtime.embedded.errors import DownloadRefused
from services.runtime.embedded.locks import waiting_for

KAFKA_VERSION = "4.3.1"
LOCK_FILE = Path(__file__).with_name("kafka-jars.sha256")
CHUNK_BYTES = 1 << 20
DOWNLOADS_AT_ONCE = 4
ATTEMPTS_MAX = 4
TIMEOUT_SECONDS = 30

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
            _bring(missing, folder, fetch)
    return [folder / jar.name for jar in jars]


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_whole(path: Path, jar: Jar) -> bool:
    return path.is_file() and sha256_of(path) == jar.sha256


def _bring(missing: list[Jar], folder: Path, fetch: Fetch | None) -> None:
    for stale in folder.glob("fetching-*"):
        shutil.rmtree(stale, ignore_errors=True)
    with _progress(len(missing)) as bar, tempfile.TemporaryDirectory(prefix="fetching-", dir=folder) as workplace:
        one = fetch or _from_repository(bar)
        with _system_certificates(), ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
            for _done in pool.map(lambda jar: _bring_one(jar, folder, Path(workplace), one), missing):
                pass


def _bring_one(jar: Jar, folder: Path, workplace: Path, fetch: Fetch) -> None:
    fetched = _patiently(lambda attempt: fetch(jar, workplace / f"{jar.name}.{attempt}"), jar)
    if (found := sha256_of(fetched)) != jar.sha256:
        raise DownloadRefused(
            f"{jar.coordinate} is not the file that was locked (sha256 {found}, expected {jar.sha256}). "
            "Nothing of it was kept. A proxy may have changed it: try again from another network."
        )
    fetched.replace(folder / jar.name)


def _patiently(fetch: Callable[[int], Path], jar: Jar) -> Path:
    for attempt in range(ATTEMPTS_MAX - 1):
        try:
            return fetch(attempt)
        except (OSError, RuntimeError):
            time.sleep(2**attempt / 4)
    try:
        return fetch(ATTEMPTS_MAX)
    except (OSError, RuntimeError) as error:
        raise DownloadRefused(
            f"{jar.coordinate} could not be fetched: {error}. Run the same command again to go on."
        ) from error


def _from_repository(bar: Progress) -> Fetch:
    def show(name: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        return _advancing(bar, name, total)

    def fetch(jar: Jar, workplace: Path) -> Path:
        group, artifact, version = jar.coordinate.split(":")
        context = MavenContext(
            resolver=PythonResolver(progress_callback=show), repo_cache=workplace, timeout=TIMEOUT_SECONDS
        )
        return context.project(group, artifact).at_version(version).artifact().resolve()

    return fetch


@contextmanager
def _advancing(bar: Progress, name: str, total: int) -> Iterator[Callable[[int], None]]:
    task = bar.add_task(name, total=total)
    yield lambda count: bar.advance(task, count)
    bar.remove_task(task)


@contextmanager
def _progress(count: int) -> Iterator[Progress]:
    console = Console(stderr=True)
    console.print(f"Fetching Apache Kafka {KAFKA_VERSION}: {count} files, kept for next time", highlight=False)
    columns = (TextColumn("  {task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield bar


@contextmanager
def _system_certificates() -> Iterator[None]:
    # A city's network often ends TLS at a proxy whose authority only the system's own store knows.
    store = ssl.get_default_verify_paths().cafile
    if store is None or "REQUESTS_CA_BUNDLE" in os.environ:
        yield
        return
    os.environ["REQUESTS_CA_BUNDLE"] = store
    try:
        yield
    finally:
        del os.environ["REQUESTS_CA_BUNDLE"]


if __name__ == "__main__":
    # `make setup` fetches beforehand, so that the first start doesn't wait for a network.
    kafka_jars()
