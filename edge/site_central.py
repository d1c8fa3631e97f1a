"""Where central is, in the site file: over a line that nobody reads along, and by an authority that is named."""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from edge.site_table import Table
from edge.sync.address import is_this_machine


def _safe_url(text: str) -> str:
    """Plain http would carry passes and revocations in the open; a loopback address leaves no machine."""
    text = text.rstrip("/")
    if not re.fullmatch(r"https?://[^/?#\s@]+", text) or not _has_port(text):
        raise ValueError(
            "只写协议、主机和端口，例如 https://central.example / must be scheme, host and port only, such as "
            "https://central.example"
        )
    parts = urlsplit(text)
    if parts.scheme == "http" and not is_this_machine(parts.hostname or ""):
        raise ValueError("必须使用 https；http 只允许连接本机。 / must be https; plain http only to this very machine")
    return text


def _has_port(url: str) -> bool:
    """False for a port beyond 65535 or one that is no number."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _whole_path(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("请写完整路径，以 / 开头。 / must be the whole path, from / on")
    return path


class CentralSite(Table):
    url: Annotated[str, AfterValidator(_safe_url)]
    ca: Annotated[Path, AfterValidator(_whole_path)] | None = None
