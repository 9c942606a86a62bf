"""One installation to break: cluster, database, a small disk, and every service in two processes, behind wires."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from services.cli.up.children import Child, load_ahead, once
from services.cli.up.home import Home
from services.cli.up.people import CUSTODIAN
from services.cli.up.preparing import prepare
from services.runtime.embedded.postgres import PostgresServer, socket_folder
from tests.fakes.ledger_world import free_port
from tests.faults.clock import Clock
from tests.faults.cluster import Cluster
from tests.faults.proxy import Proxy, Upstream

DISK_BYTES = 96 * 1024 * 1024
READY_SECONDS_MAX = 240.0
POLL_S = 0.2
API = ("ingest", "retention", "access")
# The second process of each service does all but HTTP: it takes over from one that freezes, which then wakes beside it.
ROLES = {
    "ingest": ("--role", "all"),
    "retention": ("--role", "all"),
    "access": ("--role", "all"),
    "ingest-2": ("--role", "relay,worker,custody,deleting"),
    "retention-2": ("--role", "relay,worker,sweep"),
    "access-2": ("--role", "relay,worker"),
}

Say = Callable[[str], None]


class NeverReady(Exception):
    """A part didn't answer in time; the message names where its log is."""


class City:
    """Everything as processes of ours below one folder. Start it from the main thread: brokers end with that."""

    def __init__(self, folder: Path, say: Say) -> None:
        self.home = Home(folder / "home")
        self._folder, self._say = folder, say
        self._stopping = ExitStack()
        self.children: dict[str, Child] = {}
        self.restarts = 0
        self.clock = Clock.create(folder)
        self.disk: Path | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stopping.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.close()

    @property
    def store(self) -> Path:
        """Where the bytes of footage lie."""
        return (self.disk or self._folder) / "store"

    def tend(self) -> None:
        """Start again what has ended by itself, as a platform would."""
        for name, child in self.children.items():
            if child.tend():
                self.restarts += 1
                self._say(f"{name} ended and starts again")

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a service process, if it is there."""
        if pid := self.children[name].pid:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def ready(self) -> bool:
        """Whether every process lives and every interface says that it is ready."""
        return all(child.pid for child in self.children.values()) and all(map(_is_ready, self.urls.values()))

    def wait_ready(self, seconds: float = READY_SECONDS_MAX) -> None:
        """Tend until all is ready; raises NeverReady."""
        until = time.monotonic() + seconds
        while not self.ready():
            self.tend()
            if time.monotonic() > until:
                raise NeverReady(f"services not ready after {seconds:.0f} s; see {self.home.logs}")
            time.sleep(POLL_S)

    def fill_disk(self) -> None:
        """Leave no byte on the store's volume."""
        assert self.disk is not None
        with suppress(OSError), (self.disk / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(1 << 20))
        with suppress(OSError), (self.disk / "ballast").open("ab", buffering=0) as ballast:
            while True:
                ballast.write(bytes(512))

    def free_disk(self) -> None:
        """Give the room back."""
        assert self.disk is not None
        (self.disk / "ballast").unlink(missing_ok=True)

    def _start(self) -> None:
        self.home.prepare()
        load_ahead()
        self.proxy = self._stopping.enter_context(Proxy())
        self.disk = self._volume()
        self._say("starting three brokers and a database")
        run = self._folder / "run"
        run.mkdir()
        environment = self.clock.environment if self.clock else {}
        self.postgres = PostgresServer(self._folder / "postgres", run, environment)
        self.cluster = Cluster(self._folder, self.proxy)
        for server in (self.cluster, self.postgres):
            self._stopping.callback(server.stop)
            server.start()
        self.postgres.wait_ready()
        self.proxy.add("postgres", Upstream(socket=str(socket_folder(run) / ".s.PGSQL.5432")))
        self._start_services()

    def _start_services(self) -> None:
        self.urls = {name: f"http://127.0.0.1:{free_port()}" for name in API}
        tokens = self.home.tokens()
        os.environ["CAMLEDGER_REPLICATION"] = "3"
        if once(prepare, self.cluster.through_wires, self._database):
            raise NeverReady("topics and tables couldn't be made; the reason stands above")
        self._say("starting " + ", ".join(ROLES))
        self._stopping.callback(self._stop_services)
        for name, roles in ROLES.items():
            service = name.partition("-")[0]
            child = Child(name, f"services.{service}", self._environment(name, tokens), self._log(name), roles)
            self.children[name] = child
            child.start()
        self.wait_ready()
        self.home.write_client(self.urls, tokens)

    def _environment(self, name: str, tokens: dict[str, str]) -> dict[str, str]:
        service = name.partition("-")[0]
        port = self.urls[service].rpartition(":")[2] if name in API else "0"
        return {
            **{f"CAMLEDGER_{peer.upper()}_URL": url for peer, url in self.urls.items()},
            "CAMLEDGER_KAFKA": self.cluster.through_wires,
            "CAMLEDGER_DATABASE": self._database,
            "CAMLEDGER_REPLICATION": "3",
            "CAMLEDGER_HOME": str(self.home.root),
            "CAMLEDGER_PEOPLE": str(self.home.people_file),
            "CAMLEDGER_HTTP_PORT": port,
            "CAMLEDGER_SERVICE_TOKEN": tokens[f"service-{service}"],
            "CAMLEDGER_STORAGE": str(self.store),
            "CAMLEDGER_INGEST_ROOTS": json.dumps([str(self.home.incoming)]),
            "CAMLEDGER_INGEST_CUSTODIAN": CUSTODIAN,
            "CAMLEDGER_INGEST_RESERVE_BYTES": "0",
        }

    def _stop_services(self) -> None:
        for child in self.children.values():
            if child.pid:
                os.kill(child.pid, signal.SIGCONT)
            child.ask_to_stop()
        for child in self.children.values():
            child.wait_stopped()

    @property
    def _database(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.proxy.wires['postgres'].port}/postgres"

    def _log(self, name: str) -> Path:
        return self.home.logs / f"{name}.log"

    def _volume(self) -> Path | None:
        """Mount a volume so small that it can be filled; None where this machine doesn't let us."""
        place = self._folder / "volume"
        place.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(place)]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            return None
        self._stopping.callback(lambda: subprocess.run(["umount", "--lazy", str(place)], check=False))
        return place


def _is_ready(url: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{url}/health/ready", timeout=2).status_code == httpx.codes.OK
    return False
