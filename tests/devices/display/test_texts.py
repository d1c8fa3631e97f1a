"""The board's texts: a closed list in two languages; a plate must be one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.display.texts import PLATE, Say, Text


@pytest.mark.parametrize("say", Say)
def test_every_text_is_there_in_both_languages_and_fits_a_frame(say: Say) -> None:
    for language in ("zh", "en"):
        text = Text(say, plate="京A12345", fee_fen=1250, language=language)
        assert len(text.lines()) == (1 if text.silent else 3) and len(text.spoken().encode("gbk")) <= 254
        assert "?" not in text.spoken().encode("gbk", errors="replace").decode("gbk")


def test_plate_case_and_fee_in_this_order() -> None:
    assert Text(Say.PLEASE_PAY, plate="粤BD12345", fee_fen=507).lines() == ("粤BD12345", "请缴费", "5.07元")
    assert Text(Say.PLEASE_PAY, fee_fen=100, language="en").spoken() == "Please pay, CNY 1.00"


@pytest.mark.req("SEC-09", "INT-08")
@given(st.text(max_size=12))
def test_what_is_no_plate_never_reaches_the_board(text: str) -> None:
    if PLATE.fullmatch(text):
        assert Text(Say.WELCOME, plate=text).lines()[0] == text
    else:
        with pytest.raises(ValueError, match="no plate"):
            Text(Say.WELCOME, plate=text)


@pytest.mark.parametrize("fen", [-1, 10_000_001])
def test_an_amount_is_a_sensible_number(fen: int) -> None:
    with pytest.raises(ValueError, match="amount"):
        Text(Say.PLEASE_PAY, fee_fen=fen)


def test_a_language_is_one_of_those_there_are() -> None:
    with pytest.raises(ValueError, match="language"):
        Text(Say.WELCOME, language="fr")


@pytest.mark.req("LANE-23")
def test_free_places_are_shown_by_zone_and_never_spoken() -> None:
    text = Text(Say.PLACES, places=12, zones=(("A 区", 4), ("B1", 8)))
    assert text.lines() == ("余位 12", "A 区 4", "B1 8")
    assert Text(Say.PLACES, places=0).lines() == ("车位已满",)
    assert Text(Say.PLACES, places=3, language="en").lines() == ("Places free 3",)
    assert [one for one in Say if Text(one).silent] == [Say.PLACES]


@pytest.mark.req("SEC-09", "INT-08")
@pytest.mark.parametrize("name", ["", "a\x1b[2J", "x" * 11, "<b>", "京A12345\r\n"])
def test_what_is_no_name_of_a_zone_never_reaches_the_board(name: str) -> None:
    with pytest.raises(ValueError, match="zone"):
        Text(Say.PLACES, places=1, zones=((name, 1),))


@pytest.mark.parametrize("more", [{"places": -1}, {"places": 100_000}, {"zones": (("A", -1),)}])
def test_places_are_a_sensible_number(more: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="places"):
        Text(Say.PLACES, **more)  # type: ignore[arg-type]  # what is not taken
