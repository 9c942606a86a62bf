"""The demo comes to its verdict although a process was killed in it, and says so on a terminal of 80 columns."""

from __future__ import annotations

from rich.cells import cell_len

from tests.acceptance.conftest import KILLED, Finished


def test_a_killed_process_changes_nothing_in_the_verdict(finished: Finished) -> None:
    assert finished.killed, finished.lines
    assert finished.code == 0, finished.lines[-30:]
    assert "every destruction with its receipt, every view with its chain" in finished.lines


def test_expectation_log_and_database_have_one_content_hash(finished: Finished) -> None:
    labels = ("expected", "by the log", "by the database")
    told = [line for line in finished.lines if line.startswith(labels) and len(line) == 80]
    assert len({line[16:] for line in told}) == 1
    assert len(told) == len(labels)


def test_only_the_killed_process_ended_and_it_started_again(finished: Finished) -> None:
    ended = [line for line in finished.lines if "starts again" in line]
    assert len(ended) == 1, ended
    assert f"{KILLED} ended with signal SIGKILL" in ended[0]


def test_the_table_counts_what_the_plan_asked_for(finished: Finished) -> None:
    rows = {cells[0]: cells[1:] for line in finished.lines if (cells := line.split())[1:]}
    assert rows["all"][:3] == ["35", "7", "14"]
    assert rows["corner-05"][:4] == ["4", "·", "4", "·"]


def test_every_line_fits_a_terminal_of_80_columns(finished: Finished) -> None:
    paths = ("its log:", "data folder")
    assert [line for line in finished.lines if cell_len(line) > 80 and not any(path in line for path in paths)] == []
