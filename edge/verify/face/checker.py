"""Faces for the lanes: one frame in, a FaceResult out, against the templates that this node keeps.

A template is unsealed for each one-to-one check and not kept in memory; the gallery for one-to-many lives in memory
while the node runs and follows the templates' file.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from uuid import UUID

from devices.ports import Pixels
from edge.store.templates import Templates
from edge.verify.face.errors import UnknownModel
from edge.verify.face.examine import FaceReader
from edge.verify.face.gallery import Gallery
from edge.verify.face.match import FaceMatch, match_one, search
from edge.verify.face.quality import Unfit
from edge.verify.face.result import result_of, result_of_unfit
from edge.verify.face.template import Template, template_from_bytes
from edge.verify.face.thresholds import search_threshold, verify_threshold
from edge.verify.face.weights import MODEL
from models.access.verification import FaceResult, FaceStatus

log = logging.getLogger(__name__)

Box = tuple[float, float, float, float]


class FaceChecker:
    """Safe to share between camera threads."""

    def __init__(self, reader: FaceReader, templates: Templates):
        self._reader, self._templates = reader, templates
        self._lock = threading.Lock()
        self._gallery: Gallery | None = None
        self._gallery_of: object = None
        self._photos_max = 1

    @classmethod
    def open(cls, weights: Path, templates: Templates) -> FaceChecker:
        """Raises WeightsMissing or WeightsChanged."""
        return cls(FaceReader.open(weights), templates)

    @property
    def reader(self) -> FaceReader:
        """The networks themselves, to be shared: they are large."""
        return self._reader

    def check(self, pixels: Pixels, cardholder_id: UUID) -> FaceResult:
        """Is this the cardholder? A template of another model counts as none: it cannot be compared (SEC-18)."""
        stored = self._templates.get(cardholder_id)
        template = template_from_bytes(*stored) if stored is not None and stored[1] == self._reader.model else None
        if template is None:
            return FaceResult(status=FaceStatus.NO_REFERENCE, model=self._short_model, frames=0)
        examined = self._reader.examine(pixels)
        if examined.probe is None:
            return result_of_unfit(examined.unfit or Unfit.NO_FACE, self._short_model)
        match = match_one(examined.probe, template, verify_threshold(MODEL, template.photos))
        result = result_of(match, self._short_model)
        return (
            result.model_copy(update={"cardholder_id": cardholder_id}) if match.status is FaceStatus.MATCHED else result
        )

    def search(self, pixels: Pixels) -> FaceResult:
        """Who might this be? For a guard to look at; opens nothing."""
        examined = self._reader.examine(pixels)
        if examined.probe is None:
            return result_of_unfit(examined.unfit or Unfit.NO_FACE, self._short_model, one_to_many=True)
        gallery = self._current_gallery()
        try:
            threshold = search_threshold(MODEL, max(1, len(gallery)), self._photos_max)
        except UnknownModel as error:
            log.warning("no search among %d templates: %s", len(gallery), error)
            return FaceResult(status=FaceStatus.NO_REFERENCE, one_to_many=True, model=self._short_model)
        match: FaceMatch = search(examined.probe, gallery, threshold)
        return result_of(match, self._short_model)

    def one_face(self, pixels: Pixels) -> Box | None:
        """Where the one face of a picture is, for cropping; None for nobody or several."""
        return self._reader.one_box(pixels)

    @property
    def _short_model(self) -> str:
        return self._reader.model[:16]

    def _current_gallery(self) -> Gallery:
        with self._lock:
            state = self._templates.state()
            if self._gallery is None or state != self._gallery_of:
                people: list[tuple[UUID, Template]] = [
                    (person, template_from_bytes(content, model))
                    for person, content, model in self._templates.all()
                    if model == self._reader.model
                ]
                self._gallery, self._gallery_of = Gallery(self._reader.model, people), state
                self._photos_max = max((template.photos for _, template in people), default=1)
            return self._gallery
