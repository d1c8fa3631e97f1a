"""A look that the node refuses is told with its reason, where the picture would be."""

from __future__ import annotations

import pytest

from central.base.kernel import clock
from central.gates.nodes import commands
from central.gates.nodes.rules import LOOK_AGAIN
from models.wire.commands import Command
from models.wire.events import CommandDone
from tests.browser.gate import seed

HTML = {"accept": "text/html"}


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.mark.req("ACC-25", "GUARD-02")
def test_a_node_that_cannot_remember_commands_says_why_no_picture_comes(login_as, site, monkeypatch):
    guard = login_as("guard", community=site.community_id)
    lane = f"/lanes/{site.gate.reply.lanes[0].lane_id}"
    site.gate.poll()
    assert guard.post(f"{lane}/look", headers=HTML).status_code == 204
    assert guard.get(f"{lane}/live", headers=HTML).status_code == 204, "it may come yet"
    with site.gate.session() as db:
        (signed,) = commands.take(db, site.gate.reply.node_id, clock.now())
    command = Command.model_validate_json(signed.payload)
    done = CommandDone(command_id=command.command_id, action="look", result="refused", reason="not_kept")
    site.gate.write(done, command.correlation, 0)
    site.gate.tell()
    said = guard.get(f"{lane}/live", headers=HTML).text
    assert 'id="look"' in said and "节点磁盘满了" in said and "请当面处理" in said and f'hx-get="{lane}/open"' in said
    later = clock.now() + LOOK_AGAIN
    monkeypatch.setattr(clock, "now", lambda: later)
    site.gate.poll()
    guard.post(f"{lane}/look", headers=HTML)
    assert guard.get(f"{lane}/live", headers=HTML).status_code == 204, "asked anew, nothing is known yet"
