"""What shows liveness at a lane is what its site file names; what is not the pinned one opens nothing."""

from __future__ import annotations

import queue
from pathlib import Path
from typing import Any

import pytest

from devices.ports import Pixels
from edge.lane.approach import Approach
from edge.lane.inbox import AlarmNote, Item
from edge.living import Living
from edge.site import LaneSite
from edge.verify.face.detect import Face
from models.access.verification import FaceResult, FaceStatus
from models.wire.events import AlarmKind


class Faces:
    def search(self, pixels: Pixels) -> FaceResult:
        return FaceResult(status=FaceStatus.NO_FACE)


class NoDetector:
    def find(self, pixels: Pixels) -> tuple[Face, ...]:
        return ()


class NoEmbedder:
    def alike(self, pixels: Pixels, face: Face, other: Pixels, its_face: Face) -> float:
        return 0.0


def a_lane(folder: Path, **more: Any) -> LaneSite:
    table = {
        "code": "east-in", "name": "东门", "direction": "in", "fail": "secure",
        "relay": "modbus+serial:///dev/ttyUSB0?profile=waveshare-8", "camera": f"camera+folder://{folder}",
    }  # fmt: skip
    return LaneSite.model_validate(table | more)


@pytest.fixture
def inbox() -> queue.Queue[Item]:
    return queue.Queue()


@pytest.fixture
def living(tmp_path: Path, inbox: queue.Queue[Item], monkeypatch: pytest.MonkeyPatch) -> Living:
    made = Living(tmp_path, Faces(), inbox)
    monkeypatch.setattr(made, "_find", NoDetector)
    monkeypatch.setattr(made, "_compare", NoEmbedder)
    return made


def test_a_lane_gets_what_it_names_and_nothing_where_faces_are_off(living: Living, tmp_path: Path) -> None:
    assert living.approach(a_lane(tmp_path)) is None
    assert living.approach(a_lane(tmp_path, liveness="challenge")) is None, "face_alone is off"
    assert isinstance(living.approach(a_lane(tmp_path, liveness="challenge", face_alone="refer")), Approach)
    assert not living.companions
    second = tmp_path / "infrared"
    second.mkdir()
    beside = {"liveness": "nir", "camera_nir": f"camera+folder://{second}", "face_alone": "open"}
    assert isinstance(living.approach(a_lane(tmp_path, **beside)), Approach)
    only_beside_a_pass = living.approach(a_lane(tmp_path, **beside | {"code": "east-out", "face_alone": "off"}))
    assert only_beside_a_pass is not None and only_beside_a_pass.beside_pass() is not None
    assert len(living.companions) == 2 and living.companions[0].pair(1.0) is None


def test_without_face_models_nothing_is_proved(tmp_path: Path, inbox: queue.Queue[Item]) -> None:
    lane = a_lane(tmp_path, liveness="challenge", face_alone="open")
    assert Living(tmp_path, None, inbox).approach(lane) is None


@pytest.mark.req("SEC-18")
def test_a_changed_liveness_model_opens_nothing_and_raises_an_alarm(
    living: Living, tmp_path: Path, inbox: queue.Queue[Item]
) -> None:
    (tmp_path / "live.onnx").write_bytes(b"another")
    pinned = {"file": str(tmp_path / "live.onnx"), "sha256": "00" * 32, "threshold": 0.9}
    lane = a_lane(tmp_path, liveness="model", face_alone="open", liveness_model=pinned)
    assert living.approach(lane) is None
    note = inbox.get_nowait()
    assert isinstance(note, AlarmNote) and note.alarm is AlarmKind.DEVICE_FAULT and not note.over
    assert note.device == "liveness_model east-in" and "sha256" in (note.detail or "")
