"""The run that makes the class archive: a broker that nobody uses starts, answers once and stops."""

import tempfile
from pathlib import Path

from services.runtime.embedded import class_archive
from services.runtime.embedded.jars import kafka_jars
from services.runtime.embedded.java import find_java
from services.runtime.embedded.kafka import KafkaBroker


def train() -> None:
    """Make the archive of this machine's Java unless it is there. Raises CannotStart if the broker doesn't start."""
    made = class_archive.archive(find_java(), kafka_jars())
    if made.exists():
        return
    # In the cache itself: only a rename within one file system is whole or not at all.
    with tempfile.TemporaryDirectory(prefix="camledger-", dir=made.parent) as folder:
        unfinished, run = Path(folder) / "classes.jsa", Path(folder) / "run"
        run.mkdir()
        broker = KafkaBroker(Path(folder) / "kafka", run, java_options=class_archive.making(unfinished))
        broker.start()
        try:
            broker.wait_ready()
        finally:
            broker.stop()
        if unfinished.exists():
            class_archive.keep(unfinished, made)
