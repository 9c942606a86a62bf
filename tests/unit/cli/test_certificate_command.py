"""``deletion verify``: a certificate checked on a machine that knows nothing but the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli.application import app
from services.kernel.certificate import canonical
from services.runtime.settings import REPOSITORY
from tests.fakes.certificate import made_out


def verify(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["deletion", "verify", *map(str, arguments)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "certificate.json"
    path.write_bytes(canonical(made_out()))
    return path


def test_a_valid_certificate_ends_with_0_and_says_what_was_and_was_not_checked(file: Path) -> None:
    done = verify(file)
    assert done.exit_code == 0, done.output
    assert "valid" in done.output
    assert "not checked: that no protection other than those listed stood" in done.output


def test_the_policy_s_folder_lets_the_instants_be_computed_again(file: Path) -> None:
    done = verify(file, "--policy", REPOSITORY / "policies" / "daan-cctv", "--json")
    told = json.loads(done.stdout)
    assert told["valid"]
    assert not any("--policy" in each for each in told["unchecked"])


def test_a_changed_certificate_ends_with_1_and_names_what_was_changed(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b'"size_bytes":6', b'"size_bytes":7'))
    done = verify(file)
    assert done.exit_code == 1
    assert "its digest doesn't fit" in done.output
    assert "size_bytes is 7 here and 6 in the log" in done.output


def test_another_root_ends_with_1(file: Path) -> None:
    assert verify(file, "--root", "0" * 64).exit_code == 1


def test_a_file_that_is_no_certificate_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[]")
    assert verify(tmp_path / "x.json").exit_code == 1


@pytest.mark.parametrize("asked", [[], ["cam-1"], ["cam-1", "2026-03-01T08:00:00Z", "--hour", "2026-03-01T08:00:00Z"]])
def test_what_a_certificate_is_for_must_be_said_once(asked: list[str]) -> None:
    done = CliRunner().invoke(app, ["deletion", "certificate", *asked])
    assert (done.exit_code, "--request alone" in done.output) == (2, True)
