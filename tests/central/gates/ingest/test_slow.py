"""Nodes on bad lines."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import httpx
import pytest

from central.base.identity.guard import COOKIE
from central.base.kernel.turns import AT_ONCE
from models.values.ids import new_id
from tests.central.serving import served

PATIENCE_S = 60


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "batches"), ("PUT", "pictures/{id}"), ("PUT", "lanes/{id}/live")]
)
def test_who_sends_slowly_keeps_nobody_waiting(app, someone, method, path):
    """A request takes its turn when it is there, not when it begins to arrive."""
    target = f"/edge/v1/{path.format(id=new_id())}"
    head = f"{method} {target} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{{"
    cookies = {COOKIE: someone("guard").token}
    with served(app) as url, ExitStack() as lines:
        address = httpx.URL(url)
        for _ in range(AT_ONCE + 2):
            line = lines.enter_context(socket.create_connection((address.host, address.port)))
            line.sendall(head.encode())
        with httpx.Client(cookies=cookies, timeout=PATIENCE_S, trust_env=False) as client:
            assert client.get(f"{url}/api/v1/session").status_code == 200
