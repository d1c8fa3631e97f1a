"""One lane's lookout: each face that the lane compares anyway is held against the watch group too (ACC-30).

One frame alarms nobody. As beside a pass, a face is followed from frame to frame, and its mean over at least FRAMES_MIN
fit frames is compared: where somebody only stands there, looked at once a second, the alarm comes with the third look.

It stands beside the comparison and can neither change nor stop it: it is handed a copy of what was seen, answers
nothing, and what breaks in here is told as a fault. Faces that a lane does not compare, it does not see either: where
passes are enough nobody is looked at, where a pass wants its holder's face only who is enrolled; where a face alone is
looked at, everybody who comes near.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from uuid import UUID

from devices.ports import Pixels
from edge.journal.entry import Entry
from edge.lane.inbox import AlarmNote, Item, Note
from edge.verify.face.checker import FaceChecker
from edge.verify.face.track import InView, Sighting, fused
from edge.watch_group.group import Hit, WatchGroup
from models.access.verification import FaceResult
from models.values.ids import new_id
from models.wire.events import Alarm, AlarmKind

AGAIN_S = 60.0
"""So long the same entry at the same lane is one alarm, or one of the face alone and one of the pass that came with it:
a face in view is compared many times."""

log = logging.getLogger(__name__)


class Lookout:
    """`saw` is for one camera's thread."""

    def __init__(
        self, lane_id: UUID, group: WatchGroup, put: Callable[[Item], None], mono: Callable[[], float] = time.monotonic
    ) -> None:
        """`put`: into the gate's inbox."""
        self._lane_id, self._group, self._put, self._mono = lane_id, group, put, mono
        self._told: dict[UUID, tuple[float, bool]] = {}  # when, and whether along with a recognition
        self._broken = False
        self._view = InView()

    def saw(self, sighting: Sighting, about: UUID | None = None) -> None:
        """Never raises: the lane goes on deciding whatever is wrong with the watch group. `about`: the recognition for
        which the lane compared this very face; a hit is told along with it, so that nobody else's picture is taken for
        theirs. None where a face alone is looked at: nobody knows yet whether it becomes one.

        What was seen of somebody is kept in memory alone, the newest frames' numbers, until somebody else is seen
        after they have gone.
        """
        try:
            hit = self._hit(sighting)
        except Exception as error:  # an operator's fault or ours: told, and no decision knows of it
            if not self._broken:
                log.exception("the watch group is not looked out for")
                self._put(AlarmNote(AlarmKind.DEVICE_FAULT, device="watch_group", detail=str(error)[:300]))
            self._broken = True
            return
        if self._broken:
            self._broken = False
            self._put(AlarmNote(AlarmKind.DEVICE_FAULT, over=True, device="watch_group"))
        if hit is not None:
            self._tell(hit, about)

    def _hit(self, sighting: Sighting) -> Hit | None:
        self._view = self._view.seen([sighting], self._mono())
        track = next((one for one in self._view.tracks if one.probes and one.probes[-1] is sighting.probe), None)
        probe = fused(track) if track is not None else None
        return None if track is None or probe is None else self._group.look(probe, len(track.probes))

    def _tell(self, hit: Hit, about: UUID | None) -> None:
        """Told once in a while; but who was seen as a face alone and shows a pass then is told with that pass as well,
        so that the alarm leads to it."""
        now, entry_id = self._mono(), hit.entry.entry_id
        told = {entry: one for entry, one in self._told.items() if now - one[0] < AGAIN_S}
        if entry_id in told and (told[entry_id][1] or about is None):
            return
        self._told = told | {entry_id: (now, about is not None)}
        body = Alarm(
            alarm=AlarmKind.WATCH_GROUP, device=str(hit.entry.number), detail=f"{hit.entry.ground} {hit.score:.3f}"
        )
        self._put(Note(Entry(body=body, correlation=about or new_id(), lane_id=self._lane_id)))


class WatchedFaces:
    """The lane's comparisons as they are, each shown to its lookout."""

    def __init__(self, faces: FaceChecker, lookout: Lookout) -> None:
        self._faces, self._saw = faces, lookout.saw

    def follow(self, view: InView, pixels: Pixels, now: float, cardholder_id: UUID) -> tuple[InView, FaceResult | None]:
        return self._faces.follow(view, pixels, now, cardholder_id, partial(self._saw, about=view.about))

    def search(self, pixels: Pixels) -> FaceResult:
        return self._faces.search(pixels, self._saw)
