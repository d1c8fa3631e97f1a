"""One device, open and tried, in a thread of its own. Only one at a time, and never for longer than somebody looks.

Opening moves nothing; only `pulse` moves an output, once for each time that a person asked and confirmed.
"""

import logging
import queue
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import cv2

from devices.capture import Moment, Moved, Way
from devices.catalogue import Kind, kind_of, open_device, parse
from devices.diagnose import (
    PROVED,
    WORKS,
    Diagnosis,
    Finding,
    diagnose_board,
    diagnose_error,
    diagnose_file,
    diagnose_picture,
    diagnose_scan,
    diagnose_shown,
    diagnose_told,
    speaks_rtu,
)
from devices.display.texts import Say, Text
from devices.errors import AddressError, DeviceError
from devices.ports import CardRead, Garbage, KeyPressed, ReaderTamper, Scan, Watched
from devices.probe import BUDGET_S, probe
from devices.transport.tap import Recording, Tapped
from edge.commission.pushes import Pushes, heard
from edge.lane.vehicle.display import SAMPLE
from models.values.time import utc_now

log = logging.getLogger(__name__)

PULSE_MS = 500
LOOK_S = 0.15
LONGEST_S = 300.0
CAR_S = 3600.0
"""As long as somebody waits for a push: cars have to be fetched, and driven through."""
FORGOTTEN_S = 8.0
RECENT = 400  # moments that a diagnosis looks at
LINE_MAX = 2048  # bytes of a scanner's line, in which the end of its codes is looked for
SHOWN = 6
WIDTH_PX = 640
WELL_S = 3.0
"""So long one that answered well may be used though an answer is missing at this moment."""
PASSING = frozenset({Finding.SILENT, Finding.BAD_CRC, Finding.NOT_ITS_LANGUAGE})
"""What a single answer that was lost or damaged on a good line looks like."""
UNPROVED = frozenset({Finding.ONLY_SENT, Finding.NOT_MOVED})
"""Of a board that never answers: only switching an output on proves anything of it."""
GONE = frozenset({Finding.UNPLUGGED, Finding.NO_PORT})
OPENED, WHOLE = "\x00opened", "\x00whole"
"""What a reader says of its case, among what was read: no code and no card holds such a sign."""


class Doing(StrEnum):
    OPENING = "opening"
    SEARCHING = "searching"
    RUNNING = "running"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class State:
    """What the page shows. `at` fields are monotonic seconds."""

    doing: Doing = Doing.OPENING
    told: tuple[Diagnosis, ...] = ()
    pulse_told: tuple[Diagnosis, ...] = ()
    """What came of the last pulse; it stays until the next one."""
    inputs: tuple[bool, ...] = ()
    outputs: tuple[bool, ...] = ()
    timed: bool = True
    told_only: bool = False
    """The board obeys and cannot be asked: `outputs` says how many there are, and nothing of their levels."""
    changed: frozenset[int] = frozenset()
    """The inputs that were seen to change, by number."""
    pulsed: int = 0
    """Which output was last seen to switch on at our asking, or told to where none can be seen; 0: none yet."""
    seen: tuple[str, ...] = ()
    age_s: float | None = None
    size: tuple[int, int] | None = None
    better: str | None = None
    """An address that answered where the given one did not."""
    tried: int = 0
    planned: int = 0
    pushes: Pushes = field(default_factory=Pushes)
    """What a plate camera has pushed."""
    shown: str = ""
    """The text that a driver's board last was told to show."""
    well_at: float | None = None
    """When it last was seen to work."""

    @property
    def works(self) -> bool:
        """The device itself did what it is for, as this address says; nothing was only searched for."""
        return any(each.finding in PROVED for each in self.told)

    @property
    def switchable(self) -> bool:
        """Nothing speaks against switching an output on: it is this board alone that would obey."""
        return all(each.finding in PROVED | PASSING | UNPROVED for each in self.told)

    def usable(self, now: float) -> bool:
        """It works, or did a moment ago; and no output that was told to move did not."""
        if any(each.finding not in PROVED for each in self.pulse_told):
            return False
        passing = bool(self.told) and all(each.finding in PASSING for each in self.told)
        return self.works or (passing and self.well_at is not None and now - self.well_at <= WELL_S)


