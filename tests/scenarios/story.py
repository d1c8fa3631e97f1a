"""A whole site in real processes, and what node and central say of it afterwards, event by event."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx

from edge.journal.journal import Journal
from edge.store.keys import KeyRing
from edge.sync.enrol import load_node
from models.wire.events import EVENT_BODY, EventBody
from scripts.demo.client import CentralSays, Person
from scripts.demo.site import DemoSite
from scripts.setup import ROOT

DEADLINE_S = 90.0
LOOK_S, LOOK_MAX_S = 0.05, 0.2
"""Between two looks at what is waited for: each may ask central, which has better things to do."""


class Told(NamedTuple):
    """One event, as either side stores it."""

    seq: int
    event_id: str
    correlation: str
    hash: str
    body: str

    @property
    def parsed(self) -> EventBody:
        return EVENT_BODY.validate_json(self.body)


class Story:
    """A started demo site, an administrator who is signed in, and eyes on the node's journal file."""

    def __init__(self, site: DemoSite):
        self.site = site
        self.password = secrets.token_urlsafe(18)
        self.person = Person(site.url)
        admin = site.seeded["admin"]
        self.person.sign_in(admin["login"], admin["password"])
        self.person.change_password(admin["password"], self.password)
        self.node_id = load_node(self.node / "node.json").node_id
        self._told: list[tuple[int, EventBody]] = []

    @property
    def node(self) -> Path:
        return self.site.folder / "node"

    def until(self, true: Callable[[], object], what: str) -> None:
        """Wait for it with a deadline; a part that ended by itself is told with its last words."""
        deadline, pause_s = time.monotonic() + DEADLINE_S, LOOK_S
        while not true():
            assert (ended := self.site.ended()) is None, ended
            assert time.monotonic() < deadline, f"{what}: it did not happen. {self.last_said()}"
            time.sleep(pause_s)
            pause_s = min(LOOK_MAX_S, pause_s * 1.2)

    def last_said(self) -> str:
        """What the node said last, for whoever reads why something did not happen. No plate and no name is in it."""
        last = [f"{seq} {body.model_dump_json()[:600]}" for seq, body in self.in_node()[-12:]]
        return "The node's last events:\n" + "\n".join(last)

    def answers(self, ask: Callable[[], Any]) -> Any:
        """What central says, or None while it is not there."""
        try:
            return ask()
        except (httpx.HTTPError, CentralSays):
            return None

    def in_node(self) -> list[tuple[int, EventBody]]:
        """The node's events so far, while it runs. What it has written stays written: only news are read."""
        self._told += self.site.node_events(self._told[-1][0] if self._told else 0)
        return list(self._told)

    def proof(self) -> dict[str, Any]:
        found: dict[str, Any] = self.person.get("/api/v1/journal/proof", node_id=str(self.node_id))["items"][0]
        return found

    def drained(self) -> bool:
        """Central has everything that the node has said so far."""
        proof = self.answers(self.proof)
        return proof is not None and proof["upto_seq"] == self.in_node()[-1][0]

    def lanes_now(self) -> list[dict[str, Any]]:
        lanes: list[dict[str, Any]] = self.person.get("/api/v1/lanes-now")["items"]
        return lanes

    def is_online(self) -> bool:
        lanes = self.answers(self.lanes_now)
        return bool(lanes) and all(lane["node_online"] and lane["position"] == "closed" for lane in lanes)

    def visits(self, lane: str) -> list[dict[str, Any]]:
        """The decided visits of a lane at central, oldest first."""
        return [visit for visit in self.person.visits(self.site.lane_id(lane)) if visit["decided_at"]]

    def node_events(self) -> list[Told]:
        """The stopped node's journal, opened as the node opens it. Its chain must be whole."""
        keys = KeyRing.open(self.node / "keys")
        journal = Journal.open(self.node / "journal.db", self.node_id, keys)
        try:
            assert journal.verify() is None
            return [
                Told(e.seq, str(e.event_id), str(e.correlation), e.hash.hex(), e.body)
                for e in journal.read(0, 1_000_000)
            ]
        finally:
            journal.close()
            keys.close()

    def central_events(self) -> list[Told]:
        """Stopped central's own rows, read by a process of its own: only one may hold the embedded PostgreSQL."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.scenarios.central_events", str(self.site.folder / "central"),
             self.site.seeded["tenant"], str(self.node_id)],
            cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return [Told(*json.loads(line)) for line in done.stdout.splitlines()]

    def lane_id(self, lane: str) -> UUID:
        return self.site.lane_id(lane)
