"""Central's name cannot be looked up: that is a line that is down, and never somebody's credential (SYNC-05)."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.__main__ import main
from edge.console.serving import told
from edge.lane.states import Phase
from models.access.decision import Outcome
from models.wire.events import EVENT_BODY, DecisionMade
from scripts.rig import Rig
from tests.edge.test_main import SITE

CENTRAL = "central.example"
LANE = "east-in"
BLAMES = re.compile(r"invalid|not valid|forged|expired|revoked|无效|伪造|过期|取消", re.IGNORECASE)
"""Words that would lay a broken line at the door of whoever stands at the gate."""


@pytest.fixture
def no_name(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The name server answers as one does that is not there; every other name is left to the machine."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: Any, *more: Any, **named: Any) -> Any:
        if host in (CENTRAL, CENTRAL.encode()):
            asked.append(CENTRAL)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield asked


@pytest.mark.req("SYNC-05")
def test_passes_are_judged_without_it_and_the_screen_says_offline(
    no_name: list[str], tmp_path: Path, until: Callable[[Callable[[], object]], None]
) -> None:
    rig = Rig(tmp_path, tmp_path / "no-weights", central=f"https://{CENTRAL}")
    try:
        node = rig.start()
        until(lambda: node.gate.lane(LANE).door.phase is Phase.SECURED)
        until(lambda: node._uplink.status().last_error)
        link, gate = node._uplink.status(), node._seen_at_the_gate((LANE,))
        idle = told(gate, LANE)
        _, good = rig.authority.a_pass()
        _, over = rig.authority.a_pass(minutes=-30)
        outcomes, screens = [], []
        for token in (good, over):
            rig.world.lanes[LANE].gate.present(token)
            until(lambda n=len(outcomes): len(decided(node)) > n)
            outcomes.append(decided(node)[-1].decision)
            screens.append(told(gate, LANE))
    finally:
        rig.close()
    assert no_name and link.online_since is None
    assert link.last_error is not None and "no connection" in link.last_error and "没有网络连接" in link.last_error
    assert not BLAMES.search(link.last_error)
    assert idle["foot"]["online"] is False and not BLAMES.search(words(idle))
    assert [one.outcome for one in outcomes] == [Outcome.GRANT, Outcome.DENY], "each by its own pass, line or no line"
    assert all(screen["foot"]["online"] is False for screen in screens)
    assert not BLAMES.search(words(screens[0]))


def words(screen: dict[str, Any]) -> str:
    return f"{screen['what']} {screen['do']}"


def decided(node: Any) -> list[DecisionMade]:
    bodies = [EVENT_BODY.validate_json(event.body) for event in node.journal.read(0, 10_000)]
    return [body for body in bodies if isinstance(body, DecisionMade)]


@pytest.mark.req("SYNC-05")
def test_enrolling_says_that_there_is_no_connection_and_blames_no_token(
    no_name: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site.toml"
    site.write_text(SITE.replace("[[lane]]", f'[central]\nurl = "https://{CENTRAL}"\n[[lane]]'))
    monkeypatch.setattr(sys, "argv", ["edge", "enrol", "--site", str(site), "--token", "T" * 24])
    with pytest.raises(SystemExit) as ended:
        sys.exit(main())
    said = capsys.readouterr().err
    assert ended.value.code == 1 and "no connection" in said and "没有网络连接" in said
    assert CENTRAL in said and not BLAMES.search(said)
