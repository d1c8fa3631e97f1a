"""A whole node on simulated hardware, without central: pseudo-terminals, codecs, drivers, threads, journal on disk."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from devices.sim.door import Deed
from devices.sim.pty import PtyLine
from devices.sim.relay_board import Fault
from devices.sim.scanner import ScannerSim
from edge.bootstrap import NodeError, NodeFolder, RunningNode
from edge.health.clock import Clock
from edge.lane.states import Phase
from edge.site import CentralSite
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.commands import Action, Command
from models.wire.events import (
    EVENT_BODY,
    Actuated,
    Alarm,
    AlarmKind,
    CommandDone,
    DecisionMade,
    EventBody,
    NodeNews,
    Passage,
    Scanned,
    Sensed,
)
from scripts.demo.arrivals import shown
from scripts.rig import NOWHERE, Rig

BODY = TypeVar("BODY", bound=EventBody)
MakeRig = Callable[..., Rig]
Until = Callable[[Callable[[], object]], None]
WRITE_COIL = 5


def bodies(rig: Rig, kind: type[BODY]) -> list[BODY]:
    assert rig.node is not None
    read = [EVENT_BODY.validate_json(event.body) for event in rig.node.journal.read(0, 10_000)]
    return [body for body in read if isinstance(body, kind)]


def decisions(rig: Rig) -> list[str]:
    return [f"{one.decision.outcome.value} {one.decision.reason.value}" for one in bodies(rig, DecisionMade)]


def ready(rig: Rig, until: Until, lane: str = "east-in") -> None:
    """The board has been read once: from here on a grant opens."""
    until(lambda: rig.node is not None and rig.node.gate.lane(lane).door.phase is Phase.SECURED)


@pytest.fixture
def rig(make_rig: MakeRig, until: Until) -> Rig:
    rig = make_rig()
    rig.start()
    ready(rig, until)
    return rig


@pytest.mark.req("SYNC-06")
def test_the_decision_is_in_the_journal_file_before_the_frame_that_opens_is_answered(rig: Rig, until: Until) -> None:
    """Read from the file by another connection, from inside the board, when the frame arrives there."""
    gate = rig.world.lanes["east-in"].gate
    answer, found = gate.board.answer, []

    def looking(request: bytes, unit: int, pdu: bytes, number: int = 0) -> list[tuple[float, bytes]]:
        if pdu and pdu[0] == WRITE_COIL:
            file = sqlite3.connect(f"file:{rig.folder / 'node' / 'journal.db'}?mode=ro", uri=True)
            rows = file.execute("SELECT body FROM events ORDER BY seq").fetchall()
            told = [EVENT_BODY.validate_json(row[0]) for row in rows]
            found.append([body.decision.credential_id for body in told if isinstance(body, DecisionMade)])
            file.close()
        return answer(request, unit, pdu, number)

    gate.board.answer = looking
    expected = []
    for _ in range(3):
        pass_id, token = rig.authority.a_pass()
        expected.append(pass_id)
        gate.present(token)
        until(lambda: len(bodies(rig, Passage)) == len(expected))
    assert found == [expected[:1], expected[:2], expected[:3]]


@pytest.mark.req("GEN-01", "GEN-08")
def test_somebody_scans_opens_and_walks_through(rig: Rig, until: Until) -> None:
    gate = rig.world.lanes["east-in"].gate
    gate.do(Deed.PULL)
    gate.present(rig.authority.a_pass()[1])
    until(lambda: bodies(rig, Passage))
    assert rig.node is not None
    events = rig.node.journal.read(0, 100)
    (correlation,) = {e.correlation for e in events if isinstance(EVENT_BODY.validate_json(e.body), DecisionMade)}
    kinds = [EVENT_BODY.validate_json(e.body).kind for e in events if e.correlation == correlation]
    assert sorted(kinds) == ["actuation", "decision", "passage", "sensed", "sensed"]
    assert kinds.index("decision") == 0 and kinds[-1] == "passage"
    assert bodies(rig, Passage)[0].passed and gate.door.passages == 1
    assert bodies(rig, Actuated)[0].confirmed
    assert [one.position.value for one in bodies(rig, Sensed)] == ["closed", "open", "closed"]


@pytest.mark.req("ACC-16")
def test_a_scanner_that_repeats_itself_is_one_decision(rig: Rig, until: Until) -> None:
    gate = rig.world.lanes["east-in"].gate
    token = rig.authority.a_pass()[1]
    for _ in range(20):
        gate.present(token)
    gate.present("THE LAST ONE")
    until(lambda: "deny malformed" in decisions(rig))
    assert decisions(rig) == ["grant ok", "deny malformed"]


@pytest.mark.req("ACC-06")
def test_rubbish_from_the_scanner_is_told_and_never_decided(rig: Rig, until: Until) -> None:
    scanner = rig.world.lanes["east-in"].gate.scanner
    scanner.send_control()
    scanner.send_flood(10_240)
    scanner.send_foreign()
    scanner.present("THE LAST ONE")
    until(lambda: decisions(rig))
    assert decisions(rig) == ["deny malformed"]
    assert len(bodies(rig, Scanned)) == 3 and all(one.length > 0 for one in bodies(rig, Scanned))


@pytest.mark.req("ACC-22")
def test_fire_opens_and_holds_although_the_gates_thread_is_stuck_and_central_is_dead(rig: Rig, until: Until) -> None:
    gate, stuck, go_on = rig.world.lanes["east-in"].gate, threading.Event(), threading.Event()
    assert rig.node is not None
    tick = rig.node.gate.tick

    def blocked() -> None:
        stuck.set()
        go_on.wait(60)
        tick()

    rig.node.gate.tick = blocked
    until(stuck.is_set)
    gate.do(Deed.FIRE)
    until(lambda: gate.board.output(1))
    gate.do(Deed.FIRE_OVER)
    until(lambda: rig.node is not None and rig.node.inbox.qsize() >= 3)  # fire, held, healthy: nobody has heard yet
    assert gate.board.output(1)
    go_on.set()
    until(lambda: rig.node is not None and rig.node.gate.lane("east-in").door.phase is Phase.FIRE)
    assert gate.board.output(1), "a fire that was over before it was heard of is held until a person ends it"
    rig.stop()
    assert gate.board.output(1)
    rig.start()
    until(lambda: any(one.action == "hold_open" for one in bodies(rig, Actuated)[1:]))
    assert [edge.on for edge in gate.board.edges()] == [True], "the restart moved nothing"
    order(rig, Action.END_FIRE_HOLD)
    until(lambda: not gate.board.output(1))
    fire = [one.over for one in bodies(rig, Alarm) if one.alarm is AlarmKind.FIRE]
    assert fire == [False, True]


def order(rig: Rig, action: Action, lane: str = "east-in", number: int = 1) -> Command:
    assert rig.node is not None
    command = Command(
        command_id=new_id(), number=number, node_id=rig.authority.node_id, lane_id=rig.lanes[lane].lane_id,
        action=action, nonce=new_id().hex, issued_at=utc_now(), ttl_s=5, actor_id=new_id(), role="guard",
        reason="checked by telephone", correlation=new_id(),
    )  # fmt: skip
    rig.node._execute(command)
    return command


@pytest.mark.req("ACC-25")
def test_a_command_is_done_when_the_lock_has_moved_and_refused_when_it_came_too_late(rig: Rig, until: Until) -> None:
    assert rig.node is not None
    done = order(rig, Action.OPEN)
    until(lambda: bodies(rig, CommandDone))
    late = done.model_copy(update={"command_id": new_id(), "issued_at": utc_now().replace(year=2020)})
    rig.node._execute(late)
    until(lambda: len(bodies(rig, CommandDone)) == 2)
    fates = [(one.command_id, one.result, one.reason) for one in bodies(rig, CommandDone)]
    assert fates == [(done.command_id, "done", "ok"), (late.command_id, "refused", "late")]
    assert [edge.on for edge in rig.world.lanes["east-in"].gate.board.edges()].count(True) == 1


@pytest.mark.req("ACC-23")
def test_a_stuck_and_a_silent_board_are_told_and_the_gate_comes_back(rig: Rig, until: Until) -> None:
    gate = rig.world.lanes["east-in"].gate
    gate.board.fault(Fault.STUCK)
    gate.present(rig.authority.a_pass()[1])
    until(lambda: bodies(rig, Passage))
    assert not bodies(rig, Actuated)[0].confirmed and bodies(rig, Passage)[0].why == "not_released"
    gate.board.fault(Fault.SILENT)
    until(lambda: any(one.device == "relay" for one in bodies(rig, Alarm)))
    gate.present(rig.authority.a_pass()[1])
    until(lambda: decisions(rig)[-1] == "refer fault")
    gate.board.fault()
    until(lambda: any(one.device == "relay" and one.over for one in bodies(rig, Alarm)))
    gate.present(rig.authority.a_pass()[1])
    until(lambda: bodies(rig, Actuated)[-1].confirmed)
    assert [edge.on for edge in gate.board.edges()].count(True) == 1, "one good grant, one pulse"


@pytest.mark.req("ACC-23")
def test_an_unplugged_scanner_comes_back(rig: Rig, until: Until) -> None:
    gate = rig.world.lanes["east-in"].gate
    path = Path(gate._scanner_line.path)
    gate._scanner_line.close()
    until(lambda: any(one.device == "scanner" for one in bodies(rig, Alarm)))
    gate._scanner_line = PtyLine(path)
    gate.scanner = ScannerSim(gate._scanner_line)
    until(lambda: any(one.device == "scanner" and one.over for one in bodies(rig, Alarm)))
    gate.present(rig.authority.a_pass()[1])
    until(lambda: decisions(rig) == ["grant ok"])


@pytest.mark.req("ACC-23")
def test_restarts_in_the_middle_of_grants_conclude_them_in_words_and_pulse_nothing(
    make_rig: MakeRig, until: Until
) -> None:
    rig = make_rig()
    gate = rig.world.lanes["east-in"].gate
    for number in range(1, 6):
        rig.start()
        ready(rig, until)
        assert len(bodies(rig, Passage)) == number - 1
        assert [edge.on for edge in gate.board.edges()].count(True) == number - 1, "a start pulses nothing"
        gate.present(rig.authority.a_pass()[1])
        until(lambda n=number: len(bodies(rig, Actuated)) == n)
        rig.stop()
        until(lambda: not gate.board.output(1))
    rig.start()
    until(lambda: len(bodies(rig, Passage)) == 5)
    assert {one.why for one in bodies(rig, Passage)} == {"restart"}
    assert [one.what for one in bodies(rig, NodeNews)].count("started") == 6


@pytest.mark.req("SEC-18")
def test_without_face_models_an_alarm_is_raised_where_there_is_a_camera_and_passes_go_on(
    make_rig: MakeRig, until: Until
) -> None:
    rig = make_rig(cameras=True)
    rig.start()
    ready(rig, until)
    until(lambda: any(one.device == "face_models" for one in bodies(rig, Alarm)))
    rig.world.lanes["east-in"].gate.present(rig.authority.a_pass()[1])
    until(lambda: decisions(rig) == ["grant ok"])
    rig.stop()
    (lane,) = rig.site.lane
    rig.site = rig.site.model_copy(update={"lane": (lane.model_copy(update={"camera": None}),)})
    rig.start()
    until(lambda: [one.over for one in bodies(rig, Alarm) if one.device == "face_models"] == [False, True])


def test_a_gate_without_a_camera_misses_no_face_models(rig: Rig, until: Until) -> None:
    until(lambda: rig.node is not None and rig.node.gate.lane("east-in").door.phase is Phase.SECURED)
    rig.world.lanes["east-in"].gate.present(rig.authority.a_pass()[1])
    until(lambda: decisions(rig) == ["grant ok"])  # by then what the start found wrong has been said
    assert not any(one.device == "face_models" for one in bodies(rig, Alarm))


def garbage(path: Path) -> None:
    path.write_bytes(b"rubbish" * 999)


def torn_inside(path: Path) -> None:
    """A first page that is whole, and rubbish behind it: opening alone does not see that."""
    with sqlite3.connect(path) as db:
        rows = [(new_id().bytes, "model", bytes(500)) for _ in range(200)]
        db.executemany("INSERT INTO templates VALUES (?, ?, ?)", rows)
    db.close()
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"rubbish!" * ((len(content) - 8192) // 8))


def in_the_way(path: Path) -> None:
    """A file where a folder belongs, or the other way round."""
    if path.is_dir():
        shutil.rmtree(path)
        path.write_bytes(b"rubbish")
    else:
        path.unlink()
        path.mkdir()
        (path / "kept").touch()


def link_to_nowhere(path: Path) -> None:
    shutil.rmtree(path)
    path.symlink_to(path.parent / "disk that is not mounted")


@pytest.mark.req("ACC-23")
@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("templates.db", garbage), ("templates.db", torn_inside), ("templates.db", in_the_way),
        ("pictures", in_the_way), ("pictures", link_to_nowhere),
    ],
)  # fmt: skip
def test_faces_or_pictures_that_are_damaged_are_moved_aside_and_passes_go_on(
    rig: Rig, until: Until, caplog: pytest.LogCaptureFixture, name: str, damage: Callable[[Path], None]
) -> None:
    assert rig.node is not None
    templates = rig.node.templates
    rig.stop()
    templates.close()  # as the end of the process does: nothing is left in the -wal
    path, device = rig.folder / "node" / name, name.removesuffix(".db")
    damage(path)
    before = path.read_bytes() if path.is_file() else None
    rig.start()
    ready(rig, until)
    rig.world.lanes["east-in"].gate.present(rig.authority.a_pass()[1])
    until(lambda: decisions(rig) == ["grant ok"])
    (kept,) = path.parent.glob(f"{name}.damaged-*Z")
    assert kept.name in caplog.text and (before is None or kept.read_bytes() == before)
    assert rig.node.templates.all() == () and rig.node.pictures.keep(new_id(), b"jpeg").stored
    (raised,) = (one for one in bodies(rig, Alarm) if one.device == device)
    assert raised.alarm is AlarmKind.DEVICE_FAULT and not raised.over and kept.name in str(raised.detail)
    rig.stop()
    rig.start()
    ready(rig, until)
    assert [one.over for one in bodies(rig, Alarm) if one.device == device] == [False], "until a person has seen to it"
    rig.stop()
    kept.rename(rig.folder / "taken away")
    rig.start()
    until(lambda: [one.over for one in bodies(rig, Alarm) if one.device == device] == [False, True])


def test_a_pass_held_to_a_camera_opens(make_rig: MakeRig, until: Until) -> None:
    rig = make_rig(cameras=True)
    rig.start()
    ready(rig, until)
    lane = rig.world.lanes["east-in"]
    scene = shown(rig.authority.a_pass()[1], None)
    lane.show([scene(0)])
    until(lambda: decisions(rig) == ["grant ok"])
    lane.leave()


@pytest.fixture
def stopped(make_rig: MakeRig) -> Iterator[Rig]:
    rig = make_rig(people=False)
    yield rig


def test_a_folder_in_use_and_a_lane_that_central_does_not_know_keep_a_node_from_starting(stopped: Rig) -> None:
    folder = NodeFolder(stopped.folder / "node")
    with pytest.raises(NodeError, match="node that is running"):
        NodeFolder(stopped.folder / "node")
    site = stopped.site.model_copy(update={"lane": (stopped.site.lane[0].model_copy(update={"code": "west"}),)})
    with pytest.raises(NodeError, match=r'does not know lane "west".*east-in'):
        RunningNode(site, folder, stopped.weights)
    folder.close()


@pytest.mark.req("GEN-02", "VIS-07")
def test_a_clock_set_back_revives_no_expired_pass_while_central_is_gone(make_rig: MakeRig, until: Until) -> None:
    """A battery dies while the power is off: after the start the node's clock says last week, in the pass's window."""
    rig = make_rig()
    rig.start()
    ready(rig, until)
    scanner = rig.world.lanes["east-in"].gate.scanner
    day = 24 * 60
    _, expired = rig.authority.a_pass(begun_minutes=8 * day, minutes=-6 * day)
    _, later = rig.authority.a_pass()
    scanner.present(expired)
    until(lambda: decisions(rig) == ["deny expired"])
    assert rig.node is not None
    written = rig.node.journal.read(0, 10_000)[-1].at
    rig.stop()
    rig.start(clock=Clock(lambda: utc_now() - timedelta(days=7)))
    ready(rig, until)
    scanner.present(expired)
    until(lambda: len(decisions(rig)) == 2)
    scanner.present(later)
    until(lambda: len(decisions(rig)) == 3)
    assert decisions(rig) == ["deny expired", "deny expired", "grant ok"]
    assert all(one.decision.at >= written for one in bodies(rig, DecisionMade)[1:])
    last = rig.node.journal.read(0, 10_000)[-1]
    assert last.at < written and last.skew_ms is None, "the event says what the clock said, and that nobody vouches"


def test_a_gate_whose_authority_file_is_gone_decides_alone_and_says_so(make_rig: MakeRig, until: Until) -> None:
    rig = make_rig()
    gone = rig.folder / "ca.pem"
    rig.site = rig.site.model_copy(update={"central": CentralSite(url=NOWHERE, ca=gone)})
    rig.start()
    ready(rig, until)
    rig.world.lanes["east-in"].gate.scanner.present(rig.authority.a_pass()[1])
    until(lambda: decisions(rig) == ["grant ok"])
    alarms = [one for one in bodies(rig, Alarm) if one.device == "central_ca"]
    assert [one.alarm for one in alarms] == [AlarmKind.DEVICE_FAULT]
    assert str(alarms[0].detail).startswith(str(gone)) and "没有这个文件" in str(alarms[0].detail)
