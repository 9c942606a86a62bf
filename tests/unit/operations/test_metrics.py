"""The closed list of metrics is what the sources count, and what every alert asks for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from services.runtime.metric_names import METRICS
from services.runtime.settings import REPOSITORY

ALERTS = REPOSITORY / "deploy" / "helm" / "camledger" / "alerts.yaml"
COUNTED = {"count", "gauge", "observe"}


def calls() -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each metric that the sources set, with its labels as far as they are written there."""
    for path in (REPOSITORY / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in COUNTED:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and str(first.value).startswith("camledger_"):
                    given = {word.arg for word in node.keywords} - {"n"}
                    # A mapping that is handed on is checked when it is counted: the library refuses other labels.
                    labels = set(METRICS.by_name[str(first.value)].labels) if None in given else given
                    yield str(first.value), frozenset(map(str, labels))


def test_every_metric_on_the_list_is_counted_and_no_other_with_exactly_its_labels() -> None:
    listed = {(name, frozenset(metric.labels)) for name, metric in METRICS.by_name.items()}
    assert set(calls()) == listed


def test_every_alert_asks_for_metrics_and_labels_that_exist() -> None:
    text = ALERTS.read_text("utf-8")
    asked = set(re.findall(r"\b(camledger_[a-z_]+)", text))
    assert asked
    assert {re.sub(r"_(bucket|count|sum)$", "", name) for name in asked} <= METRICS.by_name.keys()
    for name, matchers in re.findall(r"\b(camledger_[a-z_]+)\{([^}]*)\}", text):
        assert set(re.findall(r"(\w+)=", matchers)) <= set(METRICS.by_name[name].labels), name


def test_every_alert_names_a_runbook_and_missing_bytes_are_of_the_highest_level() -> None:
    text = ALERTS.read_text("utf-8")
    pages = set(re.findall(r"runbook: (\S+)", text))
    assert [page for page in sorted(pages) if not (REPOSITORY / page).is_file()] == []
    block = next(part for part in text.split("- alert: ") if part.startswith("CamledgerFootageMissing"))
    assert 'camledger_differences{difference=~"missing_bytes|other_hash"}' in block
    assert "severity: critical" in block
