"""``camledger people list``: a file that isn't there is no empty list of people."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from services.cli.operations.people import people_app


def test_a_people_file_that_is_not_there_is_named_and_no_empty_list(tmp_path: Path) -> None:
    path = str(tmp_path / "people.yaml")
    lacking = CliRunner().invoke(people_app, ["list", "--file", path])
    assert (lacking.exit_code, "--file" in lacking.output) == (1, True)
    CliRunner().invoke(people_app, ["add", "lin", "--person", "p-1", "--role", "applicant", "--file", path])
    listed = CliRunner().invoke(people_app, ["list", "--file", path])
    assert (listed.exit_code, "lin" in listed.output) == (0, True)