class Trial(threading.Thread):
    """`search`: look for the speed and number of a board instead of using the address as it is. `id`: a page of
    this test sends it with whatever it asks, so that nothing is done to another device than was looked at."""

    def __init__(
        self, address: str, *, search: bool = False, clock: Callable[[], float] = time.monotonic,
        budget_s: float = BUDGET_S,
    ) -> None:  # fmt: skip
        super().__init__(name="commissioning trial", daemon=True)
        self.id = secrets.token_hex(8)
        self.address = address
        self.shown = str(parse(address))
        kind = kind_of(parse(address).scheme)
        assert kind is not None
        self.kind = kind
        self.recording = Recording()
        self.search = search
        self._search, self._budget_s, self._clock = search, budget_s, clock
        self._pulses: queue.Queue[int] = queue.Queue(maxsize=4)
        self._texts: queue.Queue[str] = queue.Queue(maxsize=1)
        self._halt = threading.Event()
        self._lock = threading.Lock()
        self._state = State()
        self._jpeg: bytes | None = None
        self._moved: bool | None = None
        self._touched = clock()

    def state(self) -> State:
        """As it is now; also says that somebody still looks."""
        with self._lock:
            self._touched = self._clock()
            return self._state

    def usable(self) -> bool:
        """Whether it may be used for a lane now."""
        return self.state().usable(self._clock())

    def picture(self) -> bytes | None:
        with self._lock:
            return self._jpeg

    def pulse(self, channel: int) -> None:
        """Switch on for half a second, once. Dropped when more than a few are waiting already."""
        with suppress(queue.Full):
            self._pulses.put_nowait(channel)

    def show(self, language: str) -> None:
        """Show and speak a test text, once. Dropped where one waits already."""
        with suppress(queue.Full):
            self._texts.put_nowait(language)

    def saw(self, moved: bool) -> bool:
        """A person says whether the output that was just told has moved, or a text was seen. False: nothing was told,
        or it was read back."""
        with self._lock:
            asked = self._state.told_only and (self._state.pulsed > 0 or bool(self._state.shown))
            if asked:
                self._moved = moved
            return asked

    def asks(self) -> bool:
        """Whether a person still has to say if the output that was just told has moved, or if a text was seen."""
        with self._lock:
            told = self._state.pulsed > 0 or bool(self._state.shown)
            return self._state.told_only and told and self._moved is None

    def stop(self) -> None:
        """Let go of the line; returns when it is free."""
        self._halt.set()
        if self.is_alive():
            self.join(10)

    def run(self) -> None:
        try:
            self._probe() if self._search else self._run()
        except (DeviceError, AddressError, OSError, ValueError) as error:
            self._tell(told=self._diagnosed(error))
        except Exception:  # a mistake of ours must not leave the page waiting: it is told, and logged whole
            log.exception("the trial of %s stopped", self.shown)
            self._tell(told=(Diagnosis(Finding.UNKNOWN),))
        finally:
            self._tell(doing=Doing.OVER)

    def _run(self) -> None:
        """Until nobody looks any more. A device that was unplugged is opened again when its name is back."""
        lost: DeviceError | None = None
        while lost is None or self._going():
            try:
                device = open_device(self.address, Tapped(self.recording))
            except DeviceError:
                if lost is None:
                    raise
                self._halt.wait(LOOK_S)
                continue
            try:
                self._tell(doing=Doing.RUNNING)
                {
                    Kind.RELAY: self._board, Kind.CAMERA: self._camera, Kind.PLATES: self._plates,
                    Kind.BOARD: self._display,
                }.get(self.kind, self._listen)(device)  # fmt: skip
                return
            except DeviceError as error:
                if diagnose_error(error).finding not in GONE:
                    raise
                lost = error
                self._tell(told=self._diagnosed(error), inputs=(), outputs=(), pulsed=0, pulse_told=())
                while not self._pulses.empty():  # what was asked of the one that went moves nothing when it is back
                    self._pulses.get_nowait()
            finally:
                device.close()
        raise lost

    def _going(self) -> bool:
        now = self._clock()
        with self._lock:
            forgotten = now - self._touched > FORGOTTEN_S
        longest_s = CAR_S if self.kind is Kind.PLATES else LONGEST_S
        return not (forgotten or self._halt.is_set() or now - self._began > longest_s)

    def start(self) -> None:
        self._began = self._clock()
        super().start()

    def _tell(self, **what: Any) -> None:
        with self._lock:
            self._state = replace(self._state, **what)
            if "told" in what and self._state.works:
                self._state = replace(self._state, well_at=self._clock())

    # Boards

    def _board(self, board: Any) -> None:
        self._tell(timed=board.timed, told_only=not board.reads_back)
        while self._going():
            error: DeviceError | None = None
            try:
                channel = self._pulses.get_nowait()
            except queue.Empty:
                channel = 0
            if channel:
                self._click(board, channel)
            try:
                if isinstance(board, Watched) and (beyond := board.silence()) is not None:
                    raise beyond
                inputs = board.read_inputs()  # also of a board that has none: that is how its line is looked at
                self._tell(
                    inputs=inputs,
                    outputs=board.read_outputs() if board.reads_back and board.outputs else (False,) * board.outputs,
                    changed=self._state.changed | _differing(self._state.inputs, inputs),
                )
            except DeviceError as caught:
                if diagnose_error(caught).finding in GONE:
                    raise
                error = caught
                self._tell(inputs=(), outputs=())  # what is not read is not shown
            self._tell(told=self._diagnosed(error))
            self._halt.wait(LOOK_S)

    def _click(self, board: Any, channel: int) -> None:
        self._tell(pulsed=0, pulse_told=())
        self._moved = None  # what was said was of the output before
        try:
            board.pulse(channel, PULSE_MS)
        except DeviceError as error:
            self.recording.asked("pulse", (channel, PULSE_MS), {"error": type(error).__name__})
            self._tell(pulse_told=self._diagnosed(error))
            return
        self.recording.asked("pulse", (channel, PULSE_MS), None)
        self._tell(pulsed=channel)

    def _diagnosed(self, error: BaseException | None) -> tuple[Diagnosis, ...]:
        address = parse(self.address)
        if error is not None and (lacking := diagnose_file(error, address.options)) is not None:
            return (lacking,)
        if self._state.told_only:
            diagnose = diagnose_shown if self.kind is Kind.BOARD else diagnose_told
            return (diagnose(error, self._moved),)
        if self.kind is not Kind.RELAY or not speaks_rtu(address.scheme):
            return (diagnose_error(error),) if error is not None else (Diagnosis(Finding.WORKS),)
        recent = _last_exchanges(self.recording.moments())
        return diagnose_board(error, recent, unit=address.whole("unit"), echo=address.options.get("echo") == 1)

    def _probe(self) -> None:
        def tell(tried: int, planned: int) -> bool:
            self._tell(doing=Doing.SEARCHING, tried=tried, planned=planned)
            return not self._halt.is_set()

        done = probe(self.address, cables=Tapped(self.recording), budget_s=self._budget_s, tell=tell)
        found = () if done.found else (done.heard or Diagnosis(Finding.SILENT),)
        self._tell(better=done.found, tried=done.tried, planned=done.planned, told=found)

    # Scanners and readers

    def _listen(self, port: Any) -> None:
        heard: deque[object] = deque(maxlen=40)
        while self._going():
            event = port.read(LOOK_S)
            if event is not None:
                heard.append(event)
            pieces = [m.data for m in self.recording.moments() if isinstance(m, Moved) and m.way is Way.HEARD]
            line = b"".join(pieces[-RECENT:])[-LINE_MAX:]
            shown = tuple(_shown(each) for each in heard if not isinstance(each, Garbage))[-SHOWN:]
            told = diagnose_scan(None, tuple(heard)[-8:], sum(map(len, pieces)), time.monotonic(), line)
            self._tell(seen=shown, told=told)

    # What a vehicle lane has besides

    def _plates(self, camera: Any) -> None:
        while self._going():
            if (pushed := camera.read(LOOK_S)) is not None:
                now = self._clock()
                self._tell(pushes=heard(self._state.pushes, pushed, camera.answer, now, utc_now()))
            self._tell(told=(Diagnosis(Finding.NO_PUSH) if self._state.pushes.plate is None else WORKS,))

    def _display(self, board: Any) -> None:
        self._tell(told_only=True)
        while self._going():
            with suppress(queue.Empty):
                text = Text(Say.WELCOME, SAMPLE, None, self._texts.get_nowait())
                self._moved = None  # what was said was of the text before
                board.show(text)
                self._tell(shown=text.spoken())
            self._tell(told=self._diagnosed(None))
            self._halt.wait(LOOK_S)

    # Cameras

    def _camera(self, camera: Any) -> None:
        mean, spread = 128.0, 64.0
        began = self._clock()
        while self._going():
            frame = camera.read(LOOK_S)
            if frame is not None:
                grey = cv2.cvtColor(cv2.resize(frame.pixels, (64, 48)), cv2.COLOR_BGR2GRAY)
                mean, spread = float(grey.mean()), float(grey.std())
                height, width = frame.pixels.shape[:2]
                small = cv2.resize(frame.pixels, (WIDTH_PX, max(1, height * WIDTH_PX // width)))
                jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 75])[1].tobytes()
                with self._lock:
                    self._jpeg = jpeg
                self._tell(size=(width, height))
            age = camera.age_s()
            waiting = age == float("inf")
            error = camera.error if frame is None else None
            if waiting and error is None and self._clock() - began < 5.0:
                continue  # a network camera takes its time to begin
            known = None if waiting else age
            self._tell(age_s=known, told=diagnose_picture(error, known, mean, spread))
            self._halt.wait(LOOK_S)


def _differing(before: Sequence[bool], now: Sequence[bool]) -> frozenset[int]:
    """Which inputs are not as they were when they were last read; none where that was never."""
    return frozenset(number for number, (was, on) in enumerate(zip(before, now, strict=False), 1) if was != on)


def _last_exchanges(moments: Sequence[Moment], questions: int = 4) -> tuple[Moment, ...]:
    """The last few questions and what came: a fault that was mended must not be told for ever."""
    recent = moments[-RECENT:]
    left = questions
    for index in range(len(recent) - 1, -1, -1):
        moment = recent[index]
        if isinstance(moment, Moved) and moment.way is Way.SENT:
            left -= 1
            if not left:
                return tuple(recent[index:])
    return tuple(recent)


def _shown(event: object) -> str:
    """A number for the technician's eyes, on this page only; nothing of it is kept."""
    match event:
        case Scan(text):
            return text if len(text) <= 60 else f"{text[:57]}…"
        case CardRead(form, facility, number):
            return f"{form} {number}" if facility is None else f"{form} {facility}-{number}"
        case ReaderTamper(tampered):
            return OPENED if tampered else WHOLE
        case KeyPressed():
            return "•"  # a PIN may be typed here
        case _:
            return type(event).__name__
