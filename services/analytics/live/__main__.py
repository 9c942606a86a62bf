"""``python -m services.analytics.live [--role health]``: the process of the live windows, with health endpoints."""

from __future__ import annotations

import logging
import sys
import warnings
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.runtime.settings import Settings

# Faust 0.15.3 still asks for names that Python and its libraries are about to drop; nothing here can change that.
warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"(faust|mode|aiokafka|venusian)(\..*)?")

ALIVE_WITHIN_S = 60.0


def _serve_health(settings: Settings) -> None:
    from threading import Event, Thread

    from services.runtime.http import HealthPart

    health = HealthPart(settings, "analytics")
    Thread(target=health.run, args=(Event(), lambda: None), name="health", daemon=True).start()


def main() -> None:
    """Run until a signal; exit code 0 after a drain, 1 after a failing agent, 70 when the watchdog ended it."""
    from threading import Event, Timer

    import faust

    from services.analytics.live.stream import GROUP, TOPIC, Live, build, group_of
    from services.analytics.live.watchdog import STALLED_AFTER_S, Watchdog, end_process, lag_of
    from services.runtime import logs
    from services.runtime.beats import Beats
    from services.runtime.codec import Codec
    from services.runtime.memory import settle
    from services.runtime.process import HEALTH, STARTED_S, role_from
    from services.runtime.registry import open_registry
    from services.runtime.settings import Settings

    settings = Settings(service="analytics")
    logs.configure(settings)
    watchdog = Watchdog(lag_of(settings, group_of(settings), TOPIC), end_process, STALLED_AFTER_S)
    app = build(settings, Live(settings, Codec(open_registry(settings))), watchdog)
    watchdog.start(Event())
    Beats.current = Beats({GROUP: ALIVE_WITHIN_S})
    if HEALTH in role_from(sys.argv[1:]).split(","):
        _serve_health(settings)
    started = Timer(STARTED_S, settle)
    started.daemon = True
    started.start()
    # Our log lines are configured: Faust's own would replace them, and its terminal spinner has no terminal here.
    faust.Worker(
        app, loglevel=logging.WARNING, override_logging=False, redirect_stdouts=False, quiet=True, stdout=StringIO()
    ).execute_from_commandline()


if __name__ == "__main__":
    main()
