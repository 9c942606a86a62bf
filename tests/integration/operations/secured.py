"""A broker of our own that knows who calls and denies whatever no line of the access control list allows."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from services.runtime.acl import grants
from services.runtime.embedded.kafka import KafkaBroker
from services.runtime.settings import Settings

ADMIN = "admin"


def password_of(principal: str) -> str:
    """Return the password that this broker takes from a principal."""
    return f"secret of {principal}"


def security(principal: str) -> dict[str, str]:
    """Return librdkafka's settings to log in as a principal."""
    return {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": principal,
        "sasl.password": password_of(principal),
    }


class SecuredBroker(KafkaBroker):
    """The embedded broker with passwords and Kafka's own authorizer; its only client listener asks for both."""

    def __init__(self, folder: Path, principals: Iterable[str]) -> None:
        super().__init__(folder / "kafka", folder / "run")
        (folder / "run").mkdir(parents=True)
        self._users = {ADMIN, *principals}

    def settings(self, principal: str, prefix: str = "camledger.") -> Settings:
        """Return the settings of a client that logs in as ``principal``."""
        service = principal.removeprefix("camledger-")
        given = security(principal)
        return Settings(service=service, kafka=self.bootstrap_servers, kafka_security=given, topic_prefix=prefix)

    def allow(self, prefix: str, agencies: Iterable[str]) -> None:
        """Apply the list that ``services.runtime.acl`` generates, as an administrator does."""
        admin = AdminClient(dict(self.settings(ADMIN).client()))
        for made in admin.create_acls([grant.binding() for grant in grants(prefix, agencies)]).values():
            made.result(30)

    def _write_settings(self, log_folder: Path) -> None:
        super()._write_settings(log_folder)
        plain = self._settings.read_text().replace("PLAINTEXT://", "SASL_PLAINTEXT://")
        users = " ".join(f'user_{name}="{password_of(name)}"' for name in sorted(self._users))
        login = f'org.apache.kafka.common.security.plain.PlainLoginModule required username="{ADMIN}"'
        own = {
            "listener.security.protocol.map": "SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "SASL_PLAINTEXT",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.sasl_plaintext.plain.sasl.jaas.config": f'{login} password="{password_of(ADMIN)}" {users};',
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            # Without a name one comes by the controller's port alone, where no client's request is answered.
            "super.users": f"User:{ADMIN};User:ANONYMOUS",
        }
        self._settings.write_text(plain + "".join(f"{name}={value}\n" for name, value in own.items()))

    def _answers(self) -> bool:
        try:
            # Until the port is open librdkafka would log every refused connection.
            socket.create_connection(("127.0.0.1", self._ports["kafka"]), timeout=1).close()
            return bool(AdminClient(dict(self.settings(ADMIN).client())).list_topics(timeout=5).brokers)
        except (OSError, KafkaException):
            return False
