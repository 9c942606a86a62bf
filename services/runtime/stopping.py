"""Turns signals into an Event, safely: a handler may interrupt the main thread while it holds that Event's own lock."""

from __future__ import annotations

import signal
from queue import SimpleQueue
from threading import Event, Thread

STOPPING = (signal.SIGTERM, signal.SIGINT)


def stop_on_signals(stop: Event) -> None:
    """Set ``stop`` on SIGTERM and Ctrl-C. Call it from the main thread.

    The handler only puts into a SimpleQueue, whose ``put`` is reentrant; a thread of its own sets the event. Setting
    it in the handler deadlocks now and then, because ``Event.wait`` may be holding the lock that ``set`` asks for.
    """
    asked: SimpleQueue[int] = SimpleQueue()
    for number in STOPPING:
        signal.signal(number, lambda received, _frame: asked.put(received))
    Thread(target=_set_when_asked, args=(asked, stop), name="signals", daemon=True).start()


def _set_when_asked(asked: SimpleQueue[int], stop: Event) -> None:
    asked.get()
    stop.set()
