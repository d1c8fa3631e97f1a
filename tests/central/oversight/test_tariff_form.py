"""The form of a tariff says what the value says, and the plot draws what the bills say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.base.kernel.errors import Invalid
from central.gates.parking.tariffs.simulating import Asked, calendar_of, curve, curve_lengths, simulate
from central.gates.parking.tariffs.starts import STARTS
from central.gates.parking.tariffs.terms import read_terms, terms_of
from central.oversight.console.tariff_form import fen_of, terms_sent, values_of
from central.oversight.console.tariff_plot import nice_top, plot_of
from models.parking.tariff import Band, Bands, Block, ClassDiscount, NoCharge, Rounding, Tariff
from tests.models.parking import tariffs
from tests.models.parking.tariffs import T1, T6, at

HOUR = timedelta(hours=1)
THREE_BANDS = Bands(
    bands=tuple(Band(start=n * 480, end=(n + 1) * 480 % 1440, block=Block(minutes=60, fen=n)) for n in range(3))
)
FORMS = [
    *(getattr(tariffs, name) for name in dir(tariffs) if name.startswith("T") and name[1:2].isdigit()),
    T1.model_copy(update={"classes": (ClassDiscount(vehicle_class="staff", percent_off=100),), "maximum": 0}),
    T1.model_copy(update={"rates": THREE_BANDS, "rounding": Rounding(to=100, down=True)}),
    T1.model_copy(update={"rates": NoCharge(), "cap": None}),
]


def read(terms):
    found = read_terms(terms, "x", datetime(2027, 1, 1, tzinfo=UTC))
    assert isinstance(found, Tariff), found
    return found


@pytest.mark.parametrize("tariff", FORMS, ids=lambda one: one.rates.kind)
def test_a_copy_of_a_version_comes_back_whole(tariff):
    assert terms_of(read(terms_sent(values_of(terms_of(tariff))))) == terms_of(tariff)


@pytest.mark.parametrize("start", STARTS)
def test_a_usual_start_fills_the_form_with_itself(start):
    assert terms_of(read(terms_sent(values_of(STARTS[start])))) == terms_of(read(STARTS[start]))


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"next_minutes": "an hour"}, {"next_minutes": "form.number_needed"}),
        ({"next_yuan": "2.505"}, {"next_yuan": "tariffs.yuan_needed"}),
        ({"first_minutes": "", "free_minutes": "-1"},
         {"first_minutes": "form.number_needed", "free_minutes": "form.number_needed"}),
        ({"more": "[1]"}, {"more": "tariffs.more_unreadable"}),
        ({"more": "{" * 9000}, {"more": "tariffs.more_unreadable"}),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_at_its_field(change, fields):
    with pytest.raises(Invalid) as refused:
        terms_sent(values_of(STARTS["blocks"]) | change)
    assert refused.value.fields == fields


@given(st.integers(0, 10_000_00))
def test_a_sum_is_read_as_it_was_written(fen):
    assert fen_of(f"{fen // 100}.{fen % 100:02}") == fen_of(f" ¥{fen // 100}.{fen % 100:02} ") == fen


@pytest.mark.parametrize("text", ["", "-1", "1,5", "10000.01", "5.", "五", "1e3", "٥"])
def test_what_is_no_sum_is_none(text):
    assert fen_of(text) is None


@given(st.integers(0, 10**7))
def test_the_upper_edge_of_the_plot_is_round_and_holds_the_dearest(fen):
    assert fen <= nice_top(fen) and (fen <= 100 or nice_top(fen) < 2.5 * fen + 1)


@pytest.mark.req("PARK-04")
def test_the_plot_compares_two_tariffs_over_the_same_hours():
    asked, calendar = Asked(at("06-01 09:00"), at("06-01 13:10")), calendar_of([])
    lengths = curve_lengths(asked.exit - asked.entry)
    curves = [curve(tariff, asked, calendar, lengths) for tariff in (T1, T6)]
    plot = plot_of(curves, asked.exit - asked.entry)
    assert (lengths[0], lengths[-1], len(plot.lines), plot.top) == (HOUR / 4, 24 * HOUR, 2, 40_00)
    assert plot.rows[3] == (4, (11_00, 16_00)) and plot.rows[-1] == (24, (20_00, 30_00))
    for hours, fees in plot.rows:
        stays = Asked(asked.entry, asked.entry + hours * HOUR)
        assert fees == tuple(simulate(tariff, stays, calendar).fee for tariff in (T1, T6))
    assert plot.lines[0].startswith("M0 200H10V175"), "free for a quarter of an hour, then the first block"


@given(st.timedeltas(timedelta(0), timedelta(days=366)))
def test_the_plot_never_asks_for_more_than_a_week_of_hours(stay):
    lengths = curve_lengths(stay)
    assert len(lengths) <= 168 and lengths[-1] >= min(stay, timedelta(days=7))
