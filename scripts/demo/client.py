"""A person at central, over the real HTTP: signs in, reads visits, looks through a lane and opens it."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import httpx


class CentralSays(Exception):
    """Central refused; the text is its own words, `slug` the kind of problem where it named one."""

    def __init__(self, text: str, slug: str = ""):
        super().__init__(text)
        self.slug = slug


class Person:
    """One signed-in browser, without the browser."""

    def __init__(self, url: str):
        self._http = httpx.Client(base_url=url, headers={"Origin": url}, timeout=20)

    def sign_in(self, login: str, password: str) -> None:
        self._send("POST", "/api/v1/session", {"login": login, "password": password})

    def change_password(self, old: str, new: str) -> None:
        self._send("PUT", "/api/v1/session/password", {"old_password": old, "new_password": new})

    def get(self, path: str, **params: Any) -> Any:
        answer = self._http.get(path, params=params)
        return self._json(answer)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._send("POST", path, body or {})

    def put(self, path: str, body: dict[str, Any]) -> Any:
        return self._send("PUT", path, body)

    def visits(self, lane_id: UUID) -> list[dict[str, Any]]:
        """All visits of a lane, oldest first."""
        items: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = self.get("/api/v1/visits", lane_id=str(lane_id), limit=100, **({"after": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items[::-1]

    def events(
        self, after: str | None, told: Callable[[str], None], stopped: Callable[[], bool]
    ) -> Iterator[tuple[str, Any]]:
        """(name, data) of what happens, until `stopped`; `told` gets each number that a later call may go on from."""
        headers = {"Last-Event-ID": after} if after else {}
        with self._http.stream("GET", "/api/v1/events", headers=headers, timeout=1.0) as answer:
            if not answer.is_success:
                answer.read()
                self._json(answer)
            name, number, lines = "", "", answer.iter_lines()
            while not stopped():
                try:
                    line = next(lines)
                except (StopIteration, httpx.ReadTimeout):
                    return
                field, _, value = line.partition(": ")
                if field == "id":
                    number = value
                elif field == "event":
                    name = value
                elif field == "data" and name:
                    yield name, json.loads(value)
                    told(number)
                    name = ""

    def rules_made(self, community: str) -> int:
        """The version of the rules at central. A node that has it, or a later one, knows all that was changed so far;
        one whose version merely grew may have got an older change, such as its own enrolment."""
        version: int = self.get(f"/api/v1/gate-settings/{community}")["snapshot_version"]
        return version

    def page(self, path: str) -> str:
        """A page as it is shown."""
        answer = self._http.get(path)
        if not answer.is_success:
            raise CentralSays(f"{answer.status_code}: {path}")
        return answer.text

    def has(self, path: str) -> bool:
        """Whether there is such a thing by now, such as a picture that a node sends when it can."""
        return self._http.get(path).is_success

    def press(self, path: str, form: dict[str, Any]) -> None:
        """The button of a page's form."""
        answer = self._http.post(path, data=form)
        if not answer.is_success and not answer.is_redirect:
            raise CentralSays(f"{answer.status_code}: {path}")

    def look_and_open(self, lane_id: UUID, reason: str) -> str:
        """What a guard does: ask for a picture, see it, open with a reason. The visit's id."""
        return self.open(lane_id, reason, self.look(lane_id))

    def look(self, lane_id: UUID) -> str:
        """Ask for a live picture and wait for it; when it was taken."""
        self.post(f"/api/v1/lanes/{lane_id}/look")
        deadline = time.monotonic() + 15
        while (picture := self._http.get(f"/api/v1/lanes/{lane_id}/live.jpg")).status_code != 200:
            if time.monotonic() > deadline:
                raise CentralSays("no live picture came within 15 s")
            time.sleep(0.1)
        return str(picture.headers["taken-at"])

    def open(self, lane_id: UUID, reason: str, looked_at: str) -> str:
        """Open a lane whose picture was seen, with a reason. The visit's id."""
        nonce = self.post(f"/api/v1/lanes/{lane_id}/open-nonce")["nonce"]
        asked = {"reason": reason, "nonce": nonce, "looked_at": looked_at}
        return str(self.post(f"/api/v1/lanes/{lane_id}/open", asked)["correlation"])

    def close(self) -> None:
        self._http.close()

    def _send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        return self._json(self._http.request(method, path, json=body))

    @staticmethod
    def _json(answer: httpx.Response) -> Any:
        if answer.is_success:
            return answer.json() if answer.content else None
        try:
            problem = answer.json()
            slug = str(problem.get("type", "")).rpartition(":")[2]
            raise CentralSays(f"{answer.status_code}: {problem.get('title')}: {problem.get('detail')}", slug)
        except ValueError as error:
            raise CentralSays(f"{answer.status_code}: {answer.text[:200]}") from error
