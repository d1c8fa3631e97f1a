"""Logging: one JSON object a line, with the trace of the request, and nothing that is a secret.

Log fields, not sentences with values: `log.info("signed in", extra={"account_id": …})`. Names of fields that sound
like secrets are blanked whatever they hold.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

trace_var: ContextVar[str | None] = ContextVar("menting_trace", default=None)

_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}
_SECRET = ("password", "secret", "token", "authorization", "cookie", "key", "template")

_LINK = re.compile(r"(/(?:pass|enrol|face-enrolments|park|stay|shop|coupon|mycar)/+)[^/]+", re.IGNORECASE)
"""Found anywhere in a path and in any case: a mistyped address may hold a key that works."""


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "says": record.getMessage(),
        }
        if (trace := trace_var.get()) is not None:
            line["trace"] = trace
        for name, value in record.__dict__.items():
            if name not in _PLAIN:
                line[name] = "***" if any(word in name.lower() for word in _SECRET) else value
        if record.exc_info:
            line["stack"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def told_path(path: str) -> str:
    """A request's path as it may stand in a log: of a link that is a key, not the key (link_token.py)."""
    return _LINK.sub(r"\1***", path)


def set_up_logging(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send everything to one stream (stderr by default) as JSON lines; called once, by the process's entry."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("procrastinate", "alembic", "httpx", "sse_starlette"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
    logging.getLogger("uvicorn.access").disabled = True  # addresses carry query strings; our own line does not
