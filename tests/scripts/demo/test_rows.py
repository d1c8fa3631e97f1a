"""What the check's table calls wrong, and that no reason is left out of it in silence."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from devices.sim.relay_board import Fault
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.parking.admission import Case
from scripts.demo.afar import refused
from scripts.demo.arrivals import Arrival, By
from scripts.demo.cars import Cars
from scripts.demo.rows import (
    CASES_NOT_PLAYED,
    NOT_PLAYED,
    Row,
    forgotten,
    forgotten_cases,
    judged,
    not_played,
    relay_wrong,
    table,
    too_busy,
)
from scripts.seed_plates import PLATES
from tests.scripts.test_words import in_both

VISITOR = Arrival("visitor", "访客", "a visitor", By.SCANNER, Kind.PASS, Outcome.GRANT, Reason.OK, token="MT1:")
WENT_IN = {"outcome": "grant", "reason": "ok", "kind": "pass", "passed": True, "actuation_confirmed": True}


def a_row(arrival: Arrival, visit: dict[str, Any] | None, moved_ms: float | None = 5.0) -> Row:
    return Row(arrival, 0.0, moved_ms, 0, visit)


def test_a_visit_as_expected_is_in_order() -> None:
    assert judged(a_row(VISITOR, WENT_IN)) == []


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"outcome": "deny"}, "decision: expected grant, found deny"),
        ({"reason": "expired"}, "reason: expected ok, found expired"),
        ({"kind": "card"}, "kind: expected pass, found card"),
        ({"passed": False}, "passed: expected True, found False"),
        ({"actuation_confirmed": False}, "central does not know that the lock was released"),
    ],
)
def test_whatever_differs_is_said(change: dict[str, Any], wrong: str) -> None:
    (told,) = judged(a_row(VISITOR, WENT_IN | change))
    assert in_both(told) and told.endswith(f" · {wrong}")


def test_of_a_pass_during_a_fire_nobody_knows_whether_it_was_used() -> None:
    during = replace(VISITOR, reason=Reason.FIRE)
    known = WENT_IN | {"reason": "fire", "passed": None}
    (told,) = judged(a_row(during, known | {"passed": False}, None))
    assert during.passes is None and told.endswith("passed: expected None, found False")


def test_a_door_that_did_not_move_and_a_visit_that_never_came_are_wrong() -> None:
    assert judged(a_row(VISITOR, WENT_IN, None)) == [
        "继电器动作：应为是，实为否 · relay moved: expected True, found False"
    ]
    assert judged(a_row(VISITOR, None)) == ["没有到达中心 · never arrived at central"]


def test_a_command_that_was_refused_is_in_order_when_nothing_moved() -> None:
    late = refused("late", "过时", "too late", Reason.LATE, "east-in")
    fate = {"outcome": "refused", "reason": "late", "kind": "remote", "passed": None}
    assert judged(a_row(late, fate, None)) == []
    assert judged(a_row(late, fate))[0].endswith("relay moved: expected False, found True")
    assert "decision: expected refused" in judged(a_row(late, fate | {"outcome": "done", "reason": "ok"}, None))[0]


def test_the_relay_is_held_against_what_was_granted_not_against_what_was_expected() -> None:
    no_face = {"outcome": "refer", "reason": "no_face", "kind": "pass", "passed": None}
    fire = a_row(replace(VISITOR, reason=Reason.FIRE), WENT_IN | {"reason": "fire", "passed": None}, None)
    stuck = a_row(replace(VISITOR, fault=Fault.STUCK), WENT_IN, None)
    rows = [a_row(VISITOR, WENT_IN), a_row(VISITOR, no_face, None), a_row(VISITOR, None, None), stuck, fire]
    assert relay_wrong("east-in", rows, 2) == []
    (told,) = relay_wrong("east-in", rows, 3)
    assert in_both(told) and "应动 2 次，却动了 3 次" in told and "1 grants and 1 fire make 2 moves" in told
    assert relay_wrong("east-out", rows, 1) == []  # the fire alone


def test_a_machine_that_was_too_busy_is_named_as_what_may_be_behind_it() -> None:
    assert too_busy(3.9, 2) is None
    told = too_busy(9.34, 2)
    assert told is not None and "负载 9.3，只有 2 核" in told and "load 9.3 on 2 cores" in told


def test_every_reason_is_played_or_explained() -> None:
    everything = [a_row(replace(VISITOR, reason=one), None) for one in Reason if one not in NOT_PLAYED]
    assert forgotten(everything) == []
    assert forgotten([row for row in everything if row.arrival.reason is not Reason.REVOKED]) == [
        "revoked：没有一次到访演到，也没有说明 / no arrival plays it, and nothing says why not"
    ]
    assert all(one.value in not_played() for one in NOT_PLAYED)


def test_of_a_car_the_lanes_own_word_is_compared_too() -> None:
    car = replace(VISITOR, kind=Kind.PLATE, case=Case.PERMIT)
    known = WENT_IN | {"kind": "plate", "detail": {"case": "permit"}}
    assert judged(a_row(car, known)) == []
    (told,) = judged(a_row(car, known | {"detail": {"case": "temporary"}}))
    assert in_both(told) and told.endswith("case: expected permit, found temporary")


def test_every_word_of_a_vehicle_lane_is_played_or_explained() -> None:
    everything = [a_row(one, None) for one in Cars({"plates": plates()}).check()]
    assert forgotten_cases(everything) == []
    assert forgotten_cases([row for row in everything if row.arrival.case is not Case.UNSURE]) == [
        "unsure：没有一次到访演到，也没有说明 / no arrival plays it, and nothing says why not"
    ]
    assert all(one.value in not_played() for one in CASES_NOT_PLAYED)
    assert not {row.arrival.case for row in everything} & CASES_NOT_PLAYED.keys()


def plates() -> dict[str, str]:
    return {name: sample.plate for name, sample in PLATES.items()}


def test_the_table_is_read_in_both_languages() -> None:
    shown = Console(width=160, record=True, file=StringIO())
    shown.print(table([a_row(VISITOR, WENT_IN), a_row(replace(VISITOR, reason=Reason.USED_UP), None)]))
    told = shown.export_text()
    for word in ("应为", "expected", "放行", "grant", "各项检查通过", "已用完", "used_up", "继电器", "没有", "no"):
        assert word in told, word
    assert "{" not in told
