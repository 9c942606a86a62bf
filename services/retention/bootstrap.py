"""Wires retention: the only place that does."""

from __future__ import annotations

import asyncio

from services.retention import own_log
from services.retention.emitting import Emitter
from services.retention.http import build_app
from services.retention.keeping import Keeping
from services.retention.library import Library
from services.retention.limits import Limits
from services.retention.measuring import measure
from services.retention.protections import Protections
from services.retention.sweep import Sweep
from services.retention.worker import CONSUMER, TOPICS, LogHandler
from services.runtime import migrate
from services.runtime.codec import Codec
from services.runtime.http import HttpPart
from services.runtime.open_letters import letters_counted
from services.runtime.outbox import Outbox
from services.runtime.process import Part, Ticker, run_service
from services.runtime.registry import open_registry
from services.runtime.relay import Relay
from services.runtime.settings import Settings
from services.runtime.worker import Worker

SERVICE = "retention"
KEEP_EVERY_S = 2.0
MEASURE_EVERY_S = 15.0


def parts(settings: Settings, limits: Limits | None = None) -> list[Part]:
    """Return retention's parts: interface, relay, the worker that reads the log, and the sweep."""
    limits = limits or Limits()
    codec = Codec(open_registry(settings))
    emitter = Emitter(outbox=Outbox(SERVICE, codec, settings), agency=settings.agency)
    library = Library(settings)
    sweep = Sweep(Protections(codec), library, emitter, limits)
    return [
        HttpPart(settings, lambda: build_app(settings, codec, emitter)),
        Relay(settings, SERVICE),
        Worker(CONSUMER, TOPICS, LogHandler(), settings, SERVICE, codec),
        letters_counted(settings, SERVICE),
        Ticker("retention.packs", KEEP_EVERY_S, Keeping(Protections(codec), library), settings, SERVICE, role="sweep"),
        Ticker("retention.measures", MEASURE_EVERY_S, measure, settings, SERVICE, role="sweep", pool=1),
        Ticker("retention.sweep", limits.sweep_every_s, sweep, settings, SERVICE, role="sweep"),
    ]


def main(role: str = "all") -> int:
    """Run the service until it is told to stop; return the exit code."""
    settings = Settings(service=SERVICE)
    migrate.migrate(settings, SERVICE)
    asyncio.run(own_log.recall(settings, Codec(open_registry(settings))))
    return run_service(SERVICE, settings, parts(settings), role=role)
