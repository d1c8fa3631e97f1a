"""Every form of a plate is known by its text alone; what looks alike is offered, and nothing more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.values.plate import (
    PROVINCES,
    Plate,
    PlateColour,
    PlateKind,
    kind_of,
    may_be_misread,
    same_car,
)

FORMS = [
    ("京A12345", PlateKind.ORDINARY), ("粤B7Z9K0", PlateKind.ORDINARY), ("沪AD12345", PlateKind.NEW_ENERGY),
    ("沪AF1234Z", None), ("川A12345D", PlateKind.NEW_ENERGY), ("京AG0123警", None), ("京A0123警", PlateKind.POLICE),
    ("鲁B1234学", PlateKind.LEARNER), ("冀A1234挂", PlateKind.TRAILER), ("沪A1234领", PlateKind.CONSULATE),
    ("粤Z1234港", PlateKind.BORDER), ("粤Z1234澳", PlateKind.BORDER),
    ("粤OA2160", PlateKind.ORDINARY), ("粤B1234港", None),
    ("224578使", PlateKind.EMBASSY),
    ("使014578", PlateKind.EMBASSY), ("WJ京12345", PlateKind.ARMED_POLICE), ("WJ0123X", PlateKind.ARMED_POLICE),
    ("VA12345", PlateKind.ARMY), ("民航A1234", PlateKind.AIRPORT), ("民航A12345", None),
    ("京X1234应急", PlateKind.RESCUE), ("京B1234应急", None),
    ("京A1234", None), ("A12345", None), ("京I12345", None), ("京AO2345", None), ("", None), ("京A12345;", None),
]  # fmt: skip


@pytest.mark.req("LANE-01")
@pytest.mark.parametrize(("text", "kind"), FORMS)
def test_the_forms(text, kind):
    assert kind_of(text) is kind


@pytest.mark.req("LANE-01")
@pytest.mark.parametrize("written", ["京A·12345", " 京a 12345", "京Ａ－12345", "京A.1234 5", "京A•12345"])
def test_one_plate_is_one_text_however_it_is_written(written):
    plate = Plate(text=written, colour=PlateColour.BLUE)
    assert (plate.text, str(plate)) == ("京A12345", "京A·12345")


@pytest.mark.parametrize("text", ["京A1234", "'; DROP TABLE stay; --", "京A123\x0045", "x" * 5000, "خ"])
def test_what_is_no_plate_is_refused_in_words(text):
    with pytest.raises(ValidationError, match="京A12345"):
        Plate(text=text)


@pytest.mark.req("LANE-01")
def test_the_same_text_on_another_colour_is_another_car():
    blue, green, unseen = (Plate(text="京A12345", colour=c) for c in (PlateColour.BLUE, PlateColour.GREEN, "unknown"))
    assert same_car(blue, unseen) and same_car(unseen, green) and not same_car(blue, green)


@pytest.mark.req("LANE-05")
@pytest.mark.parametrize(
    ("read", "known", "offered"),
    [
        ("京A12345", "京A12345", False), ("京A12346", "京A12345", True), ("津A12345", "京A12345", True),
        ("京AD2Z45", "京A02245", True), ("津A8D345", "京AB0345", True), ("京A12399", "京A12345", False),
        ("京A1234D", "京A12345D", False),
    ],
)  # fmt: skip
def test_only_what_readers_confuse_is_offered_to_the_guard(read, known, offered):
    assert may_be_misread(read, known) is offered is may_be_misread(known, read)


serials = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=5, max_size=5)


@given(st.sampled_from(PROVINCES), st.sampled_from("ABCDEFGH"), serials, st.sampled_from(["", " ", "·", "-"]))
def test_ordinary_plates_survive_any_separator(province, office, serial, gap):
    assert Plate(text=gap.join([province + office.lower(), serial])).text == province + office + serial
