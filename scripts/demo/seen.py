"""What central has told so far, as a guard's page hears it: the live stream says which visit is new or has changed."""

import threading
from typing import Any
from uuid import UUID

import httpx

from scripts.demo.client import CentralSays, Person

AGAIN_S = 0.2


class Seen(threading.Thread):
    """Every visit, kept up to date. Asking costs central nothing, so a wait may look as often as it likes."""

    def __init__(self, person: Person):
        super().__init__(name="what central tells", daemon=True)
        self._person = person
        self._visits: dict[str, dict[str, Any]] = {}
        self._after = "0"
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            try:
                for name, data in self._person.events(self._after, self._told, self._over.is_set):
                    if name == "visit":
                        self._visits[data["id"]] = self._person.get(f"/api/v1/visits/{data['id']}")
            except (httpx.HTTPError, CentralSays):
                self._over.wait(AGAIN_S)  # a stream that ended goes on from the last thing it told

    def visit(self, visit_id: str) -> dict[str, Any]:
        return self._visits[visit_id]

    def decided(self, lane_id: UUID) -> list[dict[str, Any]]:
        """The decided visits of a lane, oldest first."""
        found = [one for one in self._at(lane_id) if one["decided_at"]]
        return sorted(found, key=lambda visit: str(visit["decided_at"]))

    def undecided(self, lane_id: UUID) -> list[dict[str, Any]]:
        """What happened at a lane without a decision: a car that nobody granted anything."""
        return [one for one in self._at(lane_id) if not one["decided_at"]]

    def _at(self, lane_id: UUID) -> list[dict[str, Any]]:
        return [one for one in list(self._visits.values()) if one["lane_id"] == str(lane_id)]

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _told(self, number: str) -> None:
        self._after = number
