"""What every code scanner's driver must do. A real scanner needs a hand: see --real-scanner."""

import pytest

from devices.errors import Unreachable
from devices.ports import Garbage, GarbageReason, Scan, Scanner
from devices.registry import open_scanner
from tests.conformance.rigs import DEADLINE_S, ScannerRig

pytestmark = pytest.mark.req("GEN-08")

PASS = "MT1:6BFOXN*TS0BI$ZD 4"  # a space inside, as base45 has


def text(found: Scan | Garbage | None) -> str | GarbageReason | None:
    if found is None:
        return None
    return found.text if isinstance(found, Scan) else found.reason


@pytest.mark.req("INT-06")
@pytest.mark.parametrize("stx", [False, True])
@pytest.mark.parametrize("end", ["cr", "lf", "crlf", "idle"])
def test_a_code_is_read_with_every_setting(codes: ScannerRig, end: str, stx: bool) -> None:
    scanner = codes.open(f"end={end}&stx={int(stx)}")
    codes.far(end, stx).present(PASS)
    assert text(scanner.read(DEADLINE_S)) == PASS


def test_silence_is_none(codes: ScannerRig) -> None:
    assert codes.open().read(0) is None


@pytest.mark.req("INT-06")
def test_a_code_held_there_counts_once_and_another_one_counts(codes: ScannerRig) -> None:
    scanner, far = codes.open("repeat_ms=10000"), codes.far()
    for code in (PASS, PASS, PASS, "OTHER", PASS, "THIRD"):
        far.present(code)
    assert [text(scanner.read(DEADLINE_S)) for _ in range(3)] == [PASS, "OTHER", "THIRD"]


def test_where_repeats_are_wanted_they_come(codes: ScannerRig) -> None:
    scanner, far = codes.open("repeat_ms=0"), codes.far()
    far.present(PASS)
    far.present(PASS)
    assert [text(scanner.read(DEADLINE_S)) for _ in range(2)] == [PASS, PASS]


def test_rubbish_is_told_by_its_reason_and_the_next_code_is_read(codes: ScannerRig) -> None:
    scanner, far = codes.open(), codes.far()

    def send() -> None:
        far.send_control()
        far.send_foreign()
        far.send_flood()
        far.send_noise()
        far.present("GLUED")
        far.present(PASS)

    codes.meanwhile(send)
    assert [text(scanner.read(DEADLINE_S)) for _ in range(5)] == [
        GarbageReason.CONTROL,
        GarbageReason.NOT_ASCII,
        GarbageReason.TOO_LONG,
        GarbageReason.NOT_ASCII,
        PASS,
    ]


def test_garbage_says_how_long_it_was(codes: ScannerRig) -> None:
    scanner = codes.open()
    codes.meanwhile(lambda: codes.far().send_flood(10_240))
    found = scanner.read(DEADLINE_S)
    assert isinstance(found, Garbage)
    assert (found.reason, found.length) == (GarbageReason.TOO_LONG, 10_241)


def test_a_code_in_two_pieces_is_one_code(codes: ScannerRig) -> None:
    scanner, far = codes.open(), codes.far()
    far.send_raw(PASS[:5].encode())
    assert scanner.read(0) is None
    far.send_raw(PASS[5:].encode() + b"\r")
    assert text(scanner.read(DEADLINE_S)) == PASS


def test_a_code_presented_before_the_line_was_opened_is_not_read(codes: ScannerRig) -> None:
    codes.far().present("YESTERDAY")
    scanner = codes.open()
    codes.far().present(PASS)
    assert text(scanner.read(DEADLINE_S)) == PASS


def test_unplugged_is_unreachable_and_plugged_again_reads_again(codes: ScannerRig) -> None:
    scanner = codes.open()
    codes.wire.unplug()
    with pytest.raises(Unreachable):
        scanner.read(DEADLINE_S)
    scanner.close()
    codes.wire.plug()
    again = codes.open()
    codes.far().present(PASS)
    assert text(again.read(DEADLINE_S)) == PASS
    again.close()
    again.close()
    with pytest.raises(Unreachable):
        again.read(0)


def test_a_real_scanner_reads_a_code(real_scanner: str) -> None:
    scanner: Scanner = open_scanner(real_scanner)
    print("\nPresent a code to the scanner within 30 seconds.")
    found = scanner.read(30)
    scanner.close()
    assert isinstance(found, Scan), f"got {found}"
    print(f"read {len(found.text)} characters")
