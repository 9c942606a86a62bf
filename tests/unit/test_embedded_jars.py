"""Kafka's jars: only locked bytes get in, a cut-off fetch is resumed, and the lock holds what it must."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.runtime.embedded import DownloadRefused
from services.runtime.embedded.jars import KAFKA_VERSION, Jar, kafka_jars, read_lock

CONTENT = {"org.example:one:1": b"first", "org.example:two:2": b"second"}
LOCK = tuple(Jar(sha256=hashlib.sha256(content).hexdigest(), coordinate=name) for name, content in CONTENT.items())


def test_what_was_fetched_once_is_not_fetched_again(tmp_path: Path) -> None:
    calls: list[str] = []
    first = kafka_jars(tmp_path, LOCK, serving(CONTENT, calls))
    assert kafka_jars(tmp_path, LOCK, serving({}, calls)) == first
    assert sorted(calls) == sorted(CONTENT)
    assert [jar.read_bytes() for jar in first] == list(CONTENT.values())


def test_a_jar_with_one_wrong_byte_is_refused_and_not_kept(tmp_path: Path) -> None:
    wrong = CONTENT | {"org.example:two:2": b"sec0nd"}
    with pytest.raises(DownloadRefused, match=r"org\.example:two:2 is not the file that was locked"):
        kafka_jars(tmp_path, LOCK, serving(wrong, []))
    assert not list(tmp_path.rglob("two-2.jar*"))


def test_a_cached_jar_that_changed_since_is_fetched_again(tmp_path: Path) -> None:
    _one, two = kafka_jars(tmp_path, LOCK, serving(CONTENT, []))
    two.write_bytes(b"sec0nd")
    kafka_jars(tmp_path, LOCK, serving(CONTENT, []))
    assert two.read_bytes() == b"second"


def test_a_fetch_that_was_cut_off_is_resumed_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    calls: list[str] = []
    leftover = tmp_path / f"kafka-{KAFKA_VERSION}" / "fetching-old" / "two-2.jar"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"sec")
    kafka_jars(tmp_path, LOCK[:1], serving(CONTENT, calls))
    kafka_jars(tmp_path, LOCK, serving(CONTENT, calls))
    assert calls == ["org.example:one:1", "org.example:two:2"]
    assert {path.name for path in (tmp_path / f"kafka-{KAFKA_VERSION}").iterdir()} == {
        "one-1.jar",
        "two-2.jar",
        ".lock",
    }


def test_a_short_outage_is_sat_out(tmp_path: Path) -> None:
    outages = iter([OSError("connection reset"), RuntimeError("not found in remote repositories")])

    def fetch(jar: Jar, workplace: Path) -> Path:
        if outage := next(outages, None):
            raise outage
        return serving(CONTENT, [])(jar, workplace)

    assert len(kafka_jars(tmp_path, LOCK[:1], fetch)) == 1


def test_two_at_once_fetch_each_jar_once(tmp_path: Path) -> None:
    calls: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(kafka_jars, tmp_path, LOCK, serving(CONTENT, calls)) for _ in range(2)]
        assert both[0].result() == both[1].result()
    assert sorted(calls) == sorted(CONTENT)


def test_the_lock_names_one_version_of_kafka_and_one_binding_for_its_log() -> None:
    versions = {jar.coordinate.split(":")[2] for jar in read_lock() if jar.coordinate.startswith("org.apache.kafka:")}
    bindings = [jar.name for jar in read_lock() if jar.name.startswith(("slf4j-simple", "log4j-slf4j", "logback"))]
    assert versions == {KAFKA_VERSION}
    assert bindings == ["slf4j-simple-1.7.36.jar"]


def serving(contents: dict[str, bytes], calls: list[str]) -> Callable[[Jar, Path], Path]:
    def fetch(jar: Jar, workplace: Path) -> Path:
        calls.append(jar.coordinate)
        workplace.mkdir()
        path = workplace / jar.name
        path.write_bytes(contents[jar.coordinate])
        return path

    return fetch
