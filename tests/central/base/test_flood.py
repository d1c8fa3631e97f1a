"""A flood of wrong log-ins, against central as a process of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait

import httpx
import pytest

from tests.central.process import PATIENCE_S, until

HELD = """
import time
from pathlib import Path
import argon2
def held(self, *given, _really=argon2.PasswordHasher.verify):
    while not Path({go!r}).exists():
        time.sleep(0.02)
    return _really(self, *given)
argon2.PasswordHasher.verify = held
import central.base.identity.passwords as passwords
passwords.WAIT_S = 10_000
"""
FLOOD = 80  # twice the threads that all plain routes share


@pytest.mark.req("SEC-17")
def test_other_routes_are_answered_while_log_ins_wait(start, folder):
    """Each check of a password stands still until the test says go: what is answered meanwhile waits for none."""
    go = folder / "go"
    url = start(before=HELD.format(go=str(go))).url()

    def guess(number: int) -> httpx.Response:
        asked = {"login": f"guess{number}", "password": "wrong"}
        return httpx.post(f"{url}/api/v1/session", json=asked, headers={"origin": url}, timeout=PATIENCE_S)

    with ThreadPoolExecutor(FLOOD) as pool:
        guesses = [pool.submit(guess, number) for number in range(FLOOD)]
        try:
            until(lambda: sum(one.done() for one in guesses) >= FLOOD - 6, "all but a few are refused at once")
            refused = [one.result() for one in guesses if one.done()]
            assert {answer.status_code for answer in refused} == {429}
            assert {answer.headers["retry-after"] for answer in refused} == {"10"}
            for path in ("/health", "/login"):
                assert httpx.get(f"{url}{path}", timeout=PATIENCE_S).status_code == 200
            pending = [one for one in guesses if not one.done()]
            assert pending, "some passwords are being looked at all the while"
        finally:
            go.touch()
        wait(pending, timeout=PATIENCE_S)
    assert {one.result().status_code for one in pending} == {401}
