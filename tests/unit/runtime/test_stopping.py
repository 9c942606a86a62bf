"""A signal stops a process at whatever moment it comes."""

from __future__ import annotations

import subprocess
import sys

# Signals come while the main thread waits on the event and while the handler of an earlier one still runs. With
# ``stop.set()`` in the handler this hangs in the first run.
WAITS = """
import os, signal
from threading import Event, Thread
from services.runtime.stopping import stop_on_signals
stop = Event()
stop_on_signals(stop)
storm = Thread(target=lambda: [os.kill(os.getpid(), signal.SIGTERM) for _ in range(20_000)], daemon=True)
storm.start()
while storm.is_alive():
    stop.wait(0.0001)
print("stopped", stop.wait(10))
"""


def test_a_storm_of_signals_stops_a_waiting_process_and_never_hangs_it() -> None:
    ended = subprocess.run([sys.executable, "-c", WAITS], capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout.strip() == "stopped True"
