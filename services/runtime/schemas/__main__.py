"""``python -m services.runtime.schemas [--check | --release NAME]``: write, compare or publish the schema files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from services.runtime.schemas.files import planned, release
from services.runtime.settings import REPOSITORY


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when the files are as the code has them, 1 when ``--check`` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m services.runtime.schemas", description=__doc__)
    parser.add_argument("--folder", type=Path, default=REPOSITORY / "schemas")
    parser.add_argument("--check", action="store_true", help="write nothing, name what differs")
    parser.add_argument("--release", metavar="NAME", help="mark every unreleased schema as published for ever")
    chosen = parser.parse_args(arguments)
    different = [path for path, content in planned(chosen.folder).items() if _read(chosen.folder / path) != content]
    if chosen.check:
        return _say(different, "differs from the code: run `make schemas`", failed=bool(different))
    for path, content in planned(chosen.folder).items():
        (chosen.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (chosen.folder / path).write_bytes(content)
    if chosen.release:
        sys.stdout.write(f"{release(chosen.folder, chosen.release)} schemas released as {chosen.release}\n")
    return _say(different, "written", failed=False)


def _say(paths: list[str], what: str, *, failed: bool) -> int:
    sys.stdout.writelines(f"{path} {what}\n" for path in paths)
    return int(failed)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
