"""The ports that `bench_soak` lets rubbish into: each the real driver, with the thread's own hands behind it."""

from collections import Counter
from collections.abc import Callable
from typing import Protocol, cast

from devices.camera import discovery
from devices.display import codec
from devices.display.lane_board import PROFILES as LANE_BOARDS
from devices.display.lane_board import LaneBoard
from devices.display.texts import Say, Text
from devices.door.lcus_board import LcusBoard
from devices.door.modbus_board import ModbusBoard
from devices.door.profiles import PROFILES
from devices.errors import DeviceError
from devices.ports import RelayBoard
from devices.reader.line_reader import LineReader
from devices.reader.lines import Profile
from devices.scanner.framing import End, Framing
from devices.scanner.serial_scanner import SerialScanner
from devices.sim.babble import BabblingLine, SimulatedClock
from devices.sim.relay_board import RelayBoardSim
from devices.transport.keyboard import Keyboard
from devices.transport.keys import strokes
from edge.lane.debounce import Debounced
from edge.lane.ears import ScannerThread
from edge.lane.hearing import Hearing
from edge.lane.inbox import BoardDown, ContactsRead
from edge.lane.reader_ears import ReaderThread
from edge.lane.states import Contacts
from models.access.pins import PinMatch
from scripts.soak_gate import CODE, SoakedGate

READ_S = 0.25
POLL_S = 0.1
LOST_AFTER_S = 1.0

Made = Callable[[SimulatedClock, int, SoakedGate], "Port"]


class Port(Protocol):
    """One line and what listens to it."""

    line: BabblingLine

    def turn(self, heard: Counter[str]) -> None:
        """Read once, let time pass, and hand on what was heard."""

    def energised(self) -> int:
        """How often something moved at the far end."""


class Listening:
    """A scanner or a reader, and its thread's own hands, on this thread."""

    def __init__(self, line: BabblingLine, device: SerialScanner | LineReader, gate: SoakedGate) -> None:
        self.line, self._device = line, device
        self._hearing = Hearing()
        if isinstance(device, SerialScanner):
            self._ears: ScannerThread | ReaderThread = ScannerThread(CODE, lambda: device, gate.inbox)
        else:
            self._ears = ReaderThread(CODE, lambda: device, gate.inbox, whose=_nobody)
        self._ears.stop()  # never started; told to stop, its hands wait for nothing

    def turn(self, heard: Counter[str]) -> None:
        found = self._device.read(READ_S)
        self._ears._turn(self._hearing, cast("None", found), self.line.clock.now)
        if found is not None:
            heard[type(found).__name__] += 1
            self.line.clock.wait(0.05)

    def energised(self) -> int:
        return 0


def _nobody(unit: str, pin: str) -> PinMatch | None:
    """Whose PIN it is, without the slow hash: nobody keys a right one by chance."""
    return None


class Asked:
    """A relay board that is asked for its contacts; where the far end has relays, none may move."""

    def __init__(self, line: BabblingLine, board: RelayBoard, gate: SoakedGate, sim: RelayBoardSim | None) -> None:
        self.line, self._board, self._gate, self._sim = line, board, gate, sim
        self._contacts, self._read_at = Debounced(), line.clock.now

    def turn(self, heard: Counter[str]) -> None:
        clock = self.line.clock
        clock.wait(POLL_S)
        try:
            levels = self._board.read_inputs()
        except DeviceError as error:
            heard[type(error).__name__] += 1
            if clock.now - self._read_at > LOST_AFTER_S:
                self._contacts = Debounced()
                self._gate.inbox.put(BoardDown(CODE, str(error)[:200]))
            return
        heard["contacts read"] += 1
        self._read_at, self._contacts = clock.now, self._contacts.read(levels)
        if now := self._contacts.level:
            self._gate.inbox.put(ContactsRead(CODE, Contacts(closed=now[0], exit_pressed=now[1], fire=not now[2])))

    def energised(self) -> int:
        return len(self._sim.edges()) if self._sim is not None else 0


class Showing:
    """A lane board that is given as a plate whatever a camera took for one. Only whole frames may leave."""

    def __init__(self, clock: SimulatedClock, seed: int, gate: SoakedGate) -> None:
        self.line = BabblingLine(clock, seed, ("京A12345".encode("gbk"), "沪AD12345".encode("gbk")), b"", self._left)
        self._board = LaneBoard(self.line, LANE_BOARDS["lines-6f"])
        self._broken = 0

    def turn(self, heard: Counter[str]) -> None:
        came = self.line.read(4096, READ_S)
        if came:
            try:
                self._board.show(Text(Say.WELCOME, plate=came.decode("gbk", "replace")))
                heard["shown"] += 1
            except ValueError:
                heard["no plate"] += 1

    def energised(self) -> int:
        return self._broken

    def _left(self, frame: bytes) -> tuple[bytes, ...]:
        self._broken += codec.decode(frame) is None
        return ()


