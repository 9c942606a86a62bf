"""Real Kafka and real Postgres for every test that asks: started once a session, each test in a corner of its own."""

import asyncio
import os
import signal
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from confluent_kafka.admin import AdminClient
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from services.runtime.embedded import Stack
from services.runtime.logs import logger
from services.runtime.settings import Settings

# What the command line prints is tested as it goes to a file; its first import decides how wide that is.
os.environ.pop("COLUMNS", None)

# No test speaks TLS, but httpx reads the machine's certificates for every client, 34 ms each. Here lie none.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)

# The same commit has the same answer: what a property is tried with follows from the test's own source here, and from a
# seed that `make properties` prints.
settings.register_profile("repeatable", derandomize=True, print_blob=True)
settings.load_profile("default" if os.environ.get("CAMLEDGER_TEST_FRESH_EXAMPLES") else "repeatable")

# What explains a failure best runs first.
PURE = ("unit", "scenarios", "schemas", "contract", "helm", "simulation")
ORDER = (*PURE, "integration", "api", "browser", "acceptance")
TESTS = Path(__file__).parent
ONE_INSTALLATION = (
    "tests/acceptance",
    "tests/api",
    "tests/browser",
    "tests/integration/clauses",
    "tests/integration/operations",
)
AS_IT_STARTS = Settings()
KAFKA, DATABASE = "CAMLEDGER_TEST_KAFKA", "CAMLEDGER_TEST_DATABASE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the session's broker and database are."""

    bootstrap_servers: str
    dsn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """The session's broker; a test names its topics ``prefix`` and something, and they are removed after it."""

    bootstrap_servers: str
    prefix: str


def pytest_configure(config: pytest.Config) -> None:
    """With ``-n``: start broker and database once, before the workers, who find the addresses in their environment."""
    # A shell that starts us in the background has SIGINT ignored, and everything that a test interrupts inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None) or _given():
        return
    running = ExitStack()
    config.add_cleanup(running.close)
    folder = running.enter_context(tempfile.TemporaryDirectory(prefix="camledger-tests-"))
    embedded = running.enter_context(Stack(Path(folder)))
    os.environ[KAFKA], os.environ[DATABASE] = embedded.bootstrap_servers, embedded.dsn


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort by folder: fast and pure first; for several workers last, where it fills what the long ones leave."""
    items.sort(key=lambda item: _rank(item.path), reverse=hasattr(config, "workerinput"))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """With ``-n``: hand out in our order what shares an installation or a file, each as one piece."""
    config.option.loadscopereorder = False
    return Pieces(config, log)


class Pieces(LoadScopeScheduling):  # type: ignore[misc] # without types
    """A folder with one installation, or a file, goes to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in ONE_INSTALLATION if file.startswith(folder)), file)


def _rank(path: Path) -> int:
    folder = path.relative_to(TESTS).parts[0]
    return ORDER.index(folder) if folder in ORDER else len(ORDER)


@pytest.fixture(autouse=True)
def log_as_it_starts() -> None:
    """What one test asked of the log isn't asked of the next."""
    logger().configure(AS_IT_STARTS)


@pytest.fixture(scope="session")
def stack() -> Iterator[Addresses]:
    """Broker and database: those named by CAMLEDGER_TEST_KAFKA and CAMLEDGER_TEST_DATABASE, else embedded ones."""
    if given := _given():
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="camledger-tests-") as folder, Stack(Path(folder)) as embedded:
        yield Addresses(bootstrap_servers=embedded.bootstrap_servers, dsn=embedded.dsn)


def _given() -> Addresses | None:
    kafka, database = os.environ.get(KAFKA), os.environ.get(DATABASE)
    return Addresses(bootstrap_servers=kafka, dsn=database) if kafka and database else None


@pytest.fixture
def database(stack: Addresses) -> Iterator[str]:
    """DSN of a fresh database; it and every other whose name begins with its name are dropped after the test."""
    name = f"t{uuid.uuid4().hex[:12]}"
    asyncio.run(_execute(stack.dsn, f"CREATE DATABASE {name}"))
    yield in_database(stack.dsn, name)
    asyncio.run(_drop_all(stack.dsn, name))


@pytest.fixture
def kafka(stack: Addresses) -> Iterator[Broker]:
    """The broker with a topic prefix that no other test has; nothing is created beforehand."""
    broker = Broker(bootstrap_servers=stack.bootstrap_servers, prefix=f"t{uuid.uuid4().hex[:12]}.")
    yield broker
    _remove_topics(broker)


def in_database(dsn: str, name: str) -> str:
    """Return the same server's address with another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


def _remove_topics(broker: Broker) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
    topics = [name for name in admin.list_topics(timeout=10).topics if name.startswith(broker.prefix)]
    for removed in admin.delete_topics(topics).values() if topics else ():
        removed.result()


async def _drop_all(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        found = await connection.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", name)
        for row in found:
            await connection.execute(f'DROP DATABASE IF EXISTS "{row["datname"]}" WITH (FORCE)')
    finally:
        await connection.close()


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
