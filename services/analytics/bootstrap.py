"""The only place that wires analytics: settings, tables, the parts of its process."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI

from services.analytics.audit import own_log
from services.analytics.audit import proofs_http as proofs
from services.analytics.audit.sequencer import Sequencer
from services.analytics.certificates import http as certificates
from services.analytics.certificates.compose import Office
from services.analytics.certificates.proofs import Tiles
from services.analytics.http import router
from services.analytics.worker import CONSUMER, TOPICS_READ, LogHandler
from services.runtime import migrate, printing
from services.runtime.codec import Codec
from services.runtime.deadletter_http import dead_letter_router
from services.runtime.discarded import tell_through
from services.runtime.http import HttpPart, new_app
from services.runtime.kept_packs import KeptPacks
from services.runtime.open_letters import letters_counted
from services.runtime.outbox import Outbox
from services.runtime.process import Part, run_service
from services.runtime.registry import open_registry
from services.runtime.relay import Relay
from services.runtime.settings import Settings
from services.runtime.worker import Worker

SERVICE = "analytics"


def main(role: str = "all") -> int:
    """Migrate, then run the parts of ``role`` until a signal; return the exit code."""
    settings = Settings(service=SERVICE)
    migrate.migrate(settings, SERVICE)
    # A database that was restored would number anew what others have read under other numbers.
    asyncio.run(own_log.recall(settings, Codec(open_registry(settings))))
    return run_service(SERVICE, settings, parts(settings), role=role)


def parts(settings: Settings) -> list[Part]:
    """Return the parts of the process: HTTP, the relay of ``audit.log``, and the worker over all other topics."""
    codec = Codec(open_registry(settings))
    handler = LogHandler(Sequencer(Outbox(SERVICE, codec, settings), settings.audit_origin))
    return [
        HttpPart(settings, lambda: app(settings, codec, handler)),
        Relay(settings, SERVICE),
        Worker(CONSUMER, TOPICS_READ, handler, settings, SERVICE, codec),
        letters_counted(settings, SERVICE),
    ]


def app(settings: Settings, codec: Codec, handler: LogHandler) -> FastAPI:
    """Return the HTTP interface."""
    tell = tell_through(Outbox(SERVICE, codec, settings))
    letters = dead_letter_router({CONSUMER: handler}, codec, tell)
    built = new_app(
        SERVICE, settings, title="camledger analytics", routers=[router, certificates.router, proofs.router, letters]
    )
    kept = KeptPacks(settings.policies, settings.home / SERVICE / "policies")
    built.state.press = printing.press()
    built.state.certificates = Office(settings, Tiles(settings.audit_origin), kept)
    return built
