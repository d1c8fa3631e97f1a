"""A camera's port: who is heard, what is taken, and that a record is acknowledged when the lane has it, and once."""

import contextlib
import queue
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest

from devices.errors import AddressError, Refused, Unreachable
from devices.lpr import listener
from devices.lpr.families import FAMILIES
from devices.lpr.listener import AT_ONCE, BODY_MAX, CONNECTIONS_MAX, PushCamera
from devices.ports import PlateCamera, Push, PushRefused, PushTrouble
from devices.registry import open_plate_camera
from devices.sim.plate_camera import PlateCameraSim, Told

NOW = datetime(2026, 11, 29, 8, 30, 5, tzinfo=UTC)
SECRET = "p4th-that-nobody-knows"
SOON_S = 20.0
Open = Callable[..., PushCamera]


@pytest.fixture
def listen() -> Iterator[Open]:
    opened: list[PushCamera] = []

    def one(
        family: str = "vzenith", *, peer: str = "127.0.0.1", gate: bool = False, answer_s: float = 20.0
    ) -> PushCamera:
        camera = PushCamera(
            FAMILIES[family],
            peer=peer,
            serial="SIM-0001",
            secret=SECRET,
            port=0,
            gate_is_cameras=gate,
            answer_s=answer_s,
        )
        opened.append(camera)
        return camera

    yield one
    for camera in opened:
        camera.close()


def sim(camera: PushCamera, family: str = "vzenith", **words: str) -> PlateCameraSim:
    return PlateCameraSim(family, camera.port, words.pop("secret", SECRET), **words)


def meanwhile(deed: Callable[[], Told]) -> "queue.Queue[Told]":
    """What comes back for something that is done beside the test."""
    came: queue.Queue[Told] = queue.Queue()
    threading.Thread(target=lambda: came.put(deed()), daemon=True).start()
    return came


def taken(camera: PlateCamera) -> Push:
    found = camera.read(SOON_S)
    assert isinstance(found, Push), found
    return found


def refused(camera: PlateCamera) -> PushRefused:
    found = camera.read(SOON_S)
    assert isinstance(found, PushRefused), found
    return found


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.req("LANE-08", "GEN-08")
def test_a_push_reaches_the_lane_and_its_answer_the_camera(listen: Open, family: str) -> None:
    camera = listen(family)
    assert isinstance(camera, PlateCamera)
    far = sim(camera, family)
    came = meanwhile(lambda: far.push(far.see("京A12345", "blue", NOW)))
    push = taken(camera)
    assert push.record.text == "京A12345"
    assert camera.answer(push)
    told = came.get(timeout=SOON_S)
    assert told.status == 200 and not told.opened


HALF_A_HEAD = f"POST /{SECRET} HTTP/1.1\r\nHost:".encode()


def left_behind(camera: PushCamera, stack: contextlib.ExitStack) -> list[socket.socket]:
    """The connections of a camera that lost its power: as many as there are places, half of them within a head."""
    lines = []
    for number in range(CONNECTIONS_MAX):
        line = stack.enter_context(socket.create_connection(("127.0.0.1", camera.port), timeout=SOON_S))
        line.sendall(HALF_A_HEAD if number % 2 else b"")
        lines.append(line)
    return lines


def ended(line: socket.socket) -> bool:
    try:
        return line.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.req("LANE-08")
def test_connections_that_bring_no_request_give_their_places_back(
    listen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "HEAD_S", 0.2)
    camera = listen()
    far = sim(camera)
    with contextlib.ExitStack() as stack:
        assert all(ended(line) for line in left_behind(camera, stack))
        came = meanwhile(lambda: far.push(far.see("京A12345", "blue", NOW)))
        assert camera.answer(taken(camera)) and came.get(timeout=SOON_S).status == 200


@pytest.mark.req("LANE-08")
def test_a_connection_without_a_place_is_refused_and_the_lane_is_told(
    listen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "HEAD_S", 10 * SOON_S)
    camera = listen()
    with contextlib.ExitStack() as stack:
        left_behind(camera, stack)
        with socket.create_connection(("127.0.0.1", camera.port), timeout=SOON_S) as one_more:
            assert ended(one_more)
        assert refused(camera).why is PushTrouble.TOO_MANY


