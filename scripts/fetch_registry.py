"""Fetches Apicurio Registry, the real schema registry of one integration test, into the cache: once, by its hash."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

from jgo.maven import MavenContext, PythonResolver

from services.runtime.embedded.jars import cache_folder

VERSION = "3.3.3"
SHA256 = "8bc6751c76d963734224b01d5e7f84ccb3cb61c87d3bd77c36c35f10a5cbed63"


def registry_folder() -> Path:
    """Return where the unpacked registry lies, or will lie."""
    return cache_folder() / f"apicurio-registry-{VERSION}"


def main() -> int:
    """Fetch, check and unpack; nothing to do if that was done before."""
    target = registry_folder()
    if target.exists():
        print(f"{target} is there")
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="fetching-") as workplace:
        archive = fetch(Path(workplace))
        with archive.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != SHA256:
            print(f"the archive has sha256 {found}, not {SHA256}: nothing was kept", file=sys.stderr)
            return 1
        unpack(archive, Path(workplace) / "unpacked", target)
    print(f"{target} is there now")
    return 0


def fetch(workplace: Path) -> Path:
    """Return the downloaded archive."""
    context = MavenContext(resolver=PythonResolver(), repo_cache=workplace, timeout=60)
    component = context.project("io.apicurio", "apicurio-registry-app").at_version(VERSION)
    return Path(component.artifact(classifier="all", packaging="tar.gz").resolve())


def unpack(archive: Path, unpacked: Path, target: Path) -> None:
    """Unpack beside the target and rename: half an archive never takes its place."""
    with tarfile.open(archive) as tar:
        tar.extractall(unpacked, filter="data")
    shutil.move(unpacked, target)


if __name__ == "__main__":
    sys.exit(main())
