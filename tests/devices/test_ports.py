"""What a driver lets the edge do at all: discrete orders, and no way to drive an arm or a bolt to a place (S3)."""

from typing import get_args

import pytest

from devices.door.gpio_board import GpioBoard
from devices.door.lcus_board import LcusBoard
from devices.door.modbus_board import ModbusBoard
from devices.door.osdp_panel import OsdpPanelOutput
from devices.door.paired import PairedBoards
from devices.door.panel import PanelOutput
from devices.ports import RelayBoard
from edge.lane.vehicle import states

ALLOWED = {
    "outputs", "inputs", "timed", "reads_back", "pulse", "set", "read_outputs", "read_inputs", "close", "silence",
}  # fmt: skip


def offered(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


@pytest.mark.req("LANE-17", "LANE-19")
@pytest.mark.parametrize(
    "kind", [RelayBoard, ModbusBoard, LcusBoard, GpioBoard, PanelOutput, OsdpPanelOutput, PairedBoards]
)
def test_s3_no_board_has_a_toggle_a_motor_or_a_position_to_drive_to(kind: type) -> None:
    assert offered(kind) <= ALLOWED


@pytest.mark.req("LANE-17", "LANE-19")
def test_s3_of_its_arm_a_vehicle_lane_asks_only_to_open_it_or_to_let_it_come_down() -> None:
    told = {"ReportArm", "ReportDirection", "ReportFire", "ReportHoldOver", "ReportPassage", "ReportTailgate"}
    assert {kind.__name__ for kind in get_args(states.Do)} - told == {"Open", "PermitClose", "AskLook", "Raise", "Over"}
    assert list(states.PermitClose.__dataclass_fields__) == []
