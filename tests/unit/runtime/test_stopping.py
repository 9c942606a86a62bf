"""A signal stops a process at whatever moment it comes."""

from __future__ import annotations

import signal
import subprocess
import sys

# The parent sends signals as fast as it can while the main thread waits on the event over and over.
WAITS = """
import os, signal, sys
from threading import Event, Thread
from services.runtime.stopping import stop_on_signals
stop = Event()
stop_on_signals(stop)
def storm():
    for _ in range(2000):
        os.kill(os.getpid(), signal.SIGTERM)
Thread(target=storm, daemon=True).start()
while not stop.wait(0.0001):
    pass
print("stopped")
"""


def test_a_storm_of_signals_stops_a_waiting_process_and_never_hangs_it() -> None:
    ended = subprocess.run([sys.executable, "-c", WAITS], capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stdout.strip()) in {(0, "stopped"), (-signal.SIGTERM, "stopped")}
