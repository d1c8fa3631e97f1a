"""Which cameras are one and the same, as a site file writes them."""

import pytest

from edge.site_lines import same_camera

LIVE = "rtsp://10.0.0.5/live?channel=1"


@pytest.mark.req("ACC-10", "SEC-18")
@pytest.mark.parametrize(
    ("other", "same"),
    [
        (LIVE, True),
        ("rtsp://gate:sesame@10.0.0.5:554/live?channel=1", True),
        ("rtsp://10.0.0.5/live?channel=2", False),
        ("rtsp://10.0.0.6/live?channel=1", False),
        ("camera+v4l2:///dev/video0", False),
    ],
)
def test_a_network_camera_is_the_same_under_another_name_and_port_and_another_by_its_channel(
    other: str, same: bool
) -> None:
    assert same_camera(LIVE, other) is same and same_camera(other, LIVE) is same


@pytest.mark.req("ACC-10")
def test_a_camera_of_this_computer_is_the_same_however_it_is_read() -> None:
    assert same_camera("camera+v4l2:///dev/video0", "camera+v4l2:///dev/video0?fps=10")
    assert not same_camera("camera+v4l2:///dev/video0", "camera+v4l2:///dev/video2")
