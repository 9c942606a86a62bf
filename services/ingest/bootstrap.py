"""Puts ingest together around what is wired: interface, workers and timers, in one process or in one role of it."""

from __future__ import annotations

import asyncio
import os
import socket

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ingest.catalog import bands, cutting, receipts, storage_http, transferring
from services.ingest.catalog import http as catalog_http
from services.ingest.catalog import store as catalog
from services.ingest.catalog.comparing import Comparing
from services.ingest.custody import http as custody_http
from services.ingest.custody.amending import Amending
from services.ingest.custody.deleting import Deleter
from services.ingest.custody.marking import Marker
from services.ingest.custody.mirroring import Mirror
from services.ingest.custody.opening import Opened, open_ours
from services.ingest.custody.own_log import CONSUMER, TOPICS, OwnLogReader, catch_up
from services.ingest.custody.parking import Parking
from services.ingest.custody.reading import ProtectionReader
from services.ingest.custody.reconcile import Reconcile
from services.ingest.custody.settling import Settling
from services.ingest.custody.start import LOG, Custody
from services.ingest.http import Rooms
from services.ingest.intake import http as intake_http
from services.ingest.intake.replicating import Cards, Replicator
from services.ingest.intake.watching import Watching
from services.ingest.measuring import measure
from services.ingest.packs import Keeping
from services.ingest.programmes import ProgrammeReader
from services.ingest.registry import http as registry_http
from services.ingest.registry.filing import Filing
from services.ingest.settings import IngestSettings, sources_file
from services.ingest.sources import http as sources_http
from services.ingest.storage.adapter import StorageError
from services.ingest.storage.address import BadAddress
from services.ingest.viewing import lending
from services.ingest.wiring import SERVICE, Wiring, wire
from services.runtime import database, migrate
from services.runtime.codec import Codec
from services.runtime.database import db_now
from services.runtime.deadletter_http import dead_letter_router
from services.runtime.http import HttpPart, new_app
from services.runtime.logs import logger
from services.runtime.open_letters import letters_counted
from services.runtime.process import Part, Ticker, run_service
from services.runtime.registry import open_registry
from services.runtime.relay import Relay
from services.runtime.settings import Settings
from services.runtime.topic_ids import meet_before_reading
from services.runtime.worker import Handler, Worker

FOLD_EVERY_S = 60.0
KEEP_EVERY_S = 2.0
MEASURE_EVERY_S = 15.0
MIRROR_EVERY_S = 1.0
SWEEP_EVERY_S = 2.0
DELETED_AT_ONCE = 8  # from a bucket
# A bucket that is slow to answer holds the transaction up in which it is opened.
WHILE_OPENING = {"idle_in_transaction_session_timeout": "5min", "lock_timeout": "50s"}


def parts(wiring: Wiring) -> list[Part]:
    """Return every part of the service, by roles: http, relay, intake, custody, deleting."""
    settings = wiring.settings
    return [
        HttpPart(settings, lambda: build_app(wiring)),
        Relay(settings, SERVICE),
        _own_log(settings, wiring.codec),
        Worker("ingest.programmes", ["policy.events"], ProgrammeReader(), settings, SERVICE, wiring.codec),
        letters_counted(settings, SERVICE),
        _custody(wiring),
        *_timers(wiring),
        Watching(settings, wiring.intake, sources_file(wiring.own, settings), wiring.media),
    ]


def _own_log(settings: Settings, codec: Codec) -> Worker:
    return Worker(CONSUMER, TOPICS, OwnLogReader(), settings, SERVICE, codec)


def _custody(wiring: Wiring) -> Custody:
    settings = wiring.settings
    reader = ProtectionReader(wiring.ledger, wiring.forbids(), wiring.standing)
    parking = Parking(wiring.ledger)
    worker = Worker(
        "ingest.protection", [LOG], reader, settings, SERVICE, wiring.codec, on_undecodable=parking.park, batch_max=100
    )
    return Custody(settings, wiring.ledger, wiring.standing, worker)


