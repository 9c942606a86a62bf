"""The class archive fits one Java and one set of jars; without it a broker starts as ever."""

import os
from pathlib import Path

import pytest

from services.runtime.embedded import class_archive


@pytest.fixture
def java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CAMLEDGER_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    for name in ("bin/java", "lib/modules"):
        (tmp_path / "java" / name).parent.mkdir(parents=True)
        (tmp_path / "java" / name).write_text("17")
    return tmp_path / "java" / "bin" / "java"


def test_without_an_archive_java_gets_no_option(java: Path) -> None:
    assert class_archive.using(java, [Path("a.jar")]) == ()


def test_an_archive_is_used_until_the_java_or_a_jar_changes(java: Path, tmp_path: Path) -> None:
    jars = [Path("a.jar"), Path("b.jar")]
    (tmp_path / "unfinished").write_text("classes")
    class_archive.keep(tmp_path / "unfinished", class_archive.archive(java, jars))
    assert any(option.startswith("-XX:SharedArchiveFile=") for option in class_archive.using(java, jars))
    assert class_archive.using(java, jars[:1]) == ()
    os.utime(java.parent.parent / "lib" / "modules", (1, 1))
    assert class_archive.using(java, jars) == ()
