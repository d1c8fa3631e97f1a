"""A lift and a panel in the site file: what frees floors, and what a panel's own relay leaves to nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.site import read_site

LIFT = """\
[node]
name = "5 号楼"

[[lane]]
code = "lift-1"
name = "1 号梯"
direction = "in"
fail = "safe"
relay = "modbus+serial:///dev/ttyUSB0?profile=waveshare-8"
reader = "wiegand+serial:///dev/ttyUSB1?line=hex"
  [lane.contacts]
  door = 0
  exit = 0
  [lane.lift]
  restrict = 8
  common = ["1"]
  floors = { "1" = 1, "11" = 2 }
"""


@pytest.mark.req("ACC-29")
def test_a_lift_is_a_lane_whose_floors_are_outputs(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(LIFT, encoding="utf-8")
    (lane,) = read_site(path).lane
    assert lane.lift is not None
    assert lane.lift.buttons().floors == {"1", "11"} and lane.lift.buttons().common == {"1"}


@pytest.mark.req("ACC-29")
@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('fail = "safe"', 'fail = "secure"', "runs as it was built"),
        ("profile=waveshare-8", "profile=plain-8", "leave the lift restricted"),
        ("door = 0", "door = 1", "no door of ours"),
        ("restrict = 8", "restrict = 2", "wired twice"),
        ("restrict = 8", "restrict = 9", "outputs 1 to 8"),
        ('common = ["1"]', 'common = ["2"]', "no button"),
        ("  restrict = 8\n", "", "is missing"),
    ],
)
def test_a_lift_that_would_stay_restricted_without_us_is_refused(
    problems: object, before: str, after: str, said: str
) -> None:
    (problem,) = problems(LIFT.replace(before, after))
    assert said in problem


PANEL = LIFT.split("  [lane.contacts]")[0].replace(
    'relay = "modbus+serial:///dev/ttyUSB0?profile=waveshare-8"',
    'relay = "panel+serial:///dev/ttyUSB0?card_file=/etc/menting/panel.card"\n'
    'inputs = "modbus+serial:///dev/ttyUSB2?profile=inputs-8"',
)


@pytest.mark.req("INT-07")
def test_a_lane_has_a_panel_or_a_lock_and_never_both(tmp_path: Path, problems: object) -> None:
    path = tmp_path / "panel.toml"
    path.write_text(PANEL, encoding="utf-8")
    assert read_site(path).lane[0].board_lines() == {"/dev/ttyUSB0", "/dev/ttyUSB2"}
    (no_contacts,) = problems("\n".join(line for line in PANEL.splitlines() if not line.startswith("inputs")))
    assert "nobody would see whether the door is shut" in no_contacts
    (escape,) = problems(PANEL.replace('fail = "safe"', 'fail = "safe"\nescape_route = true'))
    assert "hold it open for fire" in escape
    (second,) = problems(PANEL.replace("  restrict", "") + "  [lane.contacts]\n  lock = 2\n")
    assert "outputs 1 to 1" in second
