"""How long a gate that is connected goes on after central has said no: a cancelled pass, a card, a consent taken back.

Central, node and serial lines are those of the live bench: real processes, and codes and cards written to
pseudo-terminals. Each pass and card is shown once while it holds, and opens. Then it is cancelled; as soon as the node
says that it decides by newer rules, it is shown again, and the clock stops when the refusal is in the node's journal.
A card is shown on the way out, where the sample residents need no face with it. A consent counts as taken
back when the receipt is there: template and key destroyed, which comes before anything else of a snapshot. Its clock
runs from the moment at which it is asked, central's answer included.
"""

import sqlite3
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np

from edge.store.keys import KeyRing
from edge.store.templates import Templates
from edge.verify.face.embed import DIMENSIONS, unit
from edge.verify.face.template import template_of
from models.access.decision import Outcome, Reason
from models.values.time import utc_now
from models.wire.events import EVENT_BODY, DecisionMade, EventBody, NodeNews, TemplateErased
from scripts.demo.client import Person
from scripts.demo.site import DemoSite

REVOKED_S = 5.0
"""VIS-08, for a gate that is online."""
WITHDRAWN_S = 2.0
"""From the withdrawal to its effect at a connected gate; of a card too."""
CARD_LANE, FACILITY = "east-out", 77
LOST_S = 30.0
"""What has not happened by then does not happen."""
APART_S = 2.2
"""A code that was out of sight for two seconds counts anew."""
LOOK_S = 0.004
MODEL = "bench: random numbers"


@dataclass(frozen=True)
class Shown:
    """A pass or card that was let in: how it is shown at its lane, and where it is cancelled."""

    credential_id: UUID
    present: Callable[[], None]
    revoked_at: str


class Journal:
    """The running node's own file, read beside it."""

    def __init__(self, site: DemoSite):
        self._file = sqlite3.connect(f"file:{site.folder / 'node' / 'journal.db'}?mode=ro", uri=True)
        self._seq: int = self._file.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0]

    def until(self, wanted: Callable[[EventBody], bool], what: str) -> float:
        """Wait for a line that has not been read yet. When it was seen, monotonic."""
        deadline = time.monotonic() + LOST_S
        while time.monotonic() < deadline:
            rows = self._file.execute(
                "SELECT seq, body FROM events WHERE seq > ? ORDER BY seq", (self._seq,)
            ).fetchall()
            seen = time.monotonic()
            for seq, body in rows:
                self._seq = seq
                if wanted(EVENT_BODY.validate_json(body)):
                    return seen
            time.sleep(LOOK_S)
        raise RuntimeError(f"{what}: not within {LOST_S:.0f} s")

    def close(self) -> None:
        self._file.close()


def rows(site: DemoSite, guard: Person, count: int, progress: Callable[[int, int], None]) -> list[dict[str, Any]]:
    """The three rows, at a site whose lanes are ready. `guard` has to be an administrator."""
    journal = Journal(site)
    try:
        revoked = _revoked(site, guard, journal, count, _let_in, lambda done: progress(done, 3 * count))
        cards = _revoked(site, guard, journal, count, _card_let_in, lambda done: progress(count + done, 3 * count))
        withdrawn = _withdrawn(site, guard, journal, count, lambda done: progress(2 * count + done, 3 * count))
    finally:
        journal.close()
    return [
        _row("pass cancelled to refused at a gate that is online, p95", revoked, REVOKED_S, "VIS-08"),
        _row("card taken back to refused at a gate that is online, p95", cards, WITHDRAWN_S, "the goal"),
        _row("consent taken back to template and key destroyed there, p95", withdrawn, WITHDRAWN_S, "the goal"),
    ]


def _revoked(
    site: DemoSite, guard: Person, journal: Journal, count: int,
    let_in: Callable[[DemoSite, Person, Journal, int], Shown], progress: Callable[[int], None],
) -> list[float]:  # fmt: skip
    shown = [let_in(site, guard, journal, number) for number in range(count)]
    time.sleep(APART_S)
    took = []
    for number, one in enumerate(shown, 1):
        guard.post(one.revoked_at, {"reason": "量时间"})
        answered = time.monotonic()
        journal.until(_newer_rules, "newer rules at the gate")
        one.present()
        refused = journal.until(partial(_decided, one.credential_id, Reason.REVOKED), "the refusal")
        took.append(refused - answered)
        progress(number)
    return took


def _let_in(site: DemoSite, guard: Person, journal: Journal, number: int) -> Shown:
    now = utc_now()
    ask = {
        "house_id": guard.get("/api/v1/houses", community_id=site.seeded["community"], limit=1)["items"][0]["house_id"],
        "visitor_name": f"量时{number}",
        "uses": 0,
        "window": {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=2)).isoformat()},
    }
    made = guard.post("/api/v1/passes", ask)
    lane = site.world.lanes[list(site.world.lanes)[number % 2]]
    revoked_at = f"/api/v1/passes/{made['pass_id']}/revoke"
    return _opened(journal, Shown(UUID(made["pass_id"]), partial(lane.gate.present, made["token"]), revoked_at))


