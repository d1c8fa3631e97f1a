"""Whether a key point is covered, over everything that can be known of its lane."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.gates.coverage.rules import Cover, LaneFacts, cover_of, reader_faults
from models.wire.events import AlarmKind

pytestmark = pytest.mark.req("ACC-02")


@given(
    st.none()
    | st.builds(LaneFacts, driven=st.booleans(), online=st.booleans(), faults=st.lists(st.just("scanner")).map(tuple))
)
def test_a_point_works_only_with_a_lane_a_node_that_is_heard_and_readers_without_fault(lane):
    works = lane is not None and lane.driven and lane.online and not lane.faults
    assert (cover_of(lane) is Cover.WORKING) is works


def test_what_is_nearest_to_the_point_is_said_first():
    assert cover_of(None) is Cover.NO_LANE
    assert cover_of(LaneFacts(driven=False, online=False, faults=("scanner",))) is Cover.NO_NODE
    assert cover_of(LaneFacts(driven=True, online=False, faults=("scanner",))) is Cover.SILENT
    assert cover_of(LaneFacts(driven=True, online=True, faults=("scanner",))) is Cover.READER_FAULT


@pytest.mark.parametrize(
    ("kind", "device", "named"),
    [
        (AlarmKind.DEVICE_FAULT, "scanner", ("scanner",)),
        (AlarmKind.DEVICE_FAULT, "relay", ()),
        (AlarmKind.DEVICE_FAULT, "lock", ()),
        (AlarmKind.CAMERA_COVERED, None, ("camera",)),
        (AlarmKind.CAMERA_STALE, "camera", ("camera",)),
        (AlarmKind.TAMPER, "reader", ("reader",)),
        (AlarmKind.TAMPER, None, ()),
        (AlarmKind.FORCED, None, ()),
    ],
)
def test_a_door_that_does_not_move_is_no_broken_reader(kind, device, named):
    assert reader_faults([(kind.value, device)]) == named
