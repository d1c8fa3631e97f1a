"""A link as a picture for a phone, and where a picture would lead a phone nowhere."""

from __future__ import annotations

import pytest

from central.base.kernel.permissions import GUARD
from central.oversight.console.link_code import this_machine_only
from tests.central.oversight.test_enrol_pages import HTML, town

__all__ = ["town"]


@pytest.mark.parametrize(
    ("host", "only"),
    [
        ("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("localhost", True), ("menting.localhost", True),
        (None, True), ("192.168.1.9", False), ("gate.example.org", False), ("localhost.example.org", False),
    ],
)  # fmt: skip
def test_a_host_that_only_this_machine_can_reach_is_known(host, only):
    assert this_machine_only(host) is only


def test_the_desk_shows_a_code_for_a_phone_or_a_button_where_no_phone_can_come(town, login_as, monkeypatch):
    client = login_as(GUARD, community=town.community)
    invite = f"/people/homes/{town.resident}/face/invite"
    here = client.post(invite, headers=HTML).text
    assert 'src="data:image/svg+xml' not in here and "请就在这台电脑上打开" in here and "/enrol/" in here
    monkeypatch.setattr("central.oversight.console.link_code.this_machine_only", lambda host: False)
    assert "请本人来打开" in here and "扫码" not in here, "there is nothing to scan"
    afar = client.post(invite, headers=HTML).text
    assert 'src="data:image/svg+xml' in afar and "请就在这台电脑上打开" not in afar and "请本人扫码" in afar
