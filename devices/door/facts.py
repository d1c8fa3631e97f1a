"""What a relay board's address says about the board, without opening it: for checking a site file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from devices.address import Address
from devices.door.profiles import PROFILES
from devices.errors import AddressError

SEEN_WITHIN_MS = 400


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """`name` is for people. `lines`: what of this computer the board takes; two devices never share one of them."""

    name: str
    outputs: int
    inputs: int
    timed: bool
    reads_back: bool
    lines: frozenset[str]


def board_facts(address: Address) -> BoardFacts:
    """The facts of a parsed relay-board address. Raises AddressError for pins that contradict each other, and for a
    board that is waited for so long that a pulse at its inputs could come and go unseen."""
    if address.scheme.startswith("modbus+"):
        _demand_seen_in_time(address)
        board = PROFILES[address.word("profile")]
        timed = board.timed_on is not None
        return BoardFacts(board.name, board.outputs, board.inputs, timed, True, frozenset({address.where}))
    if address.scheme.startswith("lcus+"):
        channels = int(address.word("channels"))
        return BoardFacts("LCUS", channels, 0, False, False, frozenset({address.where}))
    if address.scheme.startswith("panel+"):
        return BoardFacts("the panel", 1, 0, True, False, frozenset({address.where}))
    chip = chip_number(address)
    outputs, inputs = address.wholes("outputs"), address.wholes("inputs")
    for pin in outputs:
        if pin in inputs:
            raise AddressError(
                f"{address}: 引脚 {pin} 既是输出又是输入 / pin {pin} is an output and an input; each pin can be "
                "one of them"
            )
    lines = frozenset(f"gpiochip{chip} pin {pin}" for pin in (*outputs, *inputs))
    return BoardFacts("GPIO", len(outputs), len(inputs), False, True, lines)


def _demand_seen_in_time(address: Address) -> None:
    """IEC 60839-11-1 wants every pulse above 400 ms seen, also by a board that answers the last try only."""
    waits, tries = address.whole("timeout_ms"), address.whole("tries")
    if waits * tries > SEEN_WITHIN_MS:
        raise AddressError(
            f"{address}: timeout_ms={waits} × tries={tries} 超过 {SEEN_WITHIN_MS} 毫秒，其间按一下出门按钮可能看不到；"
            f"请改小，两数相乘不超过 {SEEN_WITHIN_MS} / timeout_ms={waits} times tries={tries} is more than "
            f"{SEEN_WITHIN_MS} ms, in which a press of the exit button could go unseen; make one of them smaller"
        )


def chip_number(address: Address) -> int:
    """Which chip a `gpio://gpiochipN` address names. Raises AddressError."""
    found = re.fullmatch(r"gpiochip([0-9]{1,3})", address.where)
    if found is None:
        raise AddressError(
            f"{address}: 要写 /dev 里芯片的名字 / needs the name of a chip in /dev, as in gpio://gpiochip0"
        )
    return int(found.group(1))
