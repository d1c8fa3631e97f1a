"""The thread that listens to one code scanner, and opens it again after it was unplugged."""

import time

from devices.ports import Garbage, Scan, Scanner
from edge.lane.hearing import PACE_S, Backlog, Heard, Hearing
from edge.lane.inbox import CodeSeen, ScanRefused
from edge.lane.listening import Listener

READ_S = 0.5
INBOX_MAX = 8
"""While so many things wait for the thread that runs all lanes, no code is put behind them: it would grow old there."""
BREATH_AFTER, BREATH_S = 32, 0.005
"""Lines between two breaths: a device that sends faster than any scanner does floods its own buffer, not this node."""


class ScannerThread(Listener[Scanner]):
    """Owns the scanner of one lane."""

    device, zh, en = "scanner", "扫码器", "scanner"

    def _listen(self, scanner: Scanner) -> None:
        hearing, lines, keeps_up = Hearing(), 0, True
        try:
            while not self._stopping.is_set():
                heard = scanner.read(hearing.wait_s(time.monotonic(), READ_S) if keeps_up else PACE_S)
                keeps_up = self._turn(hearing, heard, time.monotonic())
                lines += heard is not None
                if heard is not None and lines % BREATH_AFTER == 0:
                    self._stopping.wait(BREATH_S)
        finally:
            self._deal_with(hearing.left_out())

    def _turn(self, hearing: Hearing, heard: Scan | Garbage | None, now: float) -> bool:
        """Take what was read, and hand on what is due, unless the gate does not keep up: then False."""
        if heard is not None:
            hearing.hear(heard, now)
        self._tell(hearing.fault(now))  # only after a read: a line that opens and then fails is not back
        if self._inbox.qsize() >= INBOX_MAX:
            return False
        self._deal_with(hearing.due(now))
        return True

    def _deal_with(self, heard: Heard | Backlog | None) -> None:
        match heard:
            case Scan(text, at):
                self._inbox.put(CodeSeen(self._lane, text, at))
            case Garbage(reason, length):
                self._inbox.put(ScanRefused(self._lane, reason.value, length))
            case Backlog(count, length):
                self._inbox.put(ScanRefused(self._lane, "backlog", length, count))
