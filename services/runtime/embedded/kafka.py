"""The embedded broker: one KRaft node, loopback only, with settings for a small machine and ours alone."""

import os
import shutil
import signal
import socket
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from services.runtime.embedded import class_archive
from services.runtime.embedded.jars import kafka_jars
from services.runtime.embedded.java import find_java
from services.runtime.embedded.ports import remembered_ports
from services.runtime.embedded.process import Child, Program, Server

SETTINGS = Path(__file__).with_name("kafka.properties")
START_SECONDS_MAX = 180.0
STOP_SECONDS_MAX = 30.0
FORMAT_SECONDS_MAX = 180.0
HEAP_MAX = "256m"

# Chosen for resident memory: the broker idles most of its life beside five Python processes and a database.
JVM_OPTIONS = (
    # What lives takes 35 MB: with room for it from the start nothing is collected whole, 70 ms each time, to find some.
    "-Xms64m",
    "-Xmn12m",
    f"-Xmx{HEAP_MAX}",
    "-Xss256k",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:ReservedCodeCacheSize=48m",
    "-XX:MaxMetaspaceSize=128m",
    "-XX:MaxDirectMemorySize=64m",
    "-XX:MinHeapFreeRatio=15",
    "-XX:MaxHeapFreeRatio=30",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.net.preferIPv4Stack=true",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What makes a broker one of several: the cluster's id, and settings that win over those of a broker alone."""

    cluster: str = ""  # empty: made up when the folder is formatted
    settings: Mapping[str, str] = field(default_factory=dict)


def new_cluster() -> str:
    """Return a random cluster id in Kafka's own form; one that begins with a dash would be read as an option."""
    while (made := urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return made


class KafkaBroker(Server):
    """A broker on ``folder``; restarting it on the same folder continues the same log."""

    start_seconds_max = START_SECONDS_MAX

    def __init__(
        self, folder: Path, run_folder: Path, node: Node | None = None, java_options: tuple[str, ...] | None = None
    ) -> None:
        """``java_options`` come after those of ``JVM_OPTIONS``; by default the class archive's, if there is one."""
        self._folder = folder
        self._log_folder = folder / "log"
        self._settings = folder / "server.properties"
        self._run_folder = run_folder
        self._node = node or Node()
        self._java_options = java_options
        self._ports: dict[str, int] = {}

    @property
    def bootstrap_servers(self) -> str:
        """Where clients connect, ``host:port``."""
        return f"127.0.0.1:{self._ports['kafka']}"

    def start(self) -> None:
        """Begin to start; ``wait_ready`` tells when clients can connect."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        java, jars = find_java(), kafka_jars()
        class_path, archived = os.pathsep.join(map(str, jars)), class_archive.using(java, jars)
        options = (*JVM_OPTIONS, *(archived if self._java_options is None else self._java_options), "-cp", class_path)
        child = Child(self._run_folder, self._program("kafka", java, *options, "kafka.Kafka", str(self._settings)))
        child.end_leftover()
        self._ports = remembered_ports(self._run_folder / "ports.json", ("kafka", "controller"))
        self._write_settings(self._log_folder)
        if not (self._log_folder / "meta.properties").exists():
            self._format(java, *JVM_OPTIONS, *archived, "-cp", class_path)
        self._child = child
        child.start()

    def _program(self, name: str, java: Path, *arguments: str) -> Program:
        return Program(
            name=name,
            command=(str(java), *arguments),
            log=self._folder / "broker.log",
            stop_signal=signal.SIGTERM,
            stop_seconds_max=STOP_SECONDS_MAX,
            environment=_environment(),
        )

    def _format(self, java: Path, *options: str) -> None:
        # Formatting elsewhere and renaming: a run that was cut off never leaves a half-formatted folder.
        fresh = self._folder / "log.formatting"
        shutil.rmtree(fresh, ignore_errors=True)
        self._write_settings(fresh)
        cluster = self._node.cluster or new_cluster()
        tool = ("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._settings))
        Child(self._run_folder, self._program("kafka-format", java, *options, *tool)).run(FORMAT_SECONDS_MAX)
        fresh.rename(self._log_folder)
        self._write_settings(self._log_folder)

    def _write_settings(self, log_folder: Path) -> None:
        broker, controller = f"127.0.0.1:{self._ports['kafka']}", f"127.0.0.1:{self._ports['controller']}"
        own = {
            "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{broker}",
            "controller.quorum.voters": f"1@{controller}",
            "log.dirs": _escaped(log_folder),
        }
        lines = [f"{name}={value}\n" for name, value in (own | dict(self._node.settings)).items()]
        self._settings.write_text(SETTINGS.read_text() + "".join(lines))

    def _answers(self) -> bool:
        # A plain connection first: librdkafka would log every refused one.
        try:
            socket.create_connection(("127.0.0.1", self._ports["kafka"]), timeout=1).close()
            return bool(AdminClient({"bootstrap.servers": self.bootstrap_servers}).list_topics(timeout=5).brokers)
        except (OSError, KafkaException):
            return False


def _escaped(path: Path) -> str:
    # A properties file is Latin-1 with Java's escapes: a folder named 資料 would become another folder.
    units = str(path).encode("utf-16-be")
    codes = [units[at] << 8 | units[at + 1] for at in range(0, len(units), 2)]
    return "".join(chr(code) if chr(code).isascii() and chr(code) != "\\" else f"\\u{code:04x}" for code in codes)


def _environment() -> dict[str, str]:
    # Options that a person's shell sets for other Java programs must not reach the broker. Java takes the encoding of
    # file names from the locale. One malloc arena per core and thread would cost more memory than the heap.
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}
