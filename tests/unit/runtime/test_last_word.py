"""What ends a service that nobody caught is one line of its log, like all others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

FAILS = """
from services.runtime import logs
from services.runtime.settings import Settings
logs.configure(Settings(service="access"))
raise RuntimeError("the broker's answer never came")
"""


def test_an_error_that_nobody_caught_is_one_line_that_names_it() -> None:
    command, environment = [sys.executable, "-c", FAILS], {"PYTHONPATH": str(Path.cwd())}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    told = json.loads(line)
    assert [told[name] for name in ("level", "service", "event", "reason")] == [
        "critical",
        "access",
        "process.failed",
        "RuntimeError: the broker's answer never came",
    ]
    assert "Traceback" in told["exception"]
