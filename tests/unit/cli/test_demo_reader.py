"""The verdict stands on its own feet: what reads and judges the log imports nothing of what it judges."""

from __future__ import annotations

import subprocess
import sys

JUDGES = ("reading", "history", "check", "rows")
FORBIDDEN = ("services.kernel", "services.runtime", "services.ingest", "services.retention", "services.access")


def test_reader_and_check_load_neither_kernel_nor_runtime_nor_a_service() -> None:
    program = (
        "import sys\n"
        + "".join(f"import services.cli.demo.{name}\n" for name in JUDGES)
        + f"print([m for m in sys.modules if m.startswith({FORBIDDEN!r})])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
