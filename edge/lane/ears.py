"""The thread that listens to one code scanner, and opens it again after it was unplugged."""

from devices.ports import Garbage, Scan, Scanner
from edge.lane.inbox import CodeSeen, ScanRefused
from edge.lane.listening import Listener

READ_S = 0.5
BREATH_S = 0.05
BREATH_AFTER_GARBAGE_S = 0.25
"""A line that babbles is read this slowly: what it floods is its own buffer, not the thread that runs every lane."""


class ScannerThread(Listener[Scanner]):
    """Owns the scanner of one lane."""

    device, zh, en = "scanner", "扫码器", "scanner"

    def _listen(self, scanner: Scanner) -> None:
        while not self._stopping.is_set():
            heard = scanner.read(READ_S)
            self._tell(None)  # a line that opens and then fails is not back
            self._heard(heard)

    def _heard(self, heard: Scan | Garbage | None) -> None:
        match heard:
            case Scan(text, at):
                self._inbox.put(CodeSeen(self._lane, text, at))
                self._stopping.wait(BREATH_S)
            case Garbage(reason, length):
                self._inbox.put(ScanRefused(self._lane, reason.value, length))
                self._stopping.wait(BREATH_AFTER_GARBAGE_S)
