"""Services end with the process that started them, however it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

from tests.fakes.ledger_world import until

STARTS_TWO = """
import signal, sys
from pathlib import Path
from services.cli.up.children import Child

if __name__ == "__main__":
    children = [Child(name, "tests.fakes.idler", {}, Path(sys.argv[1]) / f"{name}.log") for name in ("one", "two")]
    for child in children:
        child.start()
    print(*(child.pid for child in children), flush=True)
    signal.pause()
"""

REFUSES_ONCE = """
import sys
from services.cli.up.children import once
from tests.fakes.idler import refuse

if __name__ == "__main__":
    sys.exit(once(refuse))
"""


def test_a_step_that_refuses_says_why_and_shows_no_traceback_below_it(tmp_path: Path) -> None:
    script = tmp_path / "refuses_once.py"
    script.write_text(REFUSES_ONCE)
    command = [sys.executable, str(script)]
    ended = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": str(Path.cwd())}, check=False)
    assert (ended.returncode, ended.stderr.split()) == (1, ["error", "not", "started"])


def test_who_is_killed_leaves_no_service_and_no_fork_server_behind(tmp_path: Path) -> None:
    script = tmp_path / "starts_two.py"
    script.write_text(STARTS_TWO)
    command = [sys.executable, str(script), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={"PYTHONPATH": str(Path.cwd())}) as parent:
        assert parent.stdout is not None
        services = [int(pid) for pid in parent.stdout.readline().split()]
        started = psutil.Process(parent.pid).children(recursive=True)
        assert {each.pid for each in started} > set(services)
        parent.kill()
    until(lambda: not [each for each in started if each.is_running() and each.status() != psutil.STATUS_ZOMBIE])
