"""Broker and database together on one data folder: what ``camledger up``, the demo and the tests stand on."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from services.runtime.embedded.kafka import KafkaBroker
from services.runtime.embedded.locks import DataFolderLock
from services.runtime.embedded.postgres import PostgresServer


class Stack:
    """One broker and one database as our children.

    They end with this process, however it ends. Start it from the main thread: on Linux a child's life hangs on the
    thread that started it. Starting again on the same folder continues where the last run ended.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._run_folder = self._folder / "run"
        self._stopping = ExitStack()
        self.kafka = KafkaBroker(self._folder / "kafka", self._run_folder)
        self.postgres = PostgresServer(self._folder / "postgres", self._run_folder)

    @property
    def bootstrap_servers(self) -> str:
        """Kafka's address, ``host:port``."""
        return self.kafka.bootstrap_servers

    @property
    def dsn(self) -> str:
        """Postgres superuser's address, database ``postgres``."""
        return self.postgres.dsn

    def refuse_second(self) -> None:
        """Raises DataFolderInUse if another process has the folder, before anything is started."""
        self._run_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = DataFolderLock(self._folder, self._run_folder / "lock")
        lock.acquire()
        lock.release()

    def start(self) -> None:
        """Return when both take connections.

        Raises DataFolderInUse if another process has the folder, CannotStart with the end of a log, DownloadRefused.
        """
        for folder in (self._folder, self._run_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as started:
            lock = DataFolderLock(self._folder, self._run_folder / "lock")
            lock.acquire()
            started.callback(lock.release)
            for server in (self.kafka, self.postgres):
                started.callback(server.stop)
                server.start()
            self.kafka.wait_ready()
            self.postgres.wait_ready()
            self._stopping = started.pop_all()

    def stop(self) -> None:
        """End both in good order and free the folder; twice is once."""
        self._stopping.close()

    def ended(self) -> str | None:
        """Name the one that is no longer running, or None while both are."""
        return next((name for name, pid in self.pids().items() if pid is None), None)

    def revive(self) -> None:
        """Start again what has ended, on the same data and address; return when it takes connections.

        Call it from the thread that started the stack. Raises CannotStart.
        """
        for server in (self.kafka, self.postgres):
            if server.pid is None:
                server.start()
                server.wait_ready()

    def pids(self) -> dict[str, int | None]:
        """The process id of each, None where it isn't running."""
        return {"kafka": self.kafka.pid, "postgres": self.postgres.pid}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
