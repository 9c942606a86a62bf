"""Who may do what on the broker: one writer a topic (I10), readers as services need them, agencies their audit log."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, ResourcePatternType, ResourceType

from services.kernel.topics import PREFIX, SERVICES, TOPICS

READ, WRITE, DESCRIBE = "READ", "WRITE", "DESCRIBE"
CREATE, DESCRIBE_CONFIGS = "CREATE", "DESCRIBE_CONFIGS"
TOPIC, GROUP, CLUSTER = "TOPIC", "GROUP", "CLUSTER"
LITERAL, PREFIXED = "LITERAL", "PREFIXED"
CLUSTER_NAME = "kafka-cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One line of an access control list; everything that no line allows is denied by the broker."""

    principal: str
    operation: str
    resource: str
    name: str
    pattern: str = LITERAL

    def binding(self) -> AclBinding:
        """Return the grant as confluent-kafka's AdminClient takes it."""
        return AclBinding(
            # The client library calls the cluster by its first name.
            ResourceType.BROKER if self.resource == CLUSTER else ResourceType[self.resource],
            self.name,
            ResourcePatternType[self.pattern],
            f"User:{self.principal}",
            "*",
            AclOperation[self.operation],
            AclPermissionType.ALLOW,
        )

    def command(self) -> str:
        """Return the arguments of Kafka's ``kafka-acls.sh`` that add this grant."""
        where = "--cluster" if self.resource == CLUSTER else f"--{self.resource.lower()} '{self.name}'"
        pattern = f" --resource-pattern-type {self.pattern.lower()}" if self.pattern != LITERAL else ""
        return f"--add --allow-principal 'User:{self.principal}' --operation {self.operation} {where}{pattern}"


def principal_of(service: str) -> str:
    """Return the name under which a service logs in at the broker."""
    return f"camledger-{service}"


def grants(prefix: str = PREFIX, agencies: Iterable[str] = ()) -> list[Grant]:
    """Return every grant of an installation; each agency reads the audit log and nothing else."""
    found = [grant for service in SERVICES for grant in _service(service, prefix)]
    found += [*_migration(prefix), *_replay(prefix)]
    return found + [grant for agency in agencies for grant in _agency(agency, prefix)]


def _service(service: str, prefix: str) -> Iterator[Grant]:
    who = principal_of(service)
    for topic in TOPICS:
        name = topic.full_name(prefix)
        if topic.writer == service:
            yield Grant(principal=who, operation=WRITE, resource=TOPIC, name=name)
        # Dead letters hold what could not be read, perhaps personal data: their owner alone sees them.
        if topic.writer == service or topic.events:
            yield Grant(principal=who, operation=READ, resource=TOPIC, name=name)
            yield Grant(principal=who, operation=DESCRIBE, resource=TOPIC, name=name)
            # Asked at each start: a topic whose records expire must not be written to.
            yield Grant(principal=who, operation=DESCRIBE_CONFIGS, resource=TOPIC, name=name)
    yield Grant(principal=who, operation=READ, resource=GROUP, name=f"{prefix}{service}.", pattern=PREFIXED)
    yield Grant(principal=who, operation=READ, resource=GROUP, name=f"{prefix}read.", pattern=PREFIXED)
    yield Grant(principal=who, operation="IDEMPOTENT_WRITE", resource=CLUSTER, name=CLUSTER_NAME)


def _migration(prefix: str) -> Iterator[Grant]:
    """``camledger migrate`` creates topics and checks them; it reads no record and writes none."""
    for operation in (CREATE, DESCRIBE, DESCRIBE_CONFIGS):
        yield Grant(
            principal=principal_of("migration"), operation=operation, resource=TOPIC, name=prefix, pattern=PREFIXED
        )


def _replay(prefix: str) -> Iterator[Grant]:
    """Replay, fsck and doctor read everything and write nothing; describing groups shows who is still at work."""
    who = principal_of("replay")
    for topic in TOPICS:
        name = topic.full_name(prefix)
        if topic.events:
            yield Grant(principal=who, operation=READ, resource=TOPIC, name=name)
        yield Grant(principal=who, operation=DESCRIBE, resource=TOPIC, name=name)
        yield Grant(principal=who, operation=DESCRIBE_CONFIGS, resource=TOPIC, name=name)
    yield Grant(principal=who, operation=DESCRIBE_CONFIGS, resource=CLUSTER, name=CLUSTER_NAME)
    yield Grant(principal=who, operation=READ, resource=GROUP, name=f"{prefix}read.", pattern=PREFIXED)
    yield Grant(principal=who, operation=DESCRIBE, resource=GROUP, name=prefix, pattern=PREFIXED)


def _agency(agency: str, prefix: str) -> Iterator[Grant]:
    who = f"agency-{agency}"
    yield Grant(principal=who, operation=READ, resource=TOPIC, name=f"{prefix}audit.log.v1")
    yield Grant(principal=who, operation=DESCRIBE, resource=TOPIC, name=f"{prefix}audit.log.v1")
    yield Grant(principal=who, operation=READ, resource=GROUP, name=f"{who}.", pattern=PREFIXED)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the arguments of ``kafka-acls.sh`` for every grant, one line each."""
    parser = argparse.ArgumentParser(prog="python -m services.runtime.acl", description=main.__doc__)
    parser.add_argument("--prefix", default=PREFIX)
    parser.add_argument("agencies", nargs="*", metavar="AGENCY")
    chosen = parser.parse_args(arguments)
    sys.stdout.writelines(f"{grant.command()}\n" for grant in grants(chosen.prefix, chosen.agencies))
    return 0


if __name__ == "__main__":
    sys.exit(main())
