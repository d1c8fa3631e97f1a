"""A pulse on a board that cannot end one by itself."""

from __future__ import annotations

from collections.abc import Callable

from devices.ports import RelayBoard


def pulse(board: RelayBoard, channel: int, ms: int, wait: Callable[[float], None]) -> None:
    """On, wait, off. Off also after a switching on that was not confirmed: it may have worked."""
    if ms < 1:
        raise ValueError(f"a pulse is at least 1 ms, not {ms}")
    try:
        board.set(channel, True)
        wait(ms / 1000)
    finally:
        board.set(channel, False)


def check_channel(board: RelayBoard, channel: int) -> None:
    """Raises ValueError for an output that the board does not have."""
    if not 1 <= channel <= board.outputs:
        has = f"1 to {board.outputs}" if board.outputs else "none"
        raise ValueError(f"output {channel} does not exist; this board has {has}")
