"""An intercom on trial: the very thread that hears it in service, and nobody's door behind it.

Only one trial at a time; it stops listening when nobody looks any more. Whatever it asks for opens nothing: what came,
and what it was told, is shown and forgotten.
"""

import queue
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from devices.errors import DeviceError
from edge.hands import IntercomSite, IntercomsSite
from edge.intercom.digest import Answer, Peer
from edge.intercom.serving import Asked, IntercomThread
from edge.lane.inbox import Item
from models.values.ids import new_id

LOOK_S = 0.15
FORGOTTEN_S = 8.0
LONGEST_S = 1800.0
SHOWN = 12


@dataclass(frozen=True, slots=True)
class State:
    """What the page shows. `came`: newest last; `refused`: why it cannot be listened for, "" for nothing; `proved`: a
    request of it was taken."""

    listening: bool = False
    came: tuple[Asked, ...] = ()
    refused: str = ""
    proved: bool = False
    over: bool = False


class IntercomTrial(threading.Thread):
    """`id`: as that of a device on trial. Any thread may call it."""

    def __init__(
        self, code: str, site: IntercomSite, at: IntercomsSite, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(name="intercom trial", daemon=True)
        self.id, self.code, self.site, self.at = secrets.token_hex(8), code, site, at
        self._clock = clock
        self._lock, self._halt = threading.Lock(), threading.Event()
        self._state = State()
        self._touched = self._began = clock()

    def state(self) -> State:
        """As it is now; also says that somebody still looks."""
        with self._lock:
            self._touched = self._clock()
            return self._state

    def stop(self) -> None:
        """Let go of the port; returns when it is free."""
        self._halt.set()
        if self.is_alive():
            self.join(10)

    def run(self) -> None:
        try:
            peer = self.site.peer(self.code)
        except DeviceError as error:
            self._tell(refused=str(error))
        else:
            self._listen(peer)
        self._tell(over=True, listening=False)

    def _listen(self, peer: Peer) -> None:
        nobody: queue.Queue[Item] = queue.Queue()
        lane_id = new_id()
        peers = {self.code: peer}
        thread = IntercomThread(self.at.listen, self.at.port, peers, nobody, lambda _: lane_id, self._asked)
        thread.start()
        try:
            while self._going():
                self._tell(listening=thread.port is not None and thread.refused is None, refused=thread.refused or "")
                self._halt.wait(LOOK_S)
        finally:
            thread.stop()
            thread.join(5)

    def _going(self) -> bool:
        now = self._clock()
        with self._lock:
            forgotten = now - self._touched > FORGOTTEN_S
        return not (self._halt.is_set() or forgotten or now - self._began > LONGEST_S)

    def _asked(self, asked: Asked) -> None:
        with self._lock:
            before = self._state
            came, proved = (*before.came, asked)[-SHOWN:], before.proved or asked.answer is Answer.TAKEN
            self._state = State(before.listening, came, before.refused, proved, before.over)

    def _tell(self, listening: bool | None = None, refused: str | None = None, over: bool | None = None) -> None:
        with self._lock:
            before = self._state
            self._state = State(
                before.listening if listening is None else listening, before.came,
                before.refused if refused is None else refused, before.proved, before.over if over is None else over,
            )  # fmt: skip
