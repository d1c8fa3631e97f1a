"""The OSDP driver against libosdp's own device: sealed or nothing, and lost means lost at once."""

import time
import traceback
from collections.abc import Iterator

import pytest

from devices.errors import Refused, Unreachable
from devices.ports import CardRead, Garbage, GarbageReason, KeyPressed, ReaderEvent, ReaderTamper, Signal
from devices.reader.osdp_key import DEFAULT_KEY, OsdpKey
from devices.reader.osdp_reader import OsdpReader
from devices.reader.wiegand import FORMATS, encode
from devices.sim.osdp_reader import OsdpReaderSim
from devices.transport.memory import Cable
from tests.conformance.rigs import DEADLINE_S, eventually

KEY = bytes(range(1, 17))
OTHER = bytes(range(2, 18))
CARD = encode(123, 45678, FORMATS[26])


class Rig:
    def __init__(self) -> None:
        self.cable = Cable()
        self.sims: list[OsdpReaderSim] = []
        self.readers: list[OsdpReader] = []

    def sim(self, key: bytes | None = KEY) -> OsdpReaderSim:
        self.sims.append(OsdpReaderSim(self.cable.b, key=key))
        self.sims[-1].start()
        return self.sims[-1]

    def reader(self, *, proved: bool = True, silent_s: float = DEADLINE_S) -> OsdpReader:
        self.cable.a.reopen()
        self.readers.append(OsdpReader(self.cable.a, 0, OsdpKey(KEY), proved=proved, silent_s=silent_s, repeat_s=10))
        return self.readers[-1]

    def close(self) -> None:
        for one in (*self.readers, *self.sims):
            one.close()


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.close()


def whole(reader: OsdpReader) -> None:
    """Wait for the secure channel: the reader's state comes first."""
    first = reader.read(DEADLINE_S)
    assert isinstance(first, ReaderTamper)
    assert not first.tampered


def following(reader: OsdpReader, count: int) -> list[ReaderEvent | None]:
    return [reader.read(DEADLINE_S) for _ in range(count)]


@pytest.mark.req("INT-06", "ACC-28")
@pytest.mark.parametrize("proved", [True, False])
def test_a_card_is_as_strong_as_the_site_says(rig: Rig, proved: bool) -> None:
    sim, reader = rig.sim(), rig.reader(proved=proved)
    whole(reader)
    sim.card(CARD, 26)
    card = reader.read(DEADLINE_S)
    assert isinstance(card, CardRead)
    assert (card.format, card.facility, card.number, card.weak) == ("wiegand26", 123, 45678, not proved)


def test_other_lengths_are_bare_numbers_and_a_wrong_parity_is_no_card(rig: Rig) -> None:
    sim, reader = rig.sim(), rig.reader()
    whole(reader)
    sim.card(0x04A1B2C3, 32)
    sim.card(CARD ^ 2, 26)
    sim.card(encode(7, 8, FORMATS[34]), 34)
    raw, wrong, wide = following(reader, 3)
    assert isinstance(raw, CardRead)
    assert (raw.format, raw.facility, raw.number) == ("raw32", None, 0x04A1B2C3)
    assert isinstance(wrong, Garbage)
    assert wrong.reason is GarbageReason.PARITY
    assert isinstance(wide, CardRead)
    assert (wide.format, wide.facility, wide.number) == ("wiegand34", 7, 8)


def test_keys_come_one_by_one_in_their_order(rig: Rig) -> None:
    sim, reader = rig.sim(), rig.reader()
    whole(reader)
    sim.keys("12*#\x7f\r")
    heard = following(reader, 6)
    assert [event.key for event in heard if isinstance(event, KeyPressed)] == ["1", "2", "*", "#", "*", "#"]


@pytest.mark.req("SEC-12")
def test_opened_and_closed_again_is_told_once_each_also_when_it_was_open_before(rig: Rig) -> None:
    sim, reader = rig.sim(), rig.reader()
    whole(reader)
    for state in (True, True, False, True):
        sim.tamper(state)
    told = following(reader, 3)
    assert [event.tampered for event in told if isinstance(event, ReaderTamper)] == [True, False, True]
    reader.close()
    again = rig.reader()
    assert eventually(lambda: isinstance(event := again.read(1), ReaderTamper) and event.tampered)


def test_light_and_sound_reach_the_reader(rig: Rig) -> None:
    sim, reader = rig.sim(), rig.reader()
    reader.signal(Signal.WAITING)  # before the line is sealed: only the newest is shown once it is
    reader.signal(Signal.GRANTED)
    whole(reader)
    assert eventually(lambda: reader.read(0.01) is None and len(sim.shown()) == 2)
    light, sound = sim.shown()
    assert (light["on_color"], light["timer_count"], sound["rep_count"]) == (2, 30, 1)
    reader.signal(Signal.IDLE)
    assert eventually(lambda: reader.read(0.01) is None and len(sim.shown()) == 3)


@pytest.mark.req("ACC-28", "SEC-06")
@pytest.mark.parametrize("key", [OTHER, DEFAULT_KEY, None])
def test_no_common_key_means_nothing_at_all_and_never_plain_text(rig: Rig, key: bytes | None) -> None:
    sim, reader = rig.sim(key), rig.reader()
    sim.card(CARD, 26)
    sent: list[bytes] = []
    rig.cable.to_b = lambda data: (sent.append(data), [data])[1]
    with pytest.raises(Refused, match="no secure channel") as refused:
        reader.read(DEADLINE_S)
    told = "".join(traceback.format_exception(refused.value)) + repr(vars(reader))
    assert KEY.hex() not in told
    assert repr(KEY) not in told
    assert KEY not in b"".join(sent)


def test_a_reader_that_says_nothing_is_unreachable(rig: Rig) -> None:
    with pytest.raises(Unreachable, match="silent"):
        rig.reader(silent_s=0.3).read(DEADLINE_S)


@pytest.mark.req("SEC-12")
def test_a_reader_that_falls_silent_is_lost_and_a_new_one_is_up_without_the_library_s_300_seconds(rig: Rig) -> None:
    sim, reader = rig.sim(), rig.reader(silent_s=2.0)
    whole(reader)
    sim.silent = True
    with pytest.raises(Unreachable):
        reader.read(DEADLINE_S)
    reader.close()
    sim.silent = False
    again = rig.reader()
    whole(again)
    sim.card(CARD, 26)
    assert isinstance(again.read(DEADLINE_S), CardRead)


def test_what_breaks_below_the_library_is_raised_and_ends_no_thread(rig: Rig) -> None:
    rig.sim()
    reader = rig.reader()
    whole(reader)
    rig.cable.cut()
    with pytest.raises(Unreachable):
        reader.read(DEADLINE_S)


def test_noise_on_the_line_is_no_card_and_no_crash(rig: Rig) -> None:
    reader = rig.reader()
    rig.cable.b.write(bytes(range(256)) * 40)
    rig.cable.b.write(b"\x53\x80\xff\xff\x04" + b"9" * 5000)
    assert reader.read(0.1) is None


def test_a_pause_of_ours_is_not_the_reader_s_silence(rig: Rig) -> None:
    rig.sim()
    reader = rig.reader(silent_s=2.0)
    whole(reader)
    time.sleep(2.2)  # longer than its silence may be
    reader.read(0)
