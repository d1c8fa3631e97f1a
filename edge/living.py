"""What shows, at each lane, that a face belongs to a living person: put together from the site file."""

import queue
from functools import partial
from pathlib import Path

from devices.registry import open_camera
from edge.lane.approach import Approach, Searching
from edge.lane.companion import CompanionThread
from edge.lane.inbox import AlarmNote, Item
from edge.site import LaneSite
from edge.verify.face.detect import Detector
from edge.verify.face.embed import Embedder
from edge.verify.face.errors import FaceFault
from edge.verify.face.liveness.model import OwnModel
from edge.verify.face.liveness.nir import BesideInInfrared
from edge.verify.face.liveness.port import LivenessCheck
from edge.verify.face.liveness.turning import TurnTheHead
from edge.verify.face.weights import load
from models.wire.events import AlarmKind

SIMULATED = ("camera+folder:", "camera+file:")
"""Pictures from a disk are no infrared camera: whatever they show is told as simulated."""

PASSIVE = ("nir", "model")
"""Nothing is asked of anybody: here the face beside a pass has to be alive too."""


class Living:
    """The liveness checks of one node. `companions` are threads for whoever runs the node to start and stop."""

    def __init__(self, weights: Path, faces: Searching | None, inbox: "queue.Queue[Item]"):
        self._weights, self._faces, self._inbox = weights, faces, inbox
        self._detector: Detector | None = None
        self._embedder: Embedder | None = None
        self.companions: list[CompanionThread] = []

    def approach(self, lane: LaneSite, faces: Searching | None = None) -> Approach | None:
        """How this lane meets somebody without a pass, or beside one without asking anything of them; None where it
        asks for no liveness, or cannot tell it. `faces`: who searches for this lane, where that is not the node's own.

        Without face models, or with a liveness model that is not the one pinned, faces open nothing here: a pass is
        asked for, and central gets an alarm (SEC-18).
        """
        asked = lane.liveness in PASSIVE or (lane.liveness != "none" and lane.face_alone != "off")
        if not asked or self._faces is None:
            return None
        find = self._find().find
        check: LivenessCheck
        if lane.liveness == "nir":
            assert lane.camera_nir is not None
            companion = CompanionThread(lane.code, partial(open_camera, lane.camera_nir), self._inbox)
            self.companions.append(companion)
            check = BesideInInfrared(companion.pair, find, self._compare().alike, lane.camera_nir.startswith(SIMULATED))
        elif lane.liveness == "model":
            pinned = lane.liveness_model
            assert pinned is not None
            device = f"liveness_model {lane.code}"
            try:
                check = OwnModel.open(
                    pinned.file, pinned.sha256, pinned.threshold, pinned.input_px, pinned.crop, pinned.live_class
                )
            except FaceFault as error:
                self._inbox.put(AlarmNote(AlarmKind.DEVICE_FAULT, device=device, detail=str(error)[:300]))
                return None
            self._inbox.put(AlarmNote(AlarmKind.DEVICE_FAULT, over=True, device=device))
        else:
            check = TurnTheHead()
        return Approach(faces or self._faces, find, check)

    def _find(self) -> Detector:
        """A detector beside the checker's own: OpenCV's object lets one look at a time."""
        if self._detector is None:
            self._detector = Detector(load(self._weights))
        return self._detector

    def _compare(self) -> Embedder:
        """SFace, whichever backend compares with templates: its cosines are those that nir.py's limit is for."""
        if self._embedder is None:
            self._embedder = Embedder(load(self._weights))
        return self._embedder