def _card_let_in(site: DemoSite, guard: Person, journal: Journal, number: int) -> Shown:
    card = {"format": "wiegand26", "facility": FACILITY, "number": 20_000 + number}
    made = guard.post("/api/v1/cards", {"cardholder_id": site.seeded["faces"]["first"], **card})
    journal.until(_newer_rules, "a new card at the gate")
    present = partial(site.world.lanes[CARD_LANE].gate.reader.card, FACILITY, 20_000 + number)
    return _opened(journal, Shown(UUID(made["card_id"]), present, f"/api/v1/cards/{made['card_id']}/revoke"))


def _opened(journal: Journal, one: Shown) -> Shown:
    one.present()
    journal.until(partial(_decided, one.credential_id, Reason.OK), "the first entry")
    return one


def _decided(credential_id: UUID, reason: Reason, body: EventBody) -> bool:
    if not isinstance(body, DecisionMade) or body.decision.credential_id != credential_id:
        return False
    if body.decision.reason is not reason:
        raise RuntimeError(f"the gate said {body.decision.reason}, not {reason}")
    return (body.decision.outcome is Outcome.GRANT) is (reason is Reason.OK)


def _newer_rules(body: EventBody) -> bool:
    return isinstance(body, NodeNews) and body.what == "snapshot_applied"


def _withdrawn(
    site: DemoSite, guard: Person, journal: Journal, count: int, progress: Callable[[int], None]
) -> list[float]:
    people = _agreed(site, guard, count)
    _enrol(site, [holder for _, holder in people])
    took = []
    for number, (resident, holder) in enumerate(people, 1):
        asked = time.monotonic()
        guard.post(f"/api/v1/residents/{resident}/consents/withdraw", {"channel": "desk"})
        took.append(journal.until(partial(_destroyed, holder), "the receipt") - asked)
        progress(number)
    return took


def _agreed(site: DemoSite, guard: Person, count: int) -> list[tuple[str, UUID]]:
    """(resident, cardholder) of people who had never been asked, and now agree."""
    community = {"community_id": site.seeded["community"]}
    text = guard.get("/api/v1/consent-texts", **community)[0]["text_id"]
    holders = guard.get("/api/v1/cardholders", limit=200, **community)["items"]
    holder_of = {one["person_id"]: UUID(one["cardholder_id"]) for one in holders}
    found: list[tuple[str, UUID]] = []
    for one in guard.get("/api/v1/residents", limit=200, **community)["items"]:
        resident = one["resident_id"]
        if len(found) == count:
            break
        if guard.get(f"/api/v1/residents/{resident}/consents")["all"] or one["person_id"] not in holder_of:
            continue
        guard.put(f"/api/v1/residents/{resident}/birth-date", {"born_on": "1980-05-01"})
        guard.post(f"/api/v1/residents/{resident}/consents", {"text_id": text, "channel": "desk"})
        found.append((resident, holder_of[one["person_id"]]))
    if len(found) < count:
        raise RuntimeError(f"the community has {len(found)} people who can be asked, not {count}")
    return found


def _enrol(site: DemoSite, holders: list[UUID]) -> None:
    """A template for each, of random numbers: what is destroyed is what an enrolment leaves, without its photos."""
    chance = np.random.default_rng(7)
    keys = KeyRing.open(site.folder / "node" / "keys")
    templates = Templates.open(site.folder / "node" / "templates.db", keys)
    try:
        for holder in holders:
            made = template_of([unit(chance.standard_normal(DIMENSIONS))], MODEL)
            templates.put(holder, made.to_bytes(), MODEL)
    finally:
        templates.close()
        keys.close()


def _destroyed(holder: UUID, body: EventBody) -> bool:
    if not isinstance(body, TemplateErased) or body.cardholder_id != holder:
        return False
    if not body.had_template or "key" not in body.places:
        raise RuntimeError(f"the receipt names {body.places}: the template that was there is not among them")
    return True


def _row(figure: str, took: list[float], limit_s: float, named: str) -> dict[str, Any]:
    p95 = statistics.quantiles(took, n=20, method="inclusive")[-1]
    return {
        "figure": figure,
        "measured": f"{p95 * 1000:.0f} ms (median {statistics.median(took) * 1000:.0f}, worst {max(took) * 1000:.0f}, "
        f"n = {len(took)})",
        "goal": "at most 1.0 of the limit",
        "peer": f"{limit_s:.0f} s ({named})",
        "ratio": p95 / limit_s,
        "goal_ratio": 1.0,
        "met": p95 <= limit_s,
    }
