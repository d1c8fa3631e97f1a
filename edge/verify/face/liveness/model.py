"""An operator's own network, pinned by the sha256 in the site file: nothing is shipped, so nothing is claimed for it.

How it is fed: a square around the middle of YuNet's box, `crop` times the longer side of that box, what lies beyond
the picture filled with black; resized to `input_px`; blue-green-red, 0..255, float32, 1 x 3 x input_px x input_px. Its
first output, one number for each class, is read as probabilities where they are some (0..1, sum 1), else through a
softmax; the mean of `live_class` over three frames on end is held against `threshold`: of one unbroken face, found in
each to be the cardholder's (`unbroken.py`). One thread.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from devices.named_file import read_named
from devices.ports import Frame, Pixels
from edge.verify.face.detect import Face
from edge.verify.face.errors import FaceFault, WeightsChanged, WeightsMissing
from edge.verify.face.liveness.port import Proof
from edge.verify.face.liveness.unbroken import Unbroken
from models.access.verification import Attack, Liveness

LOOKS = 3
LIMIT_S = 3.0
MODEL_BYTES_MAX = 500_000_000
"""A bound on what is read of a file that is none: networks that fit a gate are far smaller."""


class OwnModel:
    """One network. Safe to share between lanes."""

    def __init__(self, content: bytes, sha256: str, threshold: float, input_px: int, crop: float, live_class: int):
        """Raises WeightsChanged where `content` is not the file pinned, FaceFault where it is no such network."""
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise WeightsChanged(f"the liveness model has sha256 {found[:16]}…, but the site file names {sha256[:16]}…")
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        try:
            self._session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
            self._input = self._session.get_inputs()[0].name
        except Exception as error:  # onnxruntime raises classes of its own without a common root
            told = f"活体模型打不开 / the liveness model cannot be loaded: {str(error)[:200]}"
            raise FaceFault(told) from error
        self.threshold, self._px, self._crop, self._live = threshold, input_px, crop, live_class
        self.name = f"model-{found[:12]}"
        self._try(np.zeros((self._px, self._px, 3), np.uint8))

    @classmethod
    def open(cls, path: Path, sha256: str, threshold: float, input_px: int, crop: float, live_class: int) -> OwnModel:
        """Raises WeightsMissing, WeightsChanged, FaceFault."""
        try:
            content = read_named(path, MODEL_BYTES_MAX)
        except OSError as error:
            raise WeightsMissing(f"the liveness model {path} cannot be read ({error.strerror})") from error
        return cls(content, sha256, threshold, input_px, crop, live_class)

    passive = True

    def begin(self, now: float) -> Judging:
        return Judging(self, now + LIMIT_S)

    def score(self, pixels: Pixels, face: Face) -> float:
        """How sure the network is that this face is alive, 0..1."""
        return self._run(cropped(pixels, face, self._crop, self._px))

    def _try(self, blank: Pixels) -> None:
        """One run when it is opened: a network of another shape is found out at start, not in front of a person."""
        try:
            self._run(blank)
        except Exception as error:  # onnxruntime's own classes again, and numpy's where the shape is another
            raise FaceFault(f"the liveness model does not take what it is fed: {str(error)[:200]}") from error

    def _run(self, crop: Pixels) -> float:
        fed = np.ascontiguousarray(crop.transpose(2, 0, 1)[None], dtype=np.float32)
        out = np.asarray(self._session.run(None, {self._input: fed})[0], np.float64).reshape(-1)
        return float(probabilities(out)[self._live])


class Judging:
    """One person, under way."""

    asks = None
    compares = True

    def __init__(self, model: OwnModel, until: float):
        self._model, self._until = model, until
        self._looks: Unbroken[float] = Unbroken()

    def see(self, frame: Frame, faces: tuple[Face, ...], mine: bool) -> Proof | None:
        face = faces[0] if mine and faces else None
        self._looks = self._looks.look(face.box if face else None, frame.taken_at)
        if face is not None:
            self._looks = self._looks.tell(self._model.score(frame.pixels, face))
        if len(self._looks.told) >= LOOKS:
            alive = float(np.mean(self._looks.told)) >= self._model.threshold
            attack = None if alive else Attack.UNKNOWN
            return Proof(Liveness.LIVE if alive else Liveness.SPOOF, self._model.name, attack)
        return Proof(Liveness.NOT_MEASURED, self._model.name) if frame.taken_at > self._until else None


def cropped(pixels: Pixels, face: Face, crop: float, px: int) -> Pixels:
    """The square that the network sees."""
    x, y, wide, high = face.box
    side = crop * max(wide, high)
    left, top = x + wide / 2 - side / 2, y + high / 2 - side / 2
    scale = px / side
    place = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    return cv2.warpAffine(pixels, place, (px, px), flags=cv2.INTER_LINEAR).astype(np.uint8, copy=False)


def probabilities(out: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The classes' shares of 1. Raises FaceFault for what is no number."""
    if not np.isfinite(out).all():
        raise FaceFault("the liveness model gave something that is no number")
    if out.min() >= 0 and abs(float(out.sum()) - 1) < 1e-3:
        return out
    grown = np.exp(out - out.max())
    return np.asarray(grown / grown.sum())
