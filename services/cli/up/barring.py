"""The doctor's gate in a process that ends afterwards: what it loads must not stay in the supervisor's memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def bar(kafka: str, database: str, home: Path, accepted: Sequence[str], log: Path) -> None:
    """Return if nothing dangerous stands against a start; otherwise say what and end the process with 1."""
    from services.cli.operations.doctor.gate import bar_up
    from services.runtime.settings import Settings

    settings = Settings(service="up", kafka=kafka, database=database, home=home, people=home / "people.yaml")
    bar_up(settings, accepted, log)
