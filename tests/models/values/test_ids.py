"""Ids of version 7: bits, order and uniqueness."""

from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from models.values.ids import new_id

clocks = st.integers(0, (1 << 48) * 1_000_000 - 1)


@given(clocks)
def test_version_variant_and_milliseconds_lie_where_rfc_9562_draws_them(now_ns: int) -> None:
    minted = new_id(now_ns)
    assert minted.version == 7
    assert minted.variant == RFC_4122
    assert minted.int >> 80 == now_ns // 1_000_000


@given(st.lists(clocks.map(lambda ns: ns - ns % 250), min_size=2, max_size=20, unique=True))
def test_ids_of_one_process_sort_as_its_clock_does(ticks: list[int]) -> None:
    """The fraction's step is 1 ms / 4096, about 244 ns: readings 250 ns apart always tell."""
    minted = [new_id(tick) for tick in sorted(ticks)]
    assert minted == sorted(minted)
    assert [m.bytes for m in minted] == sorted(m.bytes for m in minted)


def test_a_hundred_thousand_ids_of_one_instant_are_all_different() -> None:
    assert len({new_id(1_772_000_000_123_456_789) for _ in range(100_000)}) == 100_000


def test_without_an_argument_the_wall_clock_is_used() -> None:
    first, second = new_id(), new_id()
    assert isinstance(first, UUID)
    assert first != second
    assert abs((first.int >> 80) - (second.int >> 80)) < 60_000
