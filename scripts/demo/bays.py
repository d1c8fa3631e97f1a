"""The demo's bay sensors: a guidance system that tells central every half minute which bays are taken, by its key."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import Self

import httpx

from models.parking.plan import Plan
from models.parking.plan_file import read_plan
from models.parking.plan_sample import sample_plan
from models.values.time import utc_now
from scripts.seed_lot import CAR_IN, readings

EVERY_S = 30.0


class BaySensors:
    """While its block lasts. Central may be away: what could not be told is told anew the next time."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        plan = read_plan(json.dumps(sample_plan({CAR_IN: "west"})).encode())
        assert isinstance(plan, Plan)
        self._plan = plan
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell_on, name="bay sensors", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def tell(self, client: httpx.Client, turn: int) -> int:
        """One telling; how many readings were news."""
        said = [
            {"bay": one.bay, "taken": one.taken, "at": one.at.isoformat(), "plate": one.plate}
            for one in readings(self._plan, utc_now(), turn)
        ]
        answer = client.post(
            f"{self._url}/api/v1/parking/bays", json={"readings": said},
            headers={"authorization": f"Bearer {self._token}"},
        )  # fmt: skip
        answer.raise_for_status()
        return int(answer.json()["taken"])

    def _tell_on(self) -> None:
        turn = 0
        with httpx.Client(timeout=10, trust_env=False) as client:
            while True:
                with suppress(httpx.HTTPError):  # the next telling says all of it again
                    self.tell(client, turn)
                turn += 1
                if self._over.wait(EVERY_S):
                    return
