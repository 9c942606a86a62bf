"""Log lines: one JSON object each, or readable ones for a terminal. Never personal data or the bytes of a record."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from services.runtime.settings import Settings


def configure(settings: Settings) -> None:
    """Write every log line of this process to standard error, ours and those of libraries, in one form."""

    def name_service(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        return {"service": settings.service} | event

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        name_service,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = _renderer(settings)
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def logger() -> Any:  # noqa: ANN401 - structlog's bound logger is typed as Any
    """Return the logger: ``logger().info("worker.assigned", partitions=4)``; events are dotted, fields are named."""
    return structlog.get_logger()


def _renderer(settings: Settings) -> list[Any]:
    if settings.log_format == "console":
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    return [structlog.processors.JSONRenderer(ensure_ascii=False)]
