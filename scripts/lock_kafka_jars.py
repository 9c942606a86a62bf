"""Resolve Apache Kafka's jars afresh and write their coordinates and hashes: `make lock` runs it.

slf4j-simple goes in together with Kafka. log4j's own binding would bring managed versions along that replace
kafka-clients by an older one, and the broker would die.
"""

import tempfile
from pathlib import Path

from jgo.maven import Artifact, Dependency, MavenContext, PythonResolver

from services.runtime.embedded.jars import KAFKA_VERSION, LOCK_FILE, sha256_of

WANTED = (f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}", "org.slf4j:slf4j-simple:1.7.36")
HEADER = (
    f"# Apache Kafka {KAFKA_VERSION} with everything it needs: sha256, group:artifact:version. Made by make lock.\n"
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = sorted((_line(each) for each in _resolve(Path(folder))), key=lambda line: line.split()[1])
    clients = f"org.apache.kafka:kafka-clients:{KAFKA_VERSION}"
    assert any(line.endswith(clients) for line in lines), f"{clients} was replaced by another version"
    LOCK_FILE.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    print(f"{LOCK_FILE.name}: {len(lines)} jars")


def _resolve(folder: Path) -> list[Dependency]:
    context = MavenContext(repo_cache=folder)
    wanted = [Dependency(_artifact(context, each)) for each in WANTED]
    inputs, others = PythonResolver().resolve(wanted)
    return [*inputs, *others]


def _artifact(context: MavenContext, coordinate: str) -> Artifact:
    group, artifact, version = coordinate.split(":")
    return context.project(group, artifact).at_version(version).artifact()


def _line(dependency: Dependency) -> str:
    artifact = dependency.artifact
    assert not artifact.classifier, f"{artifact} has a classifier: the lock has no column for it"
    return f"{sha256_of(artifact.resolve())}  {artifact.groupId}:{artifact.artifactId}:{artifact.version}"


if __name__ == "__main__":
    main()
