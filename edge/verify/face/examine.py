"""From one frame to one probe, or to why there is none: detect, choose, judge, align, embed, in this order.

One FaceReader holds both networks (about 150 MB, half a second to build). It may be shared between threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from devices.ports import Pixels
from edge.verify.face import weights
from edge.verify.face.align import align
from edge.verify.face.backend import DLIB, SFACE, Embedder, model_of
from edge.verify.face.detect import Detector, Face
from edge.verify.face.embed import Embedder as SFaceEmbedder
from edge.verify.face.match import Probe
from edge.verify.face.quality import ANYBODY, AT_ENROLMENT, AT_THE_GATE, Limits, Unfit, choose, judge, measured
from models.access.probe import ProbeQuality

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """What a frame gave. Exactly one of `probe` and `unfit` is set; `face` is the one meant, where there is one, and
    `quality` how a fit one was seen."""

    probe: Probe | None
    unfit: Unfit | None
    face: Face | None
    quality: ProbeQuality | None = None


class FaceReader:
    """The detector and one embedder, loaded from checked weights."""

    def __init__(self, loaded: weights.LoadedWeights, embedder: Embedder | None = None) -> None:
        """`embedder`: another than SFace."""
        self._detector = Detector(loaded)
        self._embedder: Embedder = embedder or SFaceEmbedder(loaded)
        self.model = self._embedder.model

    @classmethod
    def open(cls, folder: Path, backend: str = SFACE) -> FaceReader:
        """From the folder that set-up prepared. Raises WeightsMissing or WeightsChanged (SEC-18), KeyError for a
        backend there is not."""
        model_of(backend)
        loaded = weights.load(folder)
        if backend == DLIB:
            from edge.verify.face.dlib_embedder import DlibEmbedder

            return cls(loaded, DlibEmbedder())
        return cls(loaded)

    def examine(self, pixels: Pixels, limits: Limits = AT_THE_GATE, reference: bool = False) -> Examined:
        """Look at one frame. An unfit face is never embedded, so it cannot reach the matcher (ACC-09).

        `reference`: embed it as an enrolment photo, with more care than a frame at the gate has time for.
        """
        chosen = choose(self._detector.find(pixels, careful=reference), limits)
        if isinstance(chosen, Unfit):
            return Examined(probe=None, unfit=chosen, face=None)
        return self._embedded(pixels, chosen, align(pixels, chosen.landmarks), limits, reference)

    def _embedded(self, pixels: Pixels, face: Face, crop: Pixels, limits: Limits, reference: bool) -> Examined:
        unfit = judge(crop, limits)
        if unfit is not None:
            return Examined(probe=None, unfit=unfit, face=face)
        embed = self._embedder.reference if reference else self._embedder.probe
        return Examined(Probe(embed(pixels, face), self.model), None, face, measured(face, crop))

    def is_upright(self, pixels: Pixels, face: Face) -> bool:
        """False where the face is found with more certainty after turning the picture by a quarter or a half.

        YuNet also finds faces on their side or head, and then gives landmarks of an upright face that is not there:
        of 300 photos turned by half, 229 would have been enrolled as somebody nobody can match. This refuses them
        all, all 149 that passed after a quarter turn, and none of the 250 upright ones. For enrolment: three looks.
        """
        turned = (
            self._detector.find(np.ascontiguousarray(np.rot90(pixels, turns)), careful=True) for turns in (1, 2, 3)
        )
        return all(other.score <= face.score for faces in turned for other in faces[:1])

    def is_fit_when_turned(self, pixels: Pixels, found: Face | None) -> bool:
        """Whether a picture in which nobody is fit shows a fit face after turning it by a quarter or a half, found with
        more certainty than `found`, which was there before. For enrolment: up to three looks, to say what is wrong."""
        least = found.score if found is not None else 0.0
        for turns in (1, 2, 3):
            examined = self.examine(np.ascontiguousarray(np.rot90(pixels, turns)), AT_ENROLMENT)
            if examined.unfit is None and examined.face is not None and examined.face.score > least:
                return True
        return False

    def one_box(self, pixels: Pixels) -> Box | None:
        """Where the one face is: x, y, width, height in pixels; None for nobody or several. For cropping only."""
        chosen = choose(self._detector.find(pixels), ANYBODY)
        return None if isinstance(chosen, Unfit) else chosen.box
