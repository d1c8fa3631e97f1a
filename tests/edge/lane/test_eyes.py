"""The camera's thread: alive or not, codes always, faces when asked, and a still picture is never a witness."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from uuid import UUID

import numpy as np
import pytest

from devices.camera.watchdog import Limits
from devices.errors import DeviceError, Refused, Unreachable
from devices.ports import Frame, Pixels
from edge.lane import camera_loop
from edge.lane import eyes as module
from edge.lane.approach import Approach
from edge.lane.ears import INBOX_MAX
from edge.lane.eyes import CameraThread
from edge.lane.inbox import CodeSeen, DeviceState, FaceSeen, Item, Prompt
from edge.lane.says import Say
from edge.verify.face.detect import Face
from edge.verify.face.liveness.challenge import Turn
from edge.verify.face.liveness.port import Proof
from edge.verify.face.track import InView
from models.access.verification import FaceResult, FaceStatus, Liveness
from models.values.ids import new_id
from models.wire.events import AlarmKind
from scripts.demo.arrivals import qr_pixels
from scripts.rig import Authority

PASS = Authority().a_pass()[1]
Until = Callable[[Callable[[], object]], None]
LIMITS = Limits(stale_s=0.3, frozen_s=0.6)


class Scene:
    """A camera whose picture the test decides: alive, silent, frozen, gone."""

    def __init__(self) -> None:
        self.mode, self.seq = "alive", 0
        self.error: DeviceError | None = None
        self.content: Pixels = np.full((240, 320, 3), 90, dtype=np.uint8)
        self.content[::8] = self.content[:, ::8] = 200  # something to see

    def open(self) -> Scene:
        if self.mode == "gone":
            raise Unreachable("the camera does not answer")
        return self

    def read(self, timeout_s: float) -> Frame | None:
        time.sleep(0.01)  # the rate of the frames, not a wait for anything
        if self.mode == "gone":
            raise Unreachable("the camera does not answer")
        if self.mode == "silent":
            return None
        self.seq += 1
        pixels = self.content.copy()
        if self.mode == "alive":
            pixels[:4] = self.seq % 251
        return Frame(pixels, time.monotonic(), self.seq)

    def age_s(self) -> float:
        return 0.0

    def close(self) -> None:
        pass


class Comparing:
    def __init__(self) -> None:
        self.result = FaceResult(status=FaceStatus.NO_FACE)
        self.checked: list[UUID] = []
        self.began_anew = self.searched = 0

    def follow(self, view: InView, pixels: Pixels, now: float, cardholder_id: UUID) -> tuple[InView, FaceResult | None]:
        """Answers at every third frame of one recognition, as the real one does at the earliest."""
        self.checked.append(cardholder_id)
        self.began_anew += view.born == 0
        view = InView(view.tracks, view.born + 1)
        return view, self.result if view.born % 3 == 0 else None

    def search(self, pixels: Pixels) -> FaceResult:
        self.searched += 1
        return self.result


class Stand:
    def __init__(self, until: Until):
        self.until, self.scene, self.faces = until, Scene(), Comparing()
        self.inbox: queue.Queue[Item] = queue.Queue()
        self.heard: list[Item] = []
        self.thread: CameraThread | None = None

    def start(self, faces: bool = True, alone: bool = False, approach: Approach | None = None) -> CameraThread:
        self.thread = CameraThread(
            "lane", self.scene.open, self.inbox, self.faces if faces else None, alone, LIMITS, approach
        )
        self.thread.start()
        return self.thread

    def states(self) -> list[str | None]:
        return [item.fault for item in self.all() if isinstance(item, DeviceState) and item.alarm is None]

    def all(self) -> list[Item]:
        while not self.inbox.empty():
            self.heard.append(self.inbox.get_nowait())
        return self.heard

    def close(self) -> None:
        if self.thread is not None:
            self.thread.stop()
            self.thread.join()


@pytest.fixture
def stand(until: Until, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    monkeypatch.setattr(camera_loop, "REOPEN_S", 0.02)
    monkeypatch.setattr(module, "IDLE_LOOK_EVERY_S", 0.02)
    stand = Stand(until)
    yield stand
    stand.close()


@pytest.mark.parametrize(("mode", "fault"), [("silent", "picture stale"), ("frozen", "picture frozen")])
def test_a_picture_that_stops_or_freezes_is_told_once_trusted_by_nobody_and_told_when_it_is_back(
    stand: Stand, mode: str, fault: str
) -> None:
    camera = stand.start()
    stand.until(lambda: stand.states() == [None])
    stand.until(lambda: camera.newest() is not None)
    assert camera.fault() is None
    stand.scene.mode = mode
    stand.until(lambda: stand.states() == [None, fault])
    assert camera.fault() == fault
    assert camera.newest() is None, "an old picture would show somebody else beside this event"
    stand.scene.mode = "alive"
    stand.until(lambda: stand.states() == [None, fault, None])
    stand.until(lambda: camera.newest() is not None)


def test_a_camera_that_is_gone_is_opened_again(stand: Stand) -> None:
    stand.scene.mode = "gone"
    camera = stand.start()
    stand.until(lambda: stand.states() == ["Unreachable: the camera does not answer"])
    assert camera.fault() == "Unreachable: the camera does not answer" and camera.newest() is None
    stand.scene.mode = "alive"
    stand.until(lambda: stand.states()[-1] is None)


def test_a_camera_that_has_shown_nothing_yet_is_neither_well_nor_an_alarm(stand: Stand) -> None:
    stand.scene.mode = "silent"
    camera = stand.start()
    assert camera.fault() == "starting"
    stand.until(stand.states)
    assert stand.states() == ["picture stale"], "and no alarm before its time was over"


def test_a_stale_picture_is_told_with_the_reason_that_the_camera_knows(stand: Stand) -> None:
    stand.scene.mode, stand.scene.error = "silent", Refused("the camera does not take this user and password")
    stand.start()
    stand.until(stand.states)
    assert stand.states() == ["picture stale: the camera does not take this user and password"]


def views(stand: Stand, alarm: AlarmKind) -> list[str | None]:
    return [item.fault for item in stand.all() if isinstance(item, DeviceState) and item.alarm is alarm]


@pytest.mark.req("SEC-12", "GUARD-12")
@pytest.mark.parametrize(("level", "told"), [(3, "picture black"), (120, "picture covered")])
def test_a_lens_that_is_covered_is_an_alarm_of_its_own_until_it_is_free(stand: Stand, level: int, told: str) -> None:
    clear = stand.scene.content
    stand.start()
    stand.until(lambda: views(stand, AlarmKind.CAMERA_COVERED) == [None])
    stand.scene.content = np.full_like(clear, level)
    stand.until(lambda: views(stand, AlarmKind.CAMERA_COVERED) == [None, told])
    stand.scene.content = clear
    stand.until(lambda: views(stand, AlarmKind.CAMERA_COVERED) == [None, told, None])
    assert stand.states() == [None], "it delivers all the while"


def test_without_face_models_codes_and_live_pictures_go_on(stand: Stand) -> None:
    """Changed models stop faces and nothing else: a guard must still be able to look before opening."""
    stand.scene.content = qr_pixels("MENTING TEST")
    camera = stand.start(faces=False)
    stand.until(lambda: any(isinstance(item, CodeSeen) for item in stand.all()))
    seen = next(item for item in stand.all() if isinstance(item, CodeSeen))
    assert seen.text == "MENTING TEST" and seen.frame is not None
    assert camera.fault() == "no_face_models" and camera.newest() is not None


def test_faces_are_compared_only_while_a_recognition_asks(stand: Stand) -> None:
    camera, correlation, holder = stand.start(), new_id(), new_id()
    stand.until(lambda: stand.scene.seq > 20)
    assert not stand.faces.checked and not stand.faces.searched
    camera.look_for(correlation, holder)
    stand.until(lambda: any(isinstance(item, FaceSeen) for item in stand.all()))
    camera.look_for(None, None)
    seen = next(item for item in stand.all() if isinstance(item, FaceSeen))
    assert (seen.correlation, set(stand.faces.checked)) == (correlation, {holder})
    assert len(stand.faces.checked) >= 3, "too few frames are no answer"


def test_frames_of_one_recognition_speak_in_no_other(stand: Stand) -> None:
    camera = stand.start()
    for turn in (1, 2):
        camera.look_for(new_id(), new_id())
        stand.until(lambda turn=turn: stand.faces.began_anew == turn)
        before = len(stand.faces.checked)
        stand.until(lambda before=before: len(stand.faces.checked) > before + 3)
    assert stand.faces.began_anew == 2


def test_a_pass_without_a_known_holder_has_no_face_to_compare_with(stand: Stand) -> None:
    camera = stand.start()
    camera.look_for(new_id(), None)
    stand.until(lambda: any(isinstance(item, FaceSeen) for item in stand.all()))
    seen = next(item for item in stand.all() if isinstance(item, FaceSeen))
    assert seen.result.status is FaceStatus.NO_REFERENCE and not stand.faces.checked


def test_somebody_who_stays_is_told_once_and_again_after_they_were_gone(stand: Stand) -> None:
    def told() -> int:
        return len([item for item in stand.all() if isinstance(item, FaceSeen)])

    stand.faces.result = FaceResult(status=FaceStatus.BELOW_THRESHOLD, score=0.1)
    stand.start(alone=True)
    stand.until(lambda: stand.faces.searched >= 10)
    assert told() == 1
    stand.faces.result = FaceResult(status=FaceStatus.NO_FACE)
    searched = stand.faces.searched
    stand.until(lambda: stand.faces.searched >= searched + 4)
    stand.faces.result = FaceResult(status=FaceStatus.BELOW_THRESHOLD, score=0.1)
    stand.until(lambda: told() == 2)


@pytest.mark.req("ACC-15")
def test_who_stays_after_the_answer_to_a_pass_is_no_face_alone_until_they_were_gone(stand: Stand) -> None:
    def alone() -> int:
        return len([item for item in stand.all() if isinstance(item, FaceSeen) and item.correlation is None])

    stand.faces.result = FaceResult(status=FaceStatus.SEVERAL_FACES)
    camera = stand.start(alone=True)
    camera.look_for(new_id(), new_id())
    stand.until(lambda: len(stand.faces.checked) > 3)
    camera.look_for(None, None)
    stand.until(lambda: stand.faces.searched >= 6)
    assert alone() == 0
    stand.faces.result = FaceResult(status=FaceStatus.NO_FACE)
    searched = stand.faces.searched
    stand.until(lambda: stand.faces.searched >= searched + 4)
    stand.faces.result = FaceResult(status=FaceStatus.BELOW_THRESHOLD, score=0.1)
    stand.until(lambda: alone() == 1)


@pytest.mark.req("ACC-10")
def test_beside_a_pass_a_match_is_told_with_its_proof_where_nothing_is_asked_of_anybody(stand: Stand) -> None:
    class Sees:
        asks, compares, passive = None, True, True
        frames = 0

        def begin(self, now: float) -> Sees:
            return self

        def see(self, frame: Frame, faces: object, mine: bool) -> Proof | None:
            self.frames += mine
            return Proof(Liveness.LIVE, "test-1") if self.frames == 3 else None

    stand.faces.result = FaceResult(status=FaceStatus.MATCHED, cardholder_id=new_id(), score=0.8)
    camera = stand.start(approach=Approach(stand.faces, lambda pixels: (), Sees()))
    camera.look_for(new_id(), new_id())
    stand.until(lambda: any(isinstance(item, FaceSeen) for item in stand.all()))
    told = [item.result for item in stand.all() if isinstance(item, FaceSeen)]
    assert [one.liveness for one in told] == [Liveness.LIVE] and len(stand.faces.checked) >= 9


@pytest.mark.req("ACC-09")
def test_whoever_showed_a_pass_is_told_what_is_wrong_while_their_face_is_looked_for(stand: Stand) -> None:
    def prompted() -> Say | None:
        return next((item.say for item in reversed(stand.all()) if isinstance(item, Prompt)), None)

    stand.faces.result = FaceResult(status=FaceStatus.LOW_QUALITY, quality="too_small")
    camera = stand.start()
    camera.look_for(new_id(), new_id())
    stand.until(lambda: prompted() is Say.COME_CLOSER)
    stand.faces.result = FaceResult(status=FaceStatus.SEVERAL_FACES)
    stand.until(lambda: prompted() is Say.ONE_AT_A_TIME)
    camera.look_for(new_id(), new_id())
    stand.faces.result = FaceResult(status=FaceStatus.BELOW_THRESHOLD, score=0.1)
    stand.until(lambda: prompted() is Say.NOTHING)


@pytest.mark.req("ACC-15")
def test_with_liveness_a_person_is_prompted_told_once_and_left_alone_while_the_door_is_open(stand: Stand) -> None:
    class Turns:
        asks, compares, passive = Turn.LEFT, True, False
        frames = 0

        def begin(self, now: float) -> Turns:
            return self

        def see(self, frame: Frame, faces: object, mine: bool) -> Proof | None:
            self.frames += 1
            return Proof(Liveness.LIVE, "test-1") if self.frames > 3 else None

    face = Face((0, 0, 9, 9), np.zeros((5, 2), np.float32), 0.9)
    stand.faces.result = FaceResult(status=FaceStatus.MATCHED, cardholder_id=new_id(), score=0.8)
    camera = stand.start(alone=True, approach=Approach(stand.faces, lambda pixels: (face,), Turns()))
    camera.rest(True)
    seen = stand.scene.seq
    stand.until(lambda: stand.scene.seq > seen + 20)
    searched = stand.faces.searched
    stand.until(lambda: stand.scene.seq > seen + 40)
    assert stand.faces.searched == searched, "nobody is looked for while the door is open"
    camera.rest(False)
    stand.until(lambda: any(isinstance(item, FaceSeen) for item in stand.all()))
    told = [item for item in stand.all() if isinstance(item, FaceSeen)]
    assert [one.result.liveness for one in told] == [Liveness.LIVE]
    stand.until(lambda: [item.say for item in stand.all() if isinstance(item, Prompt)] == [Say.TURN_LEFT, Say.NOTHING])


@pytest.mark.req("ACC-22")
def test_a_film_of_codes_leaves_the_thread_of_all_lanes_to_others(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody takes anything from the inbox: what waits there is bounded, and passes go before anything else."""
    token = PASS
    film = [*(f"CODE {number}" for number in range(8)), token]
    monkeypatch.setattr(module, "read_codes", lambda pixels: film)
    stand.start(faces=False)
    stand.until(lambda: stand.inbox.qsize() >= INBOX_MAX)
    stand.until(lambda: stand.scene.seq > 30)
    codes = [item.text for item in stand.all() if isinstance(item, CodeSeen)]
    assert len(codes) <= INBOX_MAX and codes[:2] == [token, "CODE 0"]


@pytest.mark.req("ACC-15")
@pytest.mark.parametrize("text", ["MENTING TEST", PASS])
def test_a_code_that_is_stuck_to_the_wall_holds_up_no_face(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(module, "PASS_SHOWN_S", 0.2)
    monkeypatch.setattr(module, "IDLE_LOOK_EVERY_S", 0.02)
    stand.scene.content = qr_pixels(text)
    stand.faces.result = FaceResult(status=FaceStatus.BELOW_THRESHOLD, score=0.1)
    stand.start(alone=True)
    stand.until(lambda: any(isinstance(item, FaceSeen) for item in stand.all()))