def _timers(wiring: Wiring) -> list[Part]:
    settings, ledger = wiring.settings, wiring.ledger
    marker = Marker(ledger, wiring.forbids(), wiring.packs, wiring.standing)
    deleter = Deleter(
        ledger=ledger,
        forbids=wiring.forbids(),
        packs=wiring.packs,
        stores=wiring.stores,
        removals=wiring.removals,
        custodian=wiring.own.custodian,
        place=wiring.own.place or socket.gethostname(),
        backups=wiring.own.backups,
        parallel=DELETED_AT_ONCE if wiring.stores.locks else 1,
    )
    reconcile = Reconcile(ledger, wiring.stores, wiring.removals)
    comparing = Comparing(ledger, wiring.stores)
    keeping = Keeping(settings, wiring.forbids(), wiring.packs)
    return [
        Ticker("ingest.packs", KEEP_EVERY_S, keeping.tick, settings, SERVICE, role="custody"),
        Ticker("ingest.mark", 0.2, marker.tick, settings, SERVICE, role="custody"),
        Ticker("ingest.delete", 0.2, deleter.tick, settings, SERVICE, role="deleting", pool=DELETED_AT_ONCE),
        Ticker("ingest.reconcile", 60.0, reconcile.tick, settings, SERVICE, role="custody"),
        Ticker("ingest.compare", wiring.own.compare_every_s, comparing.tick, settings, SERVICE, role="custody"),
        Ticker("ingest.measures", MEASURE_EVERY_S, measure, settings, SERVICE, role="custody", pool=1),
        *(_mirrors(wiring) if wiring.stores.locks else ()),
        Ticker("ingest.replicate", 0.5, Replicator(ledger, wiring.stores).tick, settings, SERVICE, role="intake"),
        Ticker("ingest.fold", FOLD_EVERY_S, fold, settings, SERVICE, role="intake"),
        Ticker("ingest.viewing", SWEEP_EVERY_S, wiring.sweep_viewing, settings, SERVICE, role="http"),
    ]


def _mirrors(wiring: Wiring) -> list[Part]:
    settings, every_s = wiring.settings, wiring.own.compare_every_s
    follows, checks = (Mirror(wiring.ledger, wiring.forbids(), wiring.stores) for _ in range(2))
    return [
        Ticker("ingest.mirror", MIRROR_EVERY_S, follows.tick, settings, SERVICE, role="custody"),
        Ticker("ingest.locks", every_s, checks.check, settings, SERVICE, role="custody"),
    ]


async def fold(engine: AsyncEngine) -> None:
    """Pack closed hours."""
    async with engine.begin() as tx:
        await catalog.fold(tx, await db_now(tx) - catalog.OPEN_FOR)


def build_app(wiring: Wiring) -> FastAPI:
    """Return the HTTP interface with its rooms."""
    # What can't be read of the protection log is parked and settled by two persons: it has no letters here.
    letters: dict[str, Handler] = {CONSUMER: OwnLogReader(), "ingest.programmes": ProgrammeReader()}
    routers = [
        registry_http.router,
        sources_http.router,
        intake_http.router,
        catalog_http.router,
        bands.router,
        storage_http.router,
        receipts.router,
        cutting.router,
        transferring.router,
        lending.router,
        custody_http.router,
    ]
    routers.append(dead_letter_router(letters, wiring.codec, wiring.ledger.discarded))
    app = new_app(SERVICE, wiring.settings, title="camledger ingest", routers=routers)
    forbids, ledger = wiring.forbids(), wiring.ledger
    app.state.viewing_copies = wiring.viewing
    app.state.rooms = Rooms(
        filing=Filing(ledger, wiring.packs, lambda: Amending(ledger, wiring.forbids()), forbids),
        intake=wiring.intake(),
        cards=Cards(ledger, forbids, wiring.packs),
        settling=Settling(ledger, forbids),
        stores=wiring.stores,
        sources=sources_file(wiring.own, wiring.settings),
        own=wiring.own,
        uploads=wiring.folder / "uploads",
    )
    return app


def run(role: str = "all", settings: Settings | None = None, own: IngestSettings | None = None) -> int:
    """Migrate, wire and run until SIGTERM; return the exit code."""
    chosen = settings or Settings(service=SERVICE)
    migrate.migrate(chosen, SERVICE)
    # Custody beside an intake on the same volume must not take away what that one is just writing.
    tidy = bool({"all", "http", "intake"} & set(role.split(",")))
    stored = own or IngestSettings()
    try:
        wiring = wire(chosen, stored, tidy=tidy, opened=asyncio.run(_opened(chosen, stored)))
    except (BadAddress, StorageError) as unsafe:
        logger().critical("storage.refused", reason=str(unsafe))
        return os.EX_CONFIG
    if role == "all":
        asyncio.run(_work_off(wiring))
    return run_service(SERVICE, chosen, parts(wiring), role=role)


async def _opened(settings: Settings, own: IngestSettings) -> Opened:
    """Know what our own log holds before anything decides, then open the stores.

    The other way round a database that has forgotten would take an empty mount, or anybody's store, for its own.
    """
    engine = database.engine(settings, SERVICE, pool=1)
    try:
        await meet_before_reading(engine, settings, CONSUMER, TOPICS)
        await catch_up(engine, _own_log(settings, Codec(open_registry(settings))))
    finally:
        await engine.dispose()
    patient = database.engine(settings, SERVICE, pool=1, limits=WHILE_OPENING)
    try:
        return await open_ours(patient, own, settings.home / SERVICE)
    finally:
        await patient.dispose()


async def _work_off(wiring: Wiring) -> None:
    """Finish or undo what a killed process left; only where no other one can be at work."""
    engine = database.engine(wiring.settings, SERVICE, pool=1)
    try:
        await Reconcile(wiring.ledger, wiring.stores, wiring.removals).tick(engine, older_than_s=0)
    finally:
        await engine.dispose()
