"""What whoever watches the check sees while it plays."""

from __future__ import annotations

import os
from dataclasses import replace
from io import StringIO

from rich.console import Console

from models.access.decision import Outcome, Reason
from scripts.demo.cars import Cars, Way
from scripts.demo.telling import Telling, rows_of
from tests.scripts.demo.test_rows import VISITOR, WENT_IN, a_row, plates
from tests.scripts.test_words import in_both


def told(terminal: bool, *, wrong: bool) -> str:
    said = StringIO()
    telling = Telling(Console(file=said, force_terminal=terminal, color_system=None, width=160), 2)
    with telling:
        telling.tell(a_row(VISITOR, WENT_IN))
        telling.tell(a_row(VISITOR, WENT_IN | {"reason": "expired"} if wrong else WENT_IN))
    assert (telling.done, telling.wrong) == (2, int(wrong))
    return said.getvalue()


def test_a_row_that_is_not_as_expected_is_marked_as_it_happens() -> None:
    lines = told(False, wrong=True).splitlines()
    assert [line.strip() for line in lines[:2]] == ["访客 · a visitor: ok", "访客 · a visitor: expired"]
    (marked,) = (line for line in lines if "✗" in line)
    assert marked.strip().endswith("reason: expected ok, found expired") and in_both(marked)
    assert "✗" not in told(False, wrong=False)


def test_a_machine_with_too_much_to_do_is_named_with_the_first_wrong_row_and_once(monkeypatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (500.0, 0.0, 0.0))
    assert "too busy" not in told(False, wrong=False)
    said = told(False, wrong=True)
    assert said.count("too busy") == 1 and said.index("✗") < said.index("too busy")


def test_how_far_it_is_stands_below_on_a_terminal_and_nowhere_else() -> None:
    assert "2/2" in told(True, wrong=True) and "1 次不符 not as expected" in told(True, wrong=True)
    assert "0 次不符 not as expected" in told(True, wrong=False)
    assert "2/2" not in told(False, wrong=True) and "次不符" not in told(False, wrong=True)


def test_what_a_passage_will_be_is_no_fault_before_it_is_over() -> None:
    under_way = a_row(VISITOR, WENT_IN | {"passed": None, "actuation_confirmed": False})
    telling = Telling(Console(file=StringIO()), 1)
    telling.tell(under_way)
    assert telling.wrong == 0
    telling.tell(a_row(replace(VISITOR, outcome=Outcome.DENY, reason=Reason.EXPIRED), WENT_IN))
    assert telling.wrong == 1


def test_a_car_that_waits_and_one_that_is_followed_make_two_rows() -> None:
    cars = Cars({"plates": plates()}).check()
    more = [car for car in cars if car.way in (Way.STAYS, Way.FOLLOWED, Way.CALLS)]
    assert len(more) == 3 and rows_of(cars) == len(cars) + 3
