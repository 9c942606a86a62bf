"""Brings the OpenID provider that tests sign in at, once, by the versions and hashes of ``packages.txt``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

from services.runtime.embedded.jars import cache_folder

PACKAGES = Path(__file__).parents[1] / "tests" / "fakes" / "provider" / "packages.txt"
PROVIDER = "oidc-provider"
NESTED = "/node_modules/"
Package = tuple[str, str, str]  # place below node_modules, version, hash


def main() -> int:
    """Fetch what isn't there yet."""
    print(f"{fetched()} is there")
    return 0


def fetched() -> Path:
    """Return the folder of the provider, fetched if need be. Raises SystemExit with the remedy where npm is missing."""
    packages = listed()
    folder = cache_folder() / "tools" / PROVIDER / next(v for place, v, _hash in packages if place == PROVIDER)
    if not folder.exists():
        if shutil.which("npm") is None:
            raise SystemExit("npm is missing: apt-get install nodejs npm")
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(mkdtemp(dir=folder.parent))
        try:
            install(unfinished, packages)
            unfinished.rename(folder)
        except OSError:
            if not folder.exists():  # else somebody else was faster
                raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def install(folder: Path, packages: list[Package]) -> None:
    """Let npm install exactly these bytes: it compares each package with its hash, and runs nothing of them."""
    inside = {place: version for place, version, _hash in packages if NESTED not in place}
    about = {"name": "provider", "version": "1.0.0", "private": True, "type": "module", "dependencies": inside}
    lock = {
        "name": "provider",
        "version": "1.0.0",
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": about} | {f"node_modules/{each[0]}": entry(each, packages) for each in packages},
    }
    (folder / "package.json").write_text(json.dumps(about))
    (folder / "package-lock.json").write_text(json.dumps(lock))
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    subprocess.run(["npm", "ci", *quiet], cwd=folder, check=True)


def entry(package: Package, packages: list[Package]) -> dict[str, object]:
    """Return a package as npm's lock has it: what lies inside it is what it depends on."""
    place, version, hash_ = package
    inside = {
        other.removeprefix(place + NESTED): at for other, at, _hash in packages if other.startswith(place + NESTED)
    }  # fmt: skip
    return {"version": version, "integrity": hash_, "dependencies": inside}


def listed() -> list[Package]:
    """Return the packages of the list."""
    lines = [line for line in PACKAGES.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return [(place, version, hash_) for place, version, hash_ in (line.split() for line in lines)]


if __name__ == "__main__":
    sys.exit(main())
