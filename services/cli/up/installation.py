"""One installation: starts what it needs in order, says when it is ready, keeps it running, stops it in order."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Self
from urllib.request import urlopen

from services.cli.up.barring import bar
from services.cli.up.children import Child, load_ahead, once
from services.cli.up.home import Home
from services.cli.up.people import CUSTODIAN, DEMO_PEOPLE, SERVICES, DemoPerson
from services.cli.up.preparing import prepare
from services.runtime.embedded import CannotStart, Stack
from services.runtime.memory import settle

READY_SECONDS_MAX = 180.0
READY_ANSWER_SECONDS = 2.0
POLL_SECONDS = 0.1
# A broker or database that ends by itself starts again, but not for ever: something is wrong with its disk then.
REVIVALS_MAX, REVIVALS_WITHIN_SECONDS = 5, 600.0

Say = Callable[[str], None]


class NotReady(Exception):
    """A part didn't become ready in time; the message names its log."""


class Stopped(Exception):
    """Somebody asked for an end before everything was ready."""


class Installation:
    """Everything on one machine; ``with Installation(folder) as it`` returns when all of it answers.

    ``kafka`` and ``database`` point at real ones; without them an embedded broker and database run as children.
    Raises DataFolderInUse, CannotStart, DownloadRefused, NotReady, or Stopped once ``stop`` is set; nothing runs then.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        kafka: str | None = None,
        database: str | None = None,
        say: Say = print,
        accepted: Sequence[str] | None = None,
        people: tuple[DemoPerson, ...] = DEMO_PEOPLE,
        stop: Event | None = None,
    ) -> None:
        self._stop_asked = stop or Event()
        self._people = people
        self.home = Home(folder.absolute())
        self._port, self._kafka, self._database, self._say, self._accepted = port, kafka, database, say, accepted
        self._stack = None if kafka and database else Stack(self.home.stack)
        self.children: list[Child] = []
        self._revived: list[float] = []
        self.urls: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def kafka(self) -> str:
        if self._kafka:
            return self._kafka
        assert self._stack is not None
        return self._stack.bootstrap_servers

    @property
    def database(self) -> str:
        if self._database:
            return self._database
        assert self._stack is not None
        return self._stack.dsn

    def start(self) -> None:
        """Start everything and return when every service says that it is ready."""
        self.home.prepare()
        if self._stack is not None:
            self._stack.refuse_second()
        ports = _free_ports(len(SERVICES), self._port)
        load_ahead()
        if self._stack is not None:
            self._say("starting Kafka and Postgres")
            self._stack.start()
        self._go_on()
        self.home.write_addresses(self.kafka, self.database)
        self.tokens = self.home.tokens(self._people)
        self.urls = {name: f"http://127.0.0.1:{port}" for name, port in zip(SERVICES, ports, strict=True)}
        self._prepare()
        self._examine()
        self._go_on()
        self.children = [self._child(name) for name in SERVICES]
        self._say("starting " + ", ".join(child.name for child in self.children))
        for child in self.children:
            child.start()
        self._wait_ready()
        # Its tables are analytics' own, which has made them by now.
        live = self._child("analytics", "analytics.live", "services.analytics.live")
        live.start()
        self.children.append(live)
        self.home.write_client(self.urls, self.tokens)
        settle()

    def tend(self) -> None:
        """Look after every process once, and start again what has ended by itself; call it regularly.

        Raises CannotStart when broker or database can't be kept running. Call it from the thread that started them.
        """
        for child in self.children:
            if happened := child.tend():
                self._say(f"{happened} (its log: {child.log})")
        if self._stack is not None and (ended := self._stack.ended()):
            self._revive(self._stack, ended)

    def stop(self) -> None:
        """Stop the services, then broker and database: whoever writes stops before who keeps."""
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            child.wait_stopped()
        if self._stack is not None:
            self._stack.stop()

    def pids(self) -> dict[str, int | None]:
        """Return every process of the installation by name."""
        return {
            **(self._stack.pids() if self._stack else {}),
            **{child.name: child.pid for child in self.children},
        }

    def _revive(self, stack: Stack, ended: str) -> None:
        now = time.monotonic()
        self._revived = [at for at in self._revived if now - at < REVIVALS_WITHIN_SECONDS] + [now]
        if len(self._revived) > REVIVALS_MAX:
            raise CannotStart(f"{ended} ends again and again: see its log below {self.home.stack}. Nothing is lost.")
        self._say(f"{ended} ended by itself; it starts again on the same data")
        stack.revive()

    def _prepare(self) -> None:
        if once(prepare, self.kafka, self.database):
            raise NotReady(
                "topics and tables are not as they must be and could not be made so; the reason stands above"
            )

    def _examine(self) -> None:
        if self._accepted is None:
            return
        about = (self.kafka, self.database, self.home.root, self._accepted, self.home.logs / "start.log")
        if once(bar, *about):
            raise NotReady("nothing was started; the reason stands above")

    def _child(self, service: str, name: str = "", module: str = "") -> Child:
        log = self.home.logs / f"{name or service}.log"
        return Child(name or service, module or f"services.{service}", self._environment(service), log)

    def _environment(self, service: str) -> dict[str, str]:
        names = {f"CAMLEDGER_{peer.upper()}_URL": url for peer, url in self.urls.items()}
        # Whoever runs this on his own machine may hand over files from where he stands; his own settings win.
        roots = json.dumps([str(self.home.root), str(Path.cwd())])
        defaults = {
            "CAMLEDGER_INGEST_ROOTS": roots,
            "CAMLEDGER_INGEST_CUSTODIAN": CUSTODIAN,
            # The people of this installation are made up, and the console says so on every page.
            "CAMLEDGER_CONSOLE_IDENTITY": "demo",
        }
        return {
            **{name: os.environ.get(name, value) for name, value in defaults.items()},
            **names,
            "CAMLEDGER_KAFKA": self.kafka,
            "CAMLEDGER_DATABASE": self.database,
            "CAMLEDGER_HOME": str(self.home.root),
            "CAMLEDGER_PEOPLE": str(self.home.people_file),
            "CAMLEDGER_HTTP_PORT": self.urls[service].rpartition(":")[2],
            "CAMLEDGER_SERVICE_TOKEN": self.tokens[f"service-{service}"],
        }

    def _go_on(self) -> None:
        if self._stop_asked.is_set():
            raise Stopped

    def _wait_ready(self) -> None:
        waiting = dict(self.urls)
        until = time.monotonic() + READY_SECONDS_MAX
        while waiting:
            self._go_on()
            self.tend()
            for name in [name for name, url in waiting.items() if _is_ready(url)]:
                del waiting[name]
                self._say(f"{name} is ready")
            if waiting and time.monotonic() > until:
                logs = ", ".join(str(self.home.logs / f"{name}.log") for name in waiting)
                raise NotReady(f"{', '.join(waiting)} not ready after {READY_SECONDS_MAX:.0f} s; see {logs}")
            time.sleep(POLL_SECONDS)


def _is_ready(url: str) -> bool:
    try:
        with urlopen(f"{url}/health/ready", timeout=READY_ANSWER_SECONDS) as answer:  # noqa: S310 - our own loopback URL
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


def _free_ports(count: int, first: int) -> list[int]:
    """Return ports that were free just now; ``first`` > 0 asks for that many from there on, for a stable address."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for number, one in enumerate(sockets):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", first + number if first else 0))
        return [one.getsockname()[1] for one in sockets]
    except OSError as error:
        wanted = f"ports {first} to {first + count - 1}" if first else "a free port"
        raise NotReady(f"{wanted}: {error.strerror}; choose others with --port") from None
    finally:
        for one in sockets:
            one.close()
