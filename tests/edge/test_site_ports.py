"""Two that are to listen on one port: refused in words before the node is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.site import site_of
from edge.site_ports import port_taken_twice
from edge.site_problem import SiteError

CAMERA = "lpr+vzenith://192.168.1.64?serial=abcd-1234&key_file=/etc/menting/lpr.key"
LANE = """
[[lane]]
code = "a"
name = "a"
direction = "in"
fail = "safe"
relay = "modbus+serial:///dev/a?profile=waveshare-8"
scanner = "scanner+serial:///dev/c"
"""


@pytest.mark.parametrize(
    ("console", "intercoms", "plates", "here"),
    [
        (8090, ("127.0.0.1", 8090), (), ("intercoms", "port")),
        (8090, ("0.0.0.0", 8090), (), ("intercoms", "port")),
        (8090, ("192.168.1.2", 8090), (), None),
        (8090, ("192.168.1.2", 8091), (CAMERA,), None),
        (8600, None, (None, CAMERA), ("lane", 1, "plate_camera")),
        (None, ("192.168.1.2", 8600), (CAMERA,), ("lane", 0, "plate_camera")),
        (None, None, (CAMERA, CAMERA.replace("64", "65")), ("lane", 1, "plate_camera")),
        (None, None, (CAMERA, f"{CAMERA}&listen=8601"), None),
        (None, None, (f"{CAMERA}&listen=0", f"{CAMERA}&listen=0"), None),
    ],
)
def test_one_port_has_one_listener(
    console: int | None, intercoms: tuple[str, int] | None, plates: tuple[str | None, ...], here: object
) -> None:
    taken = port_taken_twice(console, intercoms, plates)
    assert (taken.here if taken is not None else None) == here


def test_the_file_is_refused_at_the_second_of_them_with_the_line_of_the_first() -> None:
    text = f"[node]\nname = 'n'\n[console]\nport = 8091\n[intercoms]\nport = 8091\n{LANE}"
    with pytest.raises(SiteError) as refused:
        site_of(text, Path("site.toml"))
    (mistake,) = refused.value.mistakes
    assert mistake.line == 6 and "端口 8091 已用于通道屏幕页" in str(mistake) and "choose another" in str(mistake)
    assert mistake.beside == (("console", "port"), 4)
    site_of(f"[node]\nname = 'n'\n[console]\nport = 8091\n{LANE}", Path("site.toml"))  # no intercom is listened to


def test_mistakes_are_told_in_the_order_of_the_file() -> None:
    lane = LANE.replace('"in"', '"sideways"') + "odd = 1\n"
    text = f"[node]\nname = 'n'\nfoo = 2\n[face]\nbackend = 'x'\nbar = 1\n{lane}"
    with pytest.raises(SiteError) as refused:
        site_of(text, Path("site.toml"))
    lines = [one.line for one in refused.value.mistakes]
    assert len(lines) >= 4 and lines == sorted(lines)
