"""The tariffs of the worked examples, and how a test says an instant and a fee."""

from datetime import datetime, timedelta
from uuid import UUID

from models.parking.tariff import (
    Band,
    Bands,
    Block,
    Blocks,
    Boundary,
    Cap,
    CapWindow,
    FreeMinutes,
    FreeMode,
    Granted,
    PerMinute,
    PerUse,
    Rounding,
    Stage,
    Staged,
    Stay,
    Tariff,
)
from models.values.time import SITE_TZ

NUMBER = UUID("018f0000-0000-7000-8000-000000000001")


def at(text: str) -> datetime:
    """06-01 10:00, 06-01 10:00:59 or 2028-02-28 23:00, on the site's clock; 24:00 is the end of the day."""
    day, clock = text.split()
    if len(day) == 5:
        day = f"2026-{day}"
    midnight = datetime.fromisoformat(day).replace(tzinfo=SITE_TZ)
    hours, minutes, seconds = [*map(int, clock.split(":")), 0][:3]
    return midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def stay(entry: str, leave: str, **facts: object) -> Stay:
    """The exit may be a time of the same day."""
    return Stay(entry=at(entry), exit=at(leave if " " in leave else f"{entry.split()[0]} {leave}"), **facts)


def tariff(rates: object, **parameters: object) -> Tariff:
    return Tariff(tariff_id=NUMBER, version=1, name="样例", starts_at=at("2020-01-01 00:00"), rates=rates, **parameters)


FIRST_5_THEN_2 = Blocks(first=Block(minutes=60, fen=5_00), next=Block(minutes=60, fen=2_00))
ONCE = FIRST_5_THEN_2.model_copy(update={"first_granted": Granted.STAY})

T1 = tariff(FIRST_5_THEN_2, cap=Cap(fen=20_00))
T1S = tariff(ONCE, cap=Cap(fen=20_00))
T2 = tariff(FIRST_5_THEN_2, cap=Cap(fen=20_00), free=FreeMinutes(mode=FreeMode.DEDUCTED))
T3 = tariff(ONCE, cap=Cap(fen=20_00), cap_window=CapWindow.DAY, boundary=Boundary.START)
DAY_AND_NIGHT = Bands(
    bands=(
        Band(start=7 * 60, end=21 * 60, block=Block(minutes=30, fen=2_00), cap=24_00),
        Band(start=21 * 60, end=7 * 60, block=Block(minutes=60, fen=1_00), cap=5_00),
    )
)
T4A = tariff(DAY_AND_NIGHT)
T4B = tariff(DAY_AND_NIGHT, boundary=Boundary.START)
T5 = tariff(PerUse(fen=10_00, once="24h"), free=FreeMinutes(minutes=30))
T6 = tariff(
    Staged(
        stages=(
            Stage(until=120, block=Block(minutes=60, fen=3_00), cap=6_00),
            Stage(block=Block(minutes=60, fen=5_00), cap=24_00),
        )
    ),
    free=FreeMinutes(minutes=30, mode=FreeMode.DEDUCTED),
    cap=Cap(fen=30_00),
)
T7 = tariff(PerMinute(fen=5), free=FreeMinutes(minutes=0), rounding=Rounding(to=10))
T8 = tariff(
    ONCE,
    cap=Cap(fen=20_00, shared=True),
    cap_window=CapWindow.DAY,
    boundary=Boundary.START,
    free=FreeMinutes(uses_a_day=1),
)
