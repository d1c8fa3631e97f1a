"""Lanes: what a site file may say, and that a newer central may say more."""

import pytest
from pydantic import ValidationError

from models.site.topology import Lane
from tests.models.making import LANE


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "East"},
        {"code": "-in"},
        {"code": ""},
        {"code": "a" * 33},
        {"code": "in\n"},
        {"name": ""},
        {"name": "x" * 61},
        {"gate_number": 64},
        {"gate_number": -1},
        {"direction": "both"},
    ],
)
def test_a_lane_that_a_pass_or_a_page_could_not_carry_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Lane.model_validate({**LANE.model_dump(), **wrong})


def test_a_lane_of_a_newer_central_is_still_read() -> None:
    """Lanes travel in snapshots: a field added there must not make the whole snapshot unreadable at an older gate."""
    assert Lane.model_validate({**LANE.model_dump(mode="json"), "storey": -1}) == LANE
