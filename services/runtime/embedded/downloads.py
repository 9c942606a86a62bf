"""Downloads of jars with jgo: several at once, with progress, tried again, and nothing kept but what the lock names.

Apart from ``jars`` because jgo and rich are heavy and a start with a full cache needs neither.
"""

import os
import shutil
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from jgo.maven import MavenContext, PythonResolver
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from services.runtime.embedded.errors import DownloadRefused
from services.runtime.embedded.jars import KAFKA_VERSION, Fetch, Jar, sha256_of

DOWNLOADS_AT_ONCE = 4
ATTEMPTS_MAX = 4
TIMEOUT_SECONDS = 30


def bring(missing: list[Jar], folder: Path, fetch: Fetch | None = None) -> None:
    """Put every missing jar into ``folder``, each under its name only once its bytes are right.

    Raises DownloadRefused for the first that can't be had or differs from the lock.
    """
    for stale in folder.glob("fetching-*"):
        shutil.rmtree(stale, ignore_errors=True)
    with _progress(len(missing)) as bar, tempfile.TemporaryDirectory(prefix="fetching-", dir=folder) as workplace:
        one = fetch or _from_repository(bar)
        with _system_certificates(), ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
            for _done in pool.map(lambda jar: _bring_one(jar, folder, Path(workplace), one), missing):
                pass
        fetched = sum((folder / jar.name).stat().st_size for jar in missing)
        bar.console.print(f"  done: {fetched / 1e6:.0f} MB", highlight=False)


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
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
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
