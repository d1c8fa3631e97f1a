"""How fast stays are priced, lines and all, on one core (PARK-28).

    rows = measure(stays, long_stays, step)

Typical stays are drawn with a seed: arrivals spread over 20 days, lengths log-normal around two and a half hours. CPU
time of this process counts, so that a busy machine changes the figure little; peers there are none to install.
"""

import random
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from models.parking.pricing import price
from models.parking.tariff import (
    Band,
    Bands,
    Block,
    Blocks,
    Cap,
    CapWindow,
    FreeMinutes,
    FreeMode,
    PerMinute,
    Stage,
    Staged,
    Stay,
    Tariff,
)
from models.values.time import EPOCH

STAYS_A_SECOND = 10_000
LONG_LIMIT_S = 1.0
Row = dict[str, Any]

HOUR_5, HOUR_2, HALF_HOUR_2 = Block(minutes=60, fen=5_00), Block(minutes=60, fen=2_00), Block(minutes=30, fen=2_00)
_BLOCKS = Blocks(first=HOUR_5, next=HOUR_2)
_BANDS = Bands(
    bands=(
        Band(start=7 * 60, end=21 * 60, block=HALF_HOUR_2, cap=24_00),
        Band(start=21 * 60, end=7 * 60, block=Block(minutes=60, fen=1_00), cap=5_00),
    )
)
_STAGES = Staged(stages=(Stage(until=120, block=HOUR_2, cap=6_00), Stage(block=HOUR_5, cap=24_00)))


def _tariff(rates: Any, **parameters: Any) -> Tariff:
    return Tariff(tariff_id=UUID(int=1), version=1, name="bench", starts_at=EPOCH, rates=rates, **parameters)


TARIFFS = {
    "blocks, 24 h cap": _tariff(_BLOCKS, cap=Cap(fen=20_00)),
    "blocks, day cap": _tariff(_BLOCKS, cap=Cap(fen=20_00), cap_window=CapWindow.DAY),
    "day and night bands": _tariff(_BANDS),
    "stages": _tariff(_STAGES, cap=Cap(fen=30_00), free=FreeMinutes(minutes=30, mode=FreeMode.DEDUCTED)),
    "per minute": _tariff(PerMinute(fen=5)),
}


def measure(stays: int, long_stays: int, step: Callable[[int, int], None]) -> list[Row]:
    chance = random.Random(28)
    begins = [EPOCH + timedelta(days=20_000, seconds=chance.randrange(20 * 86_400)) for _ in range(stays)]
    typical = [Stay(entry=at, exit=at + timedelta(minutes=chance.lognormvariate(5, 1))) for at in begins]
    month = [Stay(entry=at, exit=at + timedelta(days=30)) for at in (begins * (long_stays // stays + 1))[:long_stays]]
    rows: list[Row] = []
    for number, (name, tariff) in enumerate(TARIFFS.items()):
        step(number, len(TARIFFS))
        spent, lines = _time(typical, tariff)
        rate = len(typical) / spent
        rows.append(
            {
                "figure": f"typical stays priced, {name}",
                "measured": f"{rate:,.0f} a second and core (n = {stays}, {lines / stays:.1f} lines each)",
                "goal": "at least the limit",
                "peer": f"{STAYS_A_SECOND:,} a second and core",
                "ratio": rate / STAYS_A_SECOND,
                "goal_ratio": 1.0,
                "met": rate >= STAYS_A_SECOND,
            }
        )
        spent, lines = _time(month, tariff)
        limit = LONG_LIMIT_S * len(month) / 1000
        rows.append(
            {
                "figure": f"stays of 30 days, {name}",
                "measured": f"{spent:.2f} s for {len(month)} ({lines / len(month):.0f} lines each)",
                "goal": "at most the limit",
                "peer": f"{limit:.2f} s for {len(month)} (PARK-28)",
                "ratio": spent / limit,
                "goal_ratio": 1.0,
                "met": spent <= limit,
            }
        )
    step(len(TARIFFS), len(TARIFFS))
    return rows


def _time(stays: Sequence[Stay], tariff: Tariff) -> tuple[float, int]:
    """Seconds of this process, and how many lines were written."""
    began = time.process_time()
    lines = sum(len(price(stay, tariff).lines) for stay in stays)
    return time.process_time() - began, lines
