"""The driver against the simulated board in virtual time: what it believes, and what it never does."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.door.modbus_board import ModbusBoard
from devices.door.profiles import PROFILES, Profile
from devices.errors import DeviceError, Garbled, NotConfirmed, Refused, Unreachable
from devices.registry import open_relay_board
from devices.sim.relay_board import Edge, Fault, RelayBoardSim

WAVESHARE_8, PLAIN_8 = PROFILES["waveshare-8"], PROFILES["plain-8"]


@dataclass
class VirtualWire:
    """A wire to `sim` on which reading is what lets time pass. The board answers in order, however late."""

    now: float = 100.0
    silence: bool = False
    next_faults: list[tuple[Fault, ...]] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    under_way: list[tuple[float, bytes]] = field(default_factory=list)
    busy_until: float = 0.0
    closed: bool = False

    def __post_init__(self) -> None:
        self.sim = RelayBoardSim(clock=self.clock)

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def write(self, data: bytes) -> None:
        self.sent.append(data)
        if self.next_faults:
            self.sim.fault(*self.next_faults.pop(0))
        for delay_s, piece in self.sim.answer(data, data[0], data[1:-2]):
            self.busy_until = max(self.now, self.busy_until) + delay_s
            self.under_way.append((self.busy_until, piece))

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        if self.under_way and self.under_way[0][0] <= self.now + timeout_s:
            due, piece = self.under_way.pop(0)
            self.now = max(self.now, due)
            return piece
        self.now += timeout_s
        return b""

    def drain(self) -> None:
        self.under_way = [(due, piece) for due, piece in self.under_way if due > self.now]

    def close(self) -> None:
        self.closed = True


def board_on(wire: VirtualWire, profile: Profile = WAVESHARE_8, *, echo: bool = False, tries: int = 2) -> ModbusBoard:
    return ModbusBoard(wire, profile, echo=echo, timeout_s=0.15, tries=tries, clock=wire.clock, wait=wire.wait)


@pytest.mark.req("LANE-18")
def test_a_timed_pulse_is_ended_by_the_board_itself_though_nobody_is_left_to_end_it() -> None:
    wire = VirtualWire()
    board = board_on(wire)
    started = wire.now
    board.pulse(1, 500)
    board.close()
    assert wire.sent[0] == bytes.fromhex("01 05 02 00 00 05 0C 71")
    wire.wait(60)
    assert wire.sim.edges() == (Edge(started, 1, True), Edge(started + 0.5, 1, False))


@pytest.mark.req("LANE-18")
def test_a_board_without_a_timer_says_so_and_is_switched_off_after_the_pulse() -> None:
    wire = VirtualWire()
    board = board_on(wire, PLAIN_8)
    assert board.timed is False
    started = wire.now
    board.pulse(2, 700)
    assert wire.sim.edges() == (Edge(started, 2, True), Edge(started + 0.7, 2, False))


def test_without_a_timer_a_switching_on_that_was_not_confirmed_is_taken_back() -> None:
    wire = VirtualWire()
    # The write works and is answered; both read-backs are lost; after that all is well.
    wire.next_faults = [(), (Fault.DEAF_ANSWER,), (Fault.DEAF_ANSWER,), ()]
    with pytest.raises(Unreachable):
        board_on(wire, PLAIN_8).pulse(1, 700)
    assert wire.sim.output(1) is False


@pytest.mark.req("LANE-19")
@given(st.lists(st.tuples(st.sampled_from(["on", "off", "pulse"]), st.integers(1, 8)), max_size=12))
def test_commands_are_discrete_and_repeating_one_changes_nothing(commands: list[tuple[str, int]]) -> None:
    wire = VirtualWire()
    board = board_on(wire)
    for command, channel in commands:
        for _ in range(2):
            if command == "pulse":
                board.pulse(channel, 500)
            else:
                board.set(channel, command == "on")
        assert wire.sim.output(channel) is (command != "off")
    for frame in wire.sent:
        assert frame[1] in (1, 2, 5)
        if frame[1] == 5 and frame[2] == 0:  # a plain coil: on or off, never the "toggle" that some boards offer
            assert frame[4:6] in (b"\xff\x00", b"\x00\x00")


@pytest.mark.req("LANE-19")
@pytest.mark.parametrize("on", [True, False])
def test_an_output_that_does_not_move_is_not_confirmed(on: bool) -> None:
    wire = VirtualWire()
    board = board_on(wire)
    board.set(3, not on)
    wire.sim.fault(Fault.STUCK)
    with pytest.raises(NotConfirmed, match="output 3"):
        board.set(3, on)


@pytest.mark.parametrize("echo", [False, True])
def test_a_dead_board_behind_an_echoing_adapter_is_an_error(echo: bool) -> None:
    wire = VirtualWire()
    wire.sim.fault(Fault.ECHOING, Fault.SILENT)
    board = board_on(wire, echo=echo)
    act: Callable[[], object]
    for act in (lambda: board.set(1, True), lambda: board.pulse(1, 500), board.read_inputs, board.read_outputs):
        with pytest.raises((Unreachable, Garbled)):
            act()


def test_a_live_board_behind_an_echoing_adapter_works_and_a_missing_echo_is_told() -> None:
    wire = VirtualWire()
    wire.sim.fault(Fault.ECHOING)
    board = board_on(wire, echo=True)
    board.set(1, True)
    assert wire.sim.output(1) is True
    wire.sim.fault()
    with pytest.raises(Garbled, match="echo=1"):
        board.read_outputs()


def test_a_refusal_is_not_tried_again() -> None:
    wire = VirtualWire()
    wire.sim = RelayBoardSim(timed_base=None, clock=wire.clock)
    with pytest.raises(Refused, match="illegal address"):
        board_on(wire).pulse(1, 500)
    assert len(wire.sent) == 1


@pytest.mark.parametrize(("channel", "ms"), [(0, 500), (9, 500), (1, 0)])
@pytest.mark.parametrize("profile", [WAVESHARE_8, PLAIN_8])
def test_what_the_board_does_not_have_is_never_sent(profile: Profile, channel: int, ms: int) -> None:
    wire = VirtualWire()
    with pytest.raises(ValueError, match="is"):
        board_on(wire, profile).pulse(channel, ms)
    assert wire.sent == []


@pytest.mark.req("ACC-16")
def test_a_lost_answer_to_a_pulse_gives_one_opening_not_two() -> None:
    wire = VirtualWire()
    wire.next_faults = [(Fault.DEAF_ANSWER,), ()]
    board_on(wire).pulse(1, 500)
    assert [edge.on for edge in wire.sim.edges()] == [True]


@pytest.mark.req("ACC-16")
def test_a_pulse_that_may_be_over_is_not_sent_again() -> None:
    wire = VirtualWire()
    wire.next_faults = [(Fault.DEAF_ANSWER,), ()]
    with pytest.raises(Unreachable, match="output 1 is not known"):
        board_on(wire).pulse(1, 100)  # over before the missing answer is noticed
    assert [edge.on for edge in wire.sim.edges()] == [True, False]


FAULTS = st.lists(
    st.sampled_from([(), (), (Fault.LATE,), (Fault.SILENT,), (Fault.DEAF_ANSWER,), (Fault.GARBLED,), (Fault.WRONG,)]),
    max_size=10,
)


@pytest.mark.req("ACC-16")
@given(FAULTS, st.integers(1, 10), st.integers(1, 3), st.floats(0.05, 0.9))
def test_whatever_happens_on_the_wire_one_pulse_is_at_most_one_opening(
    faults: list[tuple[Fault, ...]], tenths: int, tries: int, late_s: float
) -> None:
    wire = VirtualWire(next_faults=[*faults, ()])
    wire.sim.late_s = late_s
    started = wire.now
    try:
        board_on(wire, tries=tries).pulse(1, tenths * 100)
        confirmed = True
    except DeviceError:
        confirmed = False
    openings = [edge for edge in wire.sim.edges() if edge.on]
    assert len(openings) <= 1
    if confirmed:
        assert len(openings) == 1
        assert openings[0].at >= started


def test_an_answer_that_comes_after_its_time_does_not_answer_the_next_question() -> None:
    wire = VirtualWire(next_faults=[(Fault.LATE,), ()])
    wire.sim.late_s = 0.2
    board = board_on(wire, tries=1)
    with pytest.raises(Unreachable):
        board.read_inputs()
    wire.sim.set_input(1, True)  # the late answer, still under way, says False
    assert board.read_inputs()[0] is True


def test_an_answer_sent_twice_does_not_answer_the_next_question() -> None:
    wire = VirtualWire()
    wire.sim.fault(Fault.TWICE)
    board = board_on(wire)
    assert board.read_inputs()[0] is False
    wire.sim.set_input(1, True)
    assert board.read_inputs()[0] is True


@pytest.mark.req("ACC-22")
def test_an_answer_that_lay_there_while_the_machine_was_busy_with_others_counts() -> None:
    """Whoever gets no processor for half a second after asking is late itself, not the board."""

    class Busy(VirtualWire):
        def write(self, data: bytes) -> None:
            super().write(data)
            self.asked = True

        def clock(self) -> float:
            now = super().clock()
            if self.asked:  # the time is taken, and then another process has the machine
                self.asked = False
                self.now += 0.5
            return now

        asked = False

    wire = Busy()
    wire.sim.set_input(2, True)
    assert board_on(wire, tries=1).read_inputs()[1] is True and len(wire.sent) == 1


LATE_OR_NOT = st.lists(st.sampled_from([(), (Fault.LATE,), (Fault.LATE,), (Fault.SILENT,)]), max_size=4)


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from(["inputs", "outputs"]), LATE_OR_NOT, st.sampled_from([0, 0, 0.1, 1])),
        min_size=2,
        max_size=8,
    ),
    st.floats(0.16, 0.9),
)
def test_a_late_answer_never_passes_for_a_new_one(
    calls: list[tuple[bool, str, list[tuple[Fault, ...]], float]], late_s: float
) -> None:
    wire = VirtualWire()
    wire.sim.late_s = late_s
    board = board_on(wire, tries=1)
    for level, what, faults, pause_s in calls:
        wire.wait(pause_s)
        wire.sim.set_inputs([level] * 8)
        wire.next_faults = [*faults, ()]
        try:
            seen = board.read_inputs() if what == "inputs" else board.read_outputs()
        except DeviceError:
            continue
        assert seen == ((level,) * 8 if what == "inputs" else (False,) * 8)


def test_tries_bound_how_long_a_dead_board_can_hold_a_read_up() -> None:
    wire = VirtualWire()
    wire.sim.fault(Fault.SILENT)
    board = board_on(wire, tries=2)
    started = wire.now
    with pytest.raises(Unreachable):
        board.read_inputs()
    assert wire.now - started <= 0.3 + 1e-6
    assert len(wire.sent) == 2


@pytest.mark.req("GEN-08")
@pytest.mark.parametrize(("baud", "line_s"), [("9600", 0.0167), ("1200", 0.133)])
def test_the_time_that_bytes_take_on_a_slow_line_is_not_the_boards_time_to_answer(
    monkeypatch: pytest.MonkeyPatch, baud: str, line_s: float
) -> None:
    """Two times eight bytes at 1200 baud are nearly all of the 150 ms that a board has."""
    wire = VirtualWire()
    monkeypatch.setattr("devices.door.rows.line", lambda *_: wire)
    board = open_relay_board(f"modbus+serial:///dev/ttyUSB0?profile=waveshare-8&baud={baud}&tries=1")
    assert isinstance(board, ModbusBoard)
    board._clock = wire.clock
    wire.sim.fault(Fault.LATE)
    for late_s in (line_s + 0.01, line_s + 0.149):
        wire.sim.late_s = late_s
        board.set(1, True)
    wire.sim.late_s = line_s + 0.16
    with pytest.raises(Unreachable):
        board.read_inputs()


def test_a_line_that_never_falls_silent_is_given_up() -> None:
    wire = VirtualWire()
    wire.sim.fault(Fault.SILENT)
    board = board_on(wire)
    with pytest.raises(Unreachable):
        board.read_inputs()
    wire.under_way = [(wire.now + 0.5 * n, b"\x55") for n in range(1, 200)]
    with pytest.raises(Garbled, match="silent"):
        board.read_inputs()
