"""What is told about a device is what its wire proves: real drivers against the faults of a simulated board."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.capture import Moved, Way
from devices.diagnose import (
    Diagnosis,
    Finding,
    diagnose_board,
    diagnose_error,
    diagnose_file,
    diagnose_picture,
    diagnose_scan,
)
from devices.door.modbus_board import ModbusBoard
from devices.door.profiles import PROFILES
from devices.errors import AddressError, Busy, DeviceError, Garbled, NotConfirmed, Refused, Unreachable
from devices.ports import Garbage, GarbageReason, KeyPressed, Scan
from devices.private_file import read_private
from devices.sim.relay_board import Fault, RelayBoardSim
from devices.sim.serve import Serving
from devices.transport.memory import Cable
from devices.transport.tap import Recording


class Rig:
    def __init__(self, unit: int = 1) -> None:
        self.cable, self.sim, self.recording = Cable(), RelayBoardSim(unit=unit), Recording()
        self._serving = Serving(self.sim, self.cable.b)

    def findings(self, *, echo: bool = False, pulse: bool = False, noise: bytes = b"") -> list[Finding]:
        wire = self.recording.tap(self.cable.a)
        board = ModbusBoard(wire, PROFILES["waveshare-8"], echo=echo, timeout_s=0.3, tries=1)
        error: DeviceError | None = None
        if noise:
            self.cable.to_a = lambda _: [noise]
        try:
            board.pulse(1, 500) if pulse else board.read_inputs()
        except DeviceError as caught:
            error = caught
        return [d.finding for d in diagnose_board(error, self.recording.moments(), unit=1, echo=echo)]

    def close(self) -> None:
        self._serving.close()


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.close()


def test_a_board_that_answers_works(rig: Rig) -> None:
    assert rig.findings() == [Finding.WORKS]
    assert rig.findings(pulse=True) == [Finding.WORKS]


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (Fault.SILENT, [Finding.SILENT]),
        (Fault.GARBLED, [Finding.BAD_CRC]),
        (Fault.WRONG, [Finding.OTHER_ANSWER]),
        (Fault.ECHOING, [Finding.ECHO]),
        (Fault.TWICE, [Finding.WORKS]),
    ],
)
def test_each_fault_of_a_board_is_told_by_its_name(rig: Rig, fault: Fault, found: list[Finding]) -> None:
    rig.sim.fault(fault)
    told = rig.findings()  # the second of two answers may come after the question was over
    assert told == found or (fault is Fault.TWICE and told == [Finding.TWO_DEVICES])


def test_a_dead_board_behind_an_echo_is_silent_and_the_echo_is_told(rig: Rig) -> None:
    rig.sim.fault(Fault.ECHOING, Fault.SILENT)
    assert rig.findings() == [Finding.SILENT, Finding.ECHO]


def test_an_echo_that_the_address_expects_and_the_adapter_does_not_make(rig: Rig) -> None:
    assert Finding.NO_ECHO in rig.findings(echo=True)


def test_an_output_that_does_not_move_is_told(rig: Rig) -> None:
    rig.sim.fault(Fault.STUCK)
    assert rig.findings(pulse=True) == [Finding.NOT_CONFIRMED]


def test_bytes_that_are_no_frame_point_at_the_speed(rig: Rig) -> None:
    assert rig.findings(noise=b"\xf8\x80\xf8\x00\xff\x80") == [Finding.NOT_ITS_LANGUAGE]


def of_unit(rig: Rig, unit: int) -> bytes:
    """A sound answer of eight closed inputs from another board."""
    other = RelayBoardSim(unit=unit)
    return b"".join(data for _, data in other.answer(b"", unit, bytes.fromhex("0200000008")))


def test_a_board_that_answers_for_another_is_named(rig: Rig) -> None:
    stranger = of_unit(rig, 7)
    sent, heard = Moved(0, Way.SENT, bytes.fromhex("010200000008 79cc")), Moved(4, Way.HEARD, stranger)
    told = diagnose_board(Garbled("…"), (sent, heard), unit=1, echo=False)
    assert told == (Diagnosis(Finding.OTHER_UNIT, {"unit": "7"}),)


def test_two_answers_to_one_question_are_two_devices(rig: Rig) -> None:
    sent = Moved(0, Way.SENT, bytes.fromhex("010200000008 79cc"))
    for second in (of_unit(rig, 1), of_unit(rig, 9)):
        heard = (Moved(4, Way.HEARD, of_unit(rig, 1)), Moved(9, Way.DROPPED, second))
        assert Finding.TWO_DEVICES in [d.finding for d in diagnose_board(None, (sent, *heard), unit=1, echo=False)]


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (Busy("open in another program"), Finding.BUSY),
        (Refused("exception 2"), Finding.REFUSES),
        (NotConfirmed("reads off"), Finding.NOT_CONFIRMED),
        (AddressError("unknown"), Finding.ADDRESS),
        (Unreachable("unit 1 did not answer within 0.15 s"), Finding.SILENT),
        (Unreachable("/dev/x is gone: [Errno 5]"), Finding.UNPLUGGED),
        (Unreachable("reader 1 is silent for 1.6 s"), Finding.SILENT),
        (Unreachable("the panel does not ask: is it on, and this the line of one of its readers?"), Finding.SILENT),
    ],
)
def test_an_error_is_told_by_what_it_proves(error: Exception, found: Finding) -> None:
    assert diagnose_error(error).finding is found


@pytest.mark.parametrize(
    ("number", "found"),
    [
        (errno.EACCES, Finding.NO_PERMISSION),
        (errno.ENOENT, Finding.NO_PORT),
        (errno.EIO, Finding.UNPLUGGED),
        (errno.ECONNREFUSED, Finding.NOT_LISTENING),
        (errno.EHOSTUNREACH, Finding.NO_WAY),
        (errno.ENETUNREACH, Finding.NO_WAY),
    ],
)
def test_the_operating_systems_word_is_found_behind_ours(number: int, found: Finding) -> None:
    try:
        try:
            raise OSError(number, "no")
        except OSError as cause:
            raise Unreachable("cannot be opened") from cause
    except Unreachable as error:
        assert diagnose_error(error).finding is found


def test_a_file_that_is_missing_is_told_as_one_and_not_as_a_port(tmp_path: Path) -> None:
    options = {"key_file": str(tmp_path / "osdp.key"), "ca": "", "unit": 1}
    with pytest.raises(Unreachable) as caught:
        read_private(str(tmp_path / "osdp.key"), "key file")
    told = diagnose_file(caught.value, options)
    assert told is not None and told.finding is Finding.NOT_SET_UP and told.facts["field"] == "key_file"
    assert "osdp.key" in told.facts["text"]
    assert diagnose_file(caught.value, {"key_file": "/another"}) is None
    assert diagnose_file(Unreachable("no answer"), options) is None and diagnose_file(OSError(2, "no"), options) is None


def test_a_scanner_is_told_by_what_it_sent() -> None:
    garbage = Garbage(GarbageReason.NOT_ASCII, 4, 0)
    assert diagnose_scan(None, [Scan("x", 0)], 2)[0].finding is Finding.WORKS
    assert diagnose_scan(None, [], 0)[0].finding is Finding.NO_CODE
    assert diagnose_scan(None, [], 12) == (Diagnosis(Finding.NO_END, {"bytes": "12"}),)
    assert diagnose_scan(None, [garbage, garbage], 8) == (Diagnosis(Finding.NOT_ITS_LANGUAGE, {"bytes": "4"}),)
    assert all(diagnose_scan(None, [Garbage(reason, 1, 0)], 1) for reason in GarbageReason)


@pytest.mark.parametrize(
    ("keys", "every_s", "since_s", "held"),
    [
        ("7" * 20, 0.2, 0.1, True),
        ("7" * 20, 0.2, 1.0, False),  # let go
        ("7" * 20, 1.0, 0.1, False),  # pressed, again and again
        ("7" * 7, 0.2, 0.1, False),
        ("1203#48777777", 0.2, 0.1, False),
    ],
)
def test_a_key_that_is_held_down_is_told_until_it_is_let_go(
    keys: str, every_s: float, since_s: float, held: bool
) -> None:
    seen = [KeyPressed(key, 100 + count * every_s) for count, key in enumerate(keys)]
    (told,) = diagnose_scan(None, seen[-8:], len(keys), seen[-1].at + since_s)
    assert told.finding is (Finding.KEY_HELD if held else Finding.WORKS)


def test_a_picture_is_told_by_its_age_and_its_light() -> None:
    found = [
        diagnose_picture(None, *facts)[-1].finding for facts in ((None,), (9.0,), (0.1, 3.0), (0.1, 99.0, 1.0), (0.1,))
    ]
    assert found == [Finding.NO_PICTURE, Finding.OLD_PICTURE, Finding.DARK, Finding.FLAT, Finding.WORKS]


def test_a_camera_says_in_its_own_words_why_no_picture_comes() -> None:
    (told,) = diagnose_picture(Refused("rtsp://cam/live does not take this user and password"), None)
    assert told.finding is Finding.NO_PICTURE and "user and password" in told.facts["text"]
    assert diagnose_picture(Busy("x"), None)[0].finding is Finding.BUSY


ways = st.sampled_from(list(Way))
moments = st.lists(st.builds(Moved, st.integers(0, 9999), ways, st.binary(max_size=40)), max_size=12)
errors = st.sampled_from([None, Unreachable("no answer"), Garbled("x"), Refused("y"), Busy("z"), NotConfirmed("n")])


@given(moments, errors, st.integers(1, 255), st.booleans())
def test_whatever_happened_something_is_told_once_and_works_stands_alone_without_an_error(
    happened: list[Moved], error: DeviceError | None, unit: int, echo: bool
) -> None:
    told = [each.finding for each in diagnose_board(error, happened, unit=unit, echo=echo)]
    assert told and len(set(told)) == len(told)
    assert Finding.WORKS not in told or (error is None and told == [Finding.WORKS])
