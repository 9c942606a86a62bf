"""The only place of access that wires: databases, codec, packs, vault, and the parts that run in one process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI

from services.access.alarms import http as alarms
from services.access.alarms.office import Overdue as OverdueAlarms
from services.access.bundle import http as bundle
from services.access.clocks import Clocks
from services.access.console import router as console
from services.access.console.settings import ConsoleSettings
from services.access.console.visit import Console
from services.access.emergency import http as break_glass
from services.access.emergency.office import TimeLimits
from services.access.forms import http as forms
from services.access.forms import register_http as registers
from services.access.key_files import KeyFileUnsafe
from services.access.ledger import SERVICE, Desk
from services.access.live import http as live
from services.access.live import points
from services.access.live.gateway import Gateway
from services.access.live.settings import LiveSettings
from services.access.live.watch import Watch as LiveWatch
from services.access.media import http as media
from services.access.media.door import Door
from services.access.media.gateway import Gateway as MediaGateway
from services.access.policies import http as policies
from services.access.policies import projects_http as projects
from services.access.policies import simulations_http as simulations
from services.access.policies import versions_http as versions
from services.access.policies.simulations import Simulations
from services.access.protections import http as protections
from services.access.protections.answers import AnswerHandler
from services.access.protections.clearing import ClearingHandler
from services.access.provenance.key import KeyInFile
from services.access.provenance.studio import Studio
from services.access.recovery import CONSUMER, OWN_TOPICS, catch_up
from services.access.requests import http as requests
from services.access.requests import submission_http as submission
from services.access.shelf import Shelf
from services.access.status import http as status
from services.access.vault import http as shredding
from services.access.vault.fitting import Held, VaultKeyRefused, fitting_key, oldest_and_newest
from services.access.vault.keys import KeyBox
from services.access.vault.settings import VaultSettings
from services.access.vault.shredding import Shredder
from services.access.vault.store import Vault
from services.access.viewing import copies_http as copies
from services.access.viewing import http as viewing
from services.access.viewing import transfers_http as transfers
from services.access.viewing.copy_files import CopyKeeper
from services.runtime import database, migrate, printing
from services.runtime.codec import Codec
from services.runtime.deadletter_http import dead_letter_router
from services.runtime.http import HttpPart, new_app
from services.runtime.logs import logger
from services.runtime.open_letters import letters_counted
from services.runtime.outbox import Outbox
from services.runtime.process import Part, Ticker, run_service
from services.runtime.registry import open_registry
from services.runtime.relay import Relay
from services.runtime.settings import Settings
from services.runtime.topic_ids import meet_before_reading
from services.runtime.worker import Handler, Worker

VAULT = "vault"
CLOCKS_EVERY_S = 6.0
COPIES_EVERY_S = 10.0
BREAK_GLASS_EVERY_S = 10.0
BULK_VIEWINGS_EVERY_S = 60.0
LIVE_EVERY_S = 1.0
SHREDDING_EVERY_S = 600.0
OPEN_THE_VAULT = frozenset({"all", "http", "worker"})  # roles


def main(role: str = "all", settings: Settings | None = None) -> int:
    """Run access: all parts in one process, or the parts of one role. Returns the exit code."""
    settings = settings or Settings(service=SERVICE)
    prepare(settings)
    if OPEN_THE_VAULT & set(role.split(",")):
        try:
            key_box(settings, asyncio.run(_held_by_the_vault(settings)))
        except (VaultKeyRefused, KeyFileUnsafe) as refused:
            logger().critical("vault.refused", reason=str(refused))
            return os.EX_CONFIG
    desk = desk_for(settings)
    # A0: nothing is accepted and nothing cleared before our own log has been read to its end.
    asyncio.run(_recover(settings, desk.codec))
    return run_service(SERVICE, settings, parts(settings, desk), role=role)


def prepare(settings: Settings) -> None:
    """Create and migrate the two databases of this service."""
    migrate.migrate(settings, SERVICE)
    migrate.migrate(settings, VAULT, package="services.access.vault")


def desk_for(settings: Settings) -> Desk:
    """Return outbox, codec and packs of this process."""
    codec = Codec(open_registry(settings))
    shelf = Shelf(settings.policies, settings.home / "access" / "policies")
    return Desk(outbox=Outbox(SERVICE, codec, settings), codec=codec, shelf=shelf)


def parts(settings: Settings, desk: Desk) -> list[Part]:
    """Return everything that runs: HTTP, relay, clearing, answers, clocks."""
    answers = ["custody.events", "camera.events"]
    return [
        HttpPart(settings, lambda: build_app(settings, desk)),
        Relay(settings, SERVICE),
        Worker("access.deletions", ["deletion.commands"], ClearingHandler(desk), settings, SERVICE, desk.codec),
        Worker("access.answers", answers, AnswerHandler(desk), settings, SERVICE, desk.codec),
        letters_counted(settings, SERVICE),
        Ticker("clocks", CLOCKS_EVERY_S, Clocks(desk).turn, settings, SERVICE),
        Ticker("break_glass", BREAK_GLASS_EVERY_S, TimeLimits(desk).turn, settings, SERVICE),
        Ticker("bulk_viewings", BULK_VIEWINGS_EVERY_S, OverdueAlarms(desk).turn, settings, SERVICE),
        # Beside HTTP, where the bytes of copies lie.
        Ticker("copies", COPIES_EVERY_S, CopyKeeper(desk, settings).turn, settings, SERVICE, role="http"),
        Ticker("live", LIVE_EVERY_S, LiveWatch(desk, settings, LiveSettings()).turn, settings, SERVICE),
        Ticker("shredding", SHREDDING_EVERY_S, Shredder(desk, lambda: vault_for(settings)).turn, settings, SERVICE),
    ]


def build_app(settings: Settings, desk: Desk) -> FastAPI:
    """Return the HTTP interface; the vault's engine belongs to the event loop that serves it."""
    handlers: dict[str, Handler] = {"access.deletions": ClearingHandler(desk), "access.answers": AnswerHandler()}
    routers = [
        submission.router,
        requests.router,
        forms.router,
        registers.router,
        protections.router,
        viewing.router,
        media.router,
        copies.router,
        bundle.router,
        transfers.router,
        policies.router,
        projects.router,
        live.router,
        points.router,
        versions.router,
        simulations.router,
        shredding.router,
        break_glass.router,
        alarms.router,
        status.router,
        *console.routers(),
        dead_letter_router(handlers, desk.codec, desk.discarded),
    ]
    app = new_app(SERVICE, settings, title="camledger access", routers=routers)
    app.state.desk = desk
    app.state.simulations = Simulations(settings, desk)
    app.state.vault = vault_for(settings)
    app.state.console = Console.made(ConsoleSettings())
    app.state.press = printing.press()
    app.state.media = MediaGateway.made(settings, desk)
    app.state.live = Gateway.made(LiveSettings())
    app.state.studio = Studio(KeyInFile(signing_key_file(settings)))
    # Before everything that looks at answers: bytes of footage go from disk to socket.
    app.middleware_stack = Door(app.build_middleware_stack())
    return app