class Discovering:
    """Answers to a probe for cameras, from whoever sends some."""

    def __init__(self, clock: SimulatedClock, seed: int, gate: SoakedGate) -> None:
        self._asked = "uuid:0"
        sound = (
            f'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:a="{discovery.WSA}" '
            f'xmlns:d="{discovery.WSD}"><e:Header><a:RelatesTo>{self._asked}</a:RelatesTo></e:Header><e:Body>'
            "<d:ProbeMatches><d:ProbeMatch><d:Scopes>onvif://www.onvif.org/name/East%20Gate</d:Scopes>"
            "<d:XAddrs>http://192.168.1.64/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches>"
            "</e:Body></e:Envelope>"
        ).encode()
        self.line = BabblingLine(clock, seed, (sound, sound, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'))

    def turn(self, heard: Counter[str]) -> None:
        came = self.line.read(discovery.ANSWER_MAX, READ_S)
        if came:
            found = discovery.answer(came, "192.168.1.64", self._asked)
            heard["no answer" if found is None else "camera"] += 1

    def energised(self) -> int:
        return 0


def _scanner(end: End, stx: bool = False) -> Made:
    def made(clock: SimulatedClock, seed: int, gate: SoakedGate) -> Port:
        samples = (b"MT1:6BFOXN%TSMAHN-HMTI", b"HTTPS://EXAMPLE.COM/A?B=1", b"9" * 20)
        around = (b"\x02", b"\x03") if stx else (b"", b"")
        line = BabblingLine(clock, seed, tuple(around[0] + one + around[1] for one in samples), end.terminator)
        return Listening(line, SerialScanner(line, Framing(end=end, stx=stx), clock=clock), gate)

    return made


def _reader(written: str, *samples: bytes) -> Made:
    def made(clock: SimulatedClock, seed: int, gate: SoakedGate) -> Port:
        line = BabblingLine(clock, seed, samples, b"\r")
        return Listening(line, LineReader(line, Framing(), Profile(written), clock=clock), gate)

    return made


def _typing(written: str, *texts: str) -> Made:
    def made(clock: SimulatedClock, seed: int, gate: SoakedGate) -> Port:
        line = BabblingLine(clock, seed, tuple(strokes(text + "\r") for text in texts))
        return Listening(line, LineReader(Keyboard(line, clock=clock), Framing(), Profile(written), clock=clock), gate)

    return made


def _modbus(profile: str, tcp: bool = False, echo: bool = False) -> Made:
    def made(clock: SimulatedClock, seed: int, gate: SoakedGate) -> Port:
        sim = RelayBoardSim(tcp=tcp, clock=clock)
        sim.set_inputs((True, False, True))

        def answers(request: bytes) -> list[bytes]:
            said = [data for _, data in sim.hear(request)]
            return [request, *said] if echo else said

        line = BabblingLine(clock, seed, (), b"", answers, sound=50, stream=tcp)
        board = ModbusBoard(line, PROFILES[profile], echo=echo, numbered=tcp, clock=clock, wait=clock.wait)
        return Asked(line, board, gate, sim)

    return made


def _lcus(clock: SimulatedClock, seed: int, gate: SoakedGate) -> Port:
    line = BabblingLine(clock, seed, (b"CH1: ON", b"\xa0\x01\x01\xa2"))
    return Asked(line, LcusBoard(line, 4, wait=clock.wait), gate, None)


PORTS: dict[str, Made] = {
    "relay board, Modbus RTU": _modbus("waveshare-8"),
    "relay board, Modbus RTU, echo": _modbus("waveshare-8", echo=True),
    "relay board, Modbus TCP": _modbus("waveshare-8", tcp=True),
    "relay board, LCUS": _lcus,
    "scanner, CR": _scanner(End.CR),
    "scanner, LF": _scanner(End.LF),
    "scanner, CRLF and STX": _scanner(End.CRLF, stx=True),
    "scanner, no end": _scanner(End.IDLE),
    "reader, Wiegand in hex": _reader("hex", b"2F6EC9B", b"5", b"3FFFFFF"),
    "reader, Wiegand in bits": _reader("bits", b"10111101110110010011011101", b"0101"),
    "reader, facility and number": _reader("comma", b"123,45678", b"0,1"),
    "reader, serial numbers": _reader("uid", b"04A1B2C3", b"04A1B2C3D4E5F6"),
    "keypad": _reader("keys", b"101#2580#", b"12*4"),
    "scanner or reader that types": _typing("decimal", "0008123456", "12,45678"),
    "lane board": Showing,
    "cameras' answers to a probe": Discovering,
}
"""Every port of simulated time. OSDP and network cameras keep a time of their own: `bench_soak`."""