DATA_SEGMENTS_IN = 152  # where the kernel's struct tcp_info keeps how many segments with data came


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the segments of a connection")
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.req("INT-08")
def test_each_answer_leaves_in_one_piece_so_that_no_camera_waits_for_the_rest(listen: Open, family: str) -> None:
    """Head and body in two writes meet the camera's delayed acknowledgement: 48 ms more for each push."""
    camera = listen(family)
    far = sim(camera, family)
    line = HTTPConnection("127.0.0.1", camera.port, timeout=SOON_S)

    def asks(path: str, kind: str, body: bytes) -> int:
        line.request("POST", path, body, {"Content-Type": kind})
        answer = line.getresponse()
        answer.read()
        return answer.status

    def segments() -> int:
        told = line.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        return int(struct.unpack_from("=I", told, DATA_SEGMENTS_IN)[0])

    try:
        for number in (1, 2):
            body = far.body(far.see(f"京A1234{number}", "blue", NOW), stored=False)
            came = meanwhile(lambda body=body: asks(f"/{SECRET}", *body))
            assert camera.answer(taken(camera), board=b"\x00\x64" * 100)
            assert came.get(timeout=SOON_S) == 200
            assert segments() == number, "one segment for each answer"
        assert asks("/elsewhere", "text/plain", b"") == 404 and segments() == 3, "a refusal too"
    finally:
        line.close()


@pytest.mark.parametrize(("gate", "opened"), [(True, True), (False, False)])
def test_the_camera_s_relay_opens_only_where_it_moves_the_arm(listen: Open, gate: bool, opened: bool) -> None:
    camera = listen(gate=gate)
    far = sim(camera)
    came = meanwhile(lambda: far.push(far.see("京A12345", "blue", NOW)))
    camera.answer(taken(camera), opens=True)
    assert came.get(timeout=SOON_S).opened is opened


@pytest.mark.req("LANE-09")
def test_what_was_stored_never_opens_and_the_next_one_is_asked_for(listen: Open) -> None:
    camera = listen(gate=True)
    far = sim(camera)
    came = meanwhile(lambda: far.push(far.see("京A12345", "blue", NOW), stored=True))
    push = taken(camera)
    assert push.record.stored
    camera.answer(push, opens=True)
    told = came.get(timeout=SOON_S)
    assert not told.opened and told.more


@pytest.mark.req("LANE-09")
def test_a_record_sent_twice_comes_once_and_opens_once(listen: Open) -> None:
    camera = listen(gate=True)
    far = sim(camera)
    seen = far.see("京A12345", "blue", NOW)
    came = meanwhile(lambda: far.push(seen))
    camera.answer(taken(camera), opens=True)
    assert came.get(timeout=SOON_S).opened
    again = far.push(seen)
    assert again.status == 200 and not again.opened
    assert refused(camera).why is PushTrouble.TWICE
    other = meanwhile(lambda: far.push(far.see("京A12345", "blue", NOW)))
    assert taken(camera).record.record != push_number(seen.number), "the same car again is a record of its own"
    assert other.empty()


@pytest.mark.req("LANE-09", "INT-08")
def test_a_clone_that_sends_until_it_is_told_to_stop_is_told_so_with_its_second_sending(listen: Open) -> None:
    camera = listen(gate=True)
    far = sim(camera)
    came: queue.Queue[list[Told]] = queue.Queue()
    seen = far.see("京A12345", "blue", NOW)
    threading.Thread(target=lambda: came.put(far.push_until_stopped(seen)), daemon=True).start()
    camera.answer(taken(camera), opens=True)
    told = came.get(timeout=SOON_S)
    assert [one.opened for one in told] == [True, False], "opened once, asked to stop, and stopped"


def push_number(number: int) -> str:
    return f"{number}@{int(NOW.timestamp())}"


def test_sent_again_while_the_lane_thinks_it_waits_for_the_same_answer_and_one_of_them_opens(listen: Open) -> None:
    camera = listen(gate=True)
    far = sim(camera)
    seen = far.see("京A12345", "blue", NOW)
    first, second = meanwhile(lambda: far.push(seen)), meanwhile(lambda: far.push(seen))
    push = taken(camera)
    assert camera.read(0) is None
    camera.answer(push, opens=True)
    answers = [first.get(timeout=SOON_S), second.get(timeout=SOON_S)]
    assert sum(told.opened for told in answers) == 1 or PushTrouble.TWICE is refused(camera).why
    assert sum(told.opened for told in answers) <= 1


@pytest.mark.req("SYNC-06")
def test_what_the_lane_does_not_keep_is_not_acknowledged_and_comes_as_stored(listen: Open) -> None:
    camera = listen(gate=True, answer_s=0.05)
    far = sim(camera)
    assert far.push(far.see("京A12345", "blue", NOW)).status == 503
    push = taken(camera)
    assert refused(camera).why is PushTrouble.UNANSWERED
    assert not camera.answer(push, opens=True), "nobody waits for it any more"
    (told,) = far.push_kept()
    assert told.status == 200 and not told.opened, "the lane has it: no second time"
    assert refused(camera).why is PushTrouble.TWICE