def vault_for(settings: Settings) -> Vault:
    """Return the door to personal data; its engine belongs to the event loop that first uses it."""
    return Vault(database.engine(settings, VAULT, pool=2), key_box(settings))


def key_box(settings: Settings, held: Sequence[Held] = ()) -> KeyBox:
    """Return the key-encryption key, which must open what is held. Raises VaultKeyRefused or KeyFileUnsafe."""
    return fitting_key(held, key_file(settings), may_make=VaultSettings().may_make)


def key_file(settings: Settings) -> Path:
    """Return where the key-encryption key lies: outside every database."""
    return VaultSettings().key_at(settings.home)


def signing_key_file(settings: Settings) -> Path:
    """Return where the key lies that signs copies, with its certificates."""
    return settings.home / "access" / "copies.pem"


async def _held_by_the_vault(settings: Settings) -> list[Held]:
    engine = database.engine(settings, VAULT, pool=1, application="access.vault")
    try:
        return await oldest_and_newest(engine)
    finally:
        await engine.dispose()


async def _recover(settings: Settings, codec: Codec) -> None:
    engine = database.engine(settings, SERVICE, application="access.recovery")
    try:
        await meet_before_reading(engine, settings, CONSUMER, OWN_TOPICS)
        await catch_up(engine, settings, codec)
    finally:
        await engine.dispose()
