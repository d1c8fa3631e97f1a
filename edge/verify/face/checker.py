"""Faces for the lanes: frames in, a FaceResult out, against the templates that this node keeps.

A template is unsealed for each one-to-one check and not kept in memory; the gallery for one-to-many lives in memory
while the node runs and follows the templates' file.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from devices.ports import Pixels
from edge.store.templates import Templates
from edge.verify.face.backend import SFACE
from edge.verify.face.errors import UnknownModel
from edge.verify.face.examine import FaceReader
from edge.verify.face.gallery import Gallery
from edge.verify.face.match import Probe, match_one, search
from edge.verify.face.quality import Unfit
from edge.verify.face.result import result_of, result_of_unfit
from edge.verify.face.site_thresholds import SiteThresholds, read_site_thresholds
from edge.verify.face.template import Template, template_from_bytes
from edge.verify.face.thresholds import search_threshold, verify_threshold
from edge.verify.face.track import InView, Sighting, fused
from models.access.verification import FaceResult, FaceStatus

log = logging.getLogger(__name__)

Box = tuple[float, float, float, float]
Saw = Callable[[Sighting], None]
"""Is shown each face that is looked at, beside the comparison: returns nothing, raises nothing, changes nothing."""


class FaceChecker:
    """Safe to share between camera threads."""

    def __init__(self, reader: FaceReader, templates: Templates, site: SiteThresholds | None = None):
        """`site`: what scripts/calibrate measured here."""
        self._reader, self._templates, self._site = reader, templates, site
        self._lock = threading.Lock()
        self._gallery: Gallery | None = None
        self._gallery_of: object = None
        self._photos_max = 1

    @classmethod
    def open(
        cls, weights: Path, templates: Templates, backend: str = SFACE, node_folder: Path | None = None
    ) -> FaceChecker:
        """`node_folder`: where the site's own thresholds lie, if it was calibrated. Raises WeightsMissing or
        WeightsChanged."""
        site = read_site_thresholds(node_folder) if node_folder is not None else None
        return cls(FaceReader.open(weights, backend), templates, site)

    @property
    def reader(self) -> FaceReader:
        """The networks themselves, to be shared: they are large."""
        return self._reader

    @property
    def site(self) -> SiteThresholds | None:
        """What was measured at this site; None: the thresholds as delivered stand."""
        return self._site

    def use(self, site: SiteThresholds) -> None:
        """Compare with these from now on."""
        self._site = site

    def follow(
        self, view: InView, pixels: Pixels, now: float, cardholder_id: UUID, saw: Saw | None = None
    ) -> tuple[InView, FaceResult | None]:
        """One more frame of whoever stands there while a pass, card or PIN names `cardholder_id`; `now` in seconds.

        Returns the view to go on with, and the answer: None while there are too few fit frames of one person; what to
        do better at once. A template of another model counts as none (SEC-18).
        """
        template = self._template(cardholder_id)
        if template is None:
            return view, FaceResult(status=FaceStatus.NO_REFERENCE, model=self._short_model, frames=0)
        seen = self._reader.examine(pixels)
        if seen.face is None:
            return view, result_of_unfit(seen.unfit or Unfit.NO_FACE, self._short_model)
        sighting = Sighting(seen.face.box, seen.probe, seen.unfit)
        if saw is not None:
            saw(sighting)
        view = view.seen([sighting], now)
        track = next(track for track in view.tracks if track.seen_at == now)
        if track.unfit is not None:
            return view, result_of_unfit(track.unfit, self._short_model, max(1, len(track.probes)))
        probe = fused(track)
        if probe is None:
            return view, None
        result = self._verified(probe, cardholder_id, template, len(track.probes))
        return view, result.model_copy(update={"probe_quality": seen.quality})

    def search(self, pixels: Pixels, saw: Saw | None = None) -> FaceResult:
        """Who might this be, on one frame? For a guard to look at; opens nothing. Raises OneToOneOnly with dlib."""
        gallery = self._current_gallery()
        examined = self._reader.examine(pixels)
        if saw is not None and examined.face is not None:
            saw(Sighting(examined.face.box, examined.probe, examined.unfit))
        if examined.probe is None:
            return result_of_unfit(examined.unfit or Unfit.NO_FACE, self._short_model, one_to_many=True)
        return self._found(examined.probe, gallery).model_copy(update={"probe_quality": examined.quality})

    def one_face(self, pixels: Pixels) -> Box | None:
        """Where the one face of a picture is, for cropping; None for nobody or several."""
        return self._reader.one_box(pixels)

    def _template(self, cardholder_id: UUID) -> Template | None:
        stored = self._templates.get(cardholder_id)
        return template_from_bytes(*stored) if stored is not None and stored[1] == self._reader.model else None

    def _verified(self, probe: Probe, cardholder_id: UUID, template: Template, frames: int) -> FaceResult:
        match = match_one(probe, template, verify_threshold(template.model, template.photos, frames, site=self._site))
        named = cardholder_id if match.status is FaceStatus.MATCHED else None
        return result_of(match, self._short_model, frames).model_copy(update={"cardholder_id": named})

    def _found(self, probe: Probe, gallery: Gallery) -> FaceResult:
        try:
            threshold = search_threshold(gallery.model, max(1, len(gallery)), self._photos_max, site=self._site)
        except UnknownModel as error:
            log.warning("no search among %d templates: %s", len(gallery), error)
            return FaceResult(status=FaceStatus.NO_REFERENCE, one_to_many=True, model=self._short_model)
        return result_of(search(probe, gallery, threshold), self._short_model)

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
