"""Finds and reads the folder of a pack; what is wrong with one is said with its line and ends the program."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import typer

from services.cli.terminal import REFUSED, WRONG_USE, errors
from services.runtime.packs import PackBroken, PackFolder, load_folder, pack_folders


def find(name: str, policies: Path) -> Path:
    for path in (policies / name, Path(name)):
        if (path / "policy.yaml").is_file():
            return path
    known = ", ".join(path.name for path in pack_folders(policies)) or "none"
    return wrong(f"there is no pack {name!r}; known packs: {known}")


def packs(policies: Path) -> list[Path]:
    """Return the folders of packs in a folder; ends the program if there is none."""
    found = list(pack_folders(policies))
    return found or wrong(f"there is no pack in {policies}; name a folder whose folders hold policy.yaml")


def load(path: Path) -> PackFolder:
    try:
        return load_folder(path)
    except PackBroken as broken:
        errors.print(f"[bold red]{broken.folder.name}[/]: {len(broken.faults)} fault(s)")
        for fault in broken.faults:
            errors.print(f"  {fault}", markup=False, highlight=False)
        raise typer.Exit(REFUSED) from broken


def wrong(says: str) -> NoReturn:
    errors.print(says, markup=False)
    raise typer.Exit(WRONG_USE)