@pytest.mark.req("LANE-08")
def test_each_gate_on_the_way_turns_away(listen: Open) -> None:
    camera = listen()
    assert sim(camera, secret="p4th-that-nobody-knew").push(sim(camera).see("京A12345", "blue", NOW)).status == 404
    assert refused(camera).why is PushTrouble.WRONG_PATH
    assert sim(camera, serial="SIM-0002").push(sim(camera).see("京A12345", "blue", NOW)).status == 403
    assert refused(camera).why is PushTrouble.WRONG_SERIAL
    assert sim(camera).post("application/json", b"nonsense").status == 400
    assert refused(camera).why is PushTrouble.UNREADABLE
    with contextlib.suppress(OSError):  # it may hang up while we are still sending, which says as much
        assert sim(camera).post("application/json", b" " * (BODY_MAX + 1)).status == 413
    assert refused(camera).why is PushTrouble.TOO_LARGE
    assert camera.silent_s() == float("inf"), "none of these was the camera"


@pytest.mark.req("LANE-08")
def test_a_form_with_a_monstrous_head_is_told_as_unreadable_and_the_next_push_is_heard(listen: Open) -> None:
    camera = listen()
    head = b"--b\r\nContent-Disposition: " + b"(" * 4000 + b"\r\n\r\nv\r\n--b--\r\n"
    assert sim(camera).post("multipart/form-data; boundary=b", head).status == 400
    assert refused(camera).why is PushTrouble.UNREADABLE
    assert sim(camera).beat().status == 200


@pytest.mark.req("LANE-08")
def test_another_address_is_cut_off_before_a_word_is_read_and_said_once(listen: Open) -> None:
    camera = listen(peer="192.0.2.64")
    for _ in range(3):
        line = socket.create_connection(("127.0.0.1", camera.port), timeout=SOON_S)
        with line, contextlib.suppress(ConnectionResetError):
            assert line.recv(1) == b""
    word = refused(camera)
    assert (word.why, word.peer) == (PushTrouble.STRANGER, "127.0.0.1")
    assert camera.read(0) is None, "a flood of strangers is no flood of events"


def test_more_than_a_camera_ever_sends_is_too_many(listen: Open) -> None:
    camera = listen()
    far = sim(camera)
    statuses = {far.beat().status for _ in range(3 * int(AT_ONCE))}
    assert statuses == {200, 429}
    assert refused(camera).why is PushTrouble.TOO_MANY


@pytest.mark.parametrize("family", FAMILIES)
def test_a_heartbeat_shows_that_the_camera_is_there(listen: Open, family: str) -> None:
    camera = listen(family)
    assert camera.silent_s() == float("inf")
    assert sim(camera, family).beat().status == 200
    assert camera.silent_s() < SOON_S and camera.read(0) is None


def test_opened_by_its_address(tmp_path: Path) -> None:
    key = tmp_path / "lpr.key"
    key.write_text(SECRET)
    key.chmod(0o600)
    camera = open_plate_camera(f"lpr+vzenith://127.0.0.1?serial=SIM-0001&key_file={key}&listen=0")
    try:
        assert isinstance(camera, PushCamera)
        far = sim(camera)
        came = meanwhile(lambda: far.push(far.see("京A12345", "blue", NOW)))
        camera.answer(taken(camera))
        assert came.get(timeout=SOON_S).status == 200
        taken_port = f"lpr+vzenith://127.0.0.1?serial=SIM-0001&key_file={key}&listen={camera.port}"
        with pytest.raises(Unreachable, match="cannot be listened at"):
            open_plate_camera(taken_port)
    finally:
        camera.close()
        camera.close()


@pytest.mark.req("SEC-02")
def test_a_camera_is_named_by_number_and_its_path_is_long_and_private(tmp_path: Path) -> None:
    key = tmp_path / "lpr.key"
    key.write_text("short")
    key.chmod(0o600)
    rest = f"?serial=SIM-0001&key_file={key}&listen=0"
    with pytest.raises(AddressError, match="by its number"):
        open_plate_camera(f"lpr+vzenith://camera.example{rest}")
    with pytest.raises(AddressError, match="opens nothing"):
        open_plate_camera(f"lpr+hikvision://127.0.0.1{rest}&gate=camera")
    with pytest.raises(Refused, match="16 to 64"):
        open_plate_camera(f"lpr+vzenith://127.0.0.1{rest}")
    key.write_text(SECRET)
    key.chmod(0o644)
    with pytest.raises(Refused, match="open to others"):
        open_plate_camera(f"lpr+vzenith://127.0.0.1{rest}")
    with pytest.raises(AddressError, match="'serial' is missing"):
        open_plate_camera(f"lpr+vzenith://127.0.0.1?key_file={key}")
