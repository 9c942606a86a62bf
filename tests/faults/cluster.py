"""Three embedded brokers as one cluster: every topic on all three, a write is acknowledged once two have it."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from services.runtime.embedded.kafka import KafkaBroker, Node, new_cluster
from services.runtime.embedded.ports import choose
from tests.faults.proxy import Proxy, Upstream

NODES = (1, 2, 3)
ASK_S = 3.0
REPLICATED = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
    # A replica that stands still leaves the quorum of acknowledgements soon, or every fault would last half a minute.
    "replica.lag.time.max.ms": "6000",
    # Leaders go back to their first replica soon after a broker has returned: they move twice with each of its faults.
    "leader.imbalance.check.interval.seconds": "5",
    "leader.imbalance.per.broker.percentage": "0",
}


class Cluster:
    """Brokers that talk to each other directly, and to the services only through wires that can be cut."""

    def __init__(self, folder: Path, proxy: Proxy) -> None:
        self._ports = _ports()
        cluster = new_cluster()
        self.brokers: dict[int, KafkaBroker] = {}
        for number in NODES:
            wire = proxy.add(f"kafka-{number}", Upstream(port=self._ports["client", number]))
            place = folder / f"kafka-{number}"
            (place / "run").mkdir(parents=True)
            known = {kind: self._ports[kind, number] for kind in ("kafka", "controller")}
            (place / "run" / "ports.json").write_text(json.dumps(known))
            node = Node(cluster=cluster, settings=self._settings(number, wire.port))
            self.brokers[number] = KafkaBroker(place, place / "run", node)
        self._wires = ",".join(f"127.0.0.1:{proxy.wires[f'kafka-{number}'].port}" for number in NODES)

    @property
    def through_wires(self) -> str:
        """Addresses for the services."""
        return self._wires

    @property
    def direct(self) -> str:
        """Addresses that no fault of the network touches: for the checker."""
        return ",".join(f"127.0.0.1:{self._ports['kafka', number]}" for number in NODES)

    def start(self) -> None:
        """Start all; return when each answers. Call from the main thread: the brokers end with it."""
        for broker in self.brokers.values():
            broker.start()
        for broker in self.brokers.values():
            broker.wait_ready()

    def stop(self) -> None:
        """End all in good order."""
        for broker in self.brokers.values():
            broker.stop()

    def leader_of(self, topic: str) -> int:
        """Return the node that leads the first partition of a topic, 0 while nobody does."""
        try:
            found = self._admin.list_topics(topic, timeout=ASK_S).topics[topic].partitions
        except KafkaException:
            return 0
        return max(0, found[0].leader) if found else 0

    @cached_property
    def _admin(self) -> AdminClient:
        # Brokers that are down say nothing on our terminal.
        return AdminClient({"bootstrap.servers": self.direct, "log_level": 0})

    def _settings(self, number: int, wire: int) -> dict[str, str]:
        at = {kind: f"127.0.0.1:{self._ports[kind, number]}" for kind in ("kafka", "client", "controller")}
        voters = ",".join(f"{node}@127.0.0.1:{self._ports['controller', node]}" for node in NODES)
        own = {
            "node.id": str(number),
            "listeners": f"PLAINTEXT://{at['kafka']},CLIENT://{at['client']},CONTROLLER://{at['controller']}",
            "advertised.listeners": f"PLAINTEXT://{at['kafka']},CLIENT://127.0.0.1:{wire}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.quorum.voters": voters,
        }
        return own | REPLICATED


def _ports() -> dict[tuple[str, int], int]:
    found: dict[tuple[str, int], int] = {}
    for kind in ("kafka", "client", "controller"):
        for number in NODES:
            found[kind, number] = choose(set(found.values()))
    return found
