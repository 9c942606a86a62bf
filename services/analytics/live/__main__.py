"""``python -m services.analytics.live``: the process of the live windows."""

from __future__ import annotations

import logging
import warnings
from io import StringIO

# Faust 0.15.3 still asks for names that Python and its libraries are about to drop; nothing here can change that.
warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"(faust|mode|aiokafka|venusian)(\..*)?")


def main() -> None:
    """Run until a signal; exit code 0 after a drain, 1 after a failing agent, 70 when the watchdog ended it."""
    from threading import Event

    import faust

    from services.analytics.live.stream import TOPIC, Live, build, group_of
    from services.analytics.live.watchdog import STALLED_AFTER_S, Watchdog, end_process, lag_of
    from services.runtime import logs
    from services.runtime.codec import Codec
    from services.runtime.registry import open_registry
    from services.runtime.settings import Settings

    settings = Settings(service="analytics")
    logs.configure(settings)
    watchdog = Watchdog(lag_of(settings, group_of(settings), TOPIC), end_process, STALLED_AFTER_S)
    app = build(settings, Live(settings, Codec(open_registry(settings))), watchdog)
    watchdog.start(Event())
    # Our log lines are configured: Faust's own would replace them, and its terminal spinner has no terminal here.
    faust.Worker(
        app, loglevel=logging.WARNING, override_logging=False, redirect_stdouts=False, quiet=True, stdout=StringIO()
    ).execute_from_commandline()


if __name__ == "__main__":
    main()
