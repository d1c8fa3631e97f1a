"""Who stands in view, over several frames: which faces of one frame are those of the last, and when they are enough.

Pure. A face is followed by where its box overlaps and by whose it is: somebody who steps into another's place begins
anew, so that two people are never averaged. Two people at once are two tracks.

    view = InView()
    view = view.seen(sightings, now)                # each frame
    for track in view.tracks:                       # the nearest first
        probe = fused(track)                        # None until enough fit frames of this one person
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np

from edge.verify.face.embed import unit
from edge.verify.face.match import Probe
from edge.verify.face.quality import Unfit

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels."""

FRAMES_MIN = 3
FRAMES_KEPT = 8
GONE_S = 2.0
"""Longer than the second between two looks while nobody is there (ACC-15)."""
OVERLAP_MIN = 0.3
"""Intersection over union. At four frames a second a walking face still overlaps itself by more than half."""
SAME_FACE_MIN = 0.422
"""A frame this near to the mean of its track goes on with it: one in 10,000 pairs of strangers comes so near. A
frame that falls below by chance costs the frames gathered until then, never a wrong name."""


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One face of one frame: exactly one of `probe` and `unfit`."""

    box: Box
    probe: Probe | None
    unfit: Unfit | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One person in view. `number` is theirs alone for as long as the process runs; times in seconds, one clock.

    `probes`: the newest fit frames, at most FRAMES_KEPT. `unfit`: what is wrong with the newest frame.
    """

    number: int
    box: Box
    since: float
    seen_at: float
    probes: tuple[Probe, ...] = ()
    unfit: Unfit | None = None


@dataclass(frozen=True, slots=True, eq=False)
class InView:
    """Everybody in view, the nearest (largest box) first. `born`: how many tracks there have been. `about`: the
    recognition, beside a pass, card or PIN, for which whoever stands there is looked at."""

    tracks: tuple[Track, ...] = ()
    born: int = 0
    about: UUID | None = None

    def seen(self, sightings: Sequence[Sighting], now: float) -> InView:
        """The view after a frame that showed `sightings`. Tracks out of sight for GONE_S end."""
        here = tuple(track for track in self.tracks if now - track.seen_at < GONE_S)
        going_on = _pair(here, sightings)
        tracks = [track for n, track in enumerate(here) if n not in going_on]
        tracks += [_longer(here[n], sighting, now) for n, sighting in going_on.items()]
        kept = {id(sighting) for sighting in going_on.values()}
        fresh = [sighting for sighting in sightings if id(sighting) not in kept]
        # whoever was followed in this place has gone, or has been replaced by somebody else
        tracks = [track for track in tracks if track.seen_at == now or not _replaced(track, fresh)]
        for number, sighting in enumerate(fresh, start=self.born + 1):
            tracks.append(_longer(Track(number, sighting.box, now, now), sighting, now))
        nearest_first = tuple(sorted(tracks, key=lambda track: _area(track.box), reverse=True))
        return replace(self, tracks=nearest_first, born=self.born + len(fresh))


def fused(track: Track, frames_min: int = FRAMES_MIN) -> Probe | None:
    """The normalised mean of a track's fit frames; None while there are fewer than `frames_min`, or one is missing now.

    The newest frame must be fit: a decision is about who stands there, not about who stood there.
    """
    if track.unfit is not None or len(track.probes) < max(1, frames_min):
        return None
    return Probe(unit(np.mean([probe.vector for probe in track.probes], axis=0)), track.probes[-1].model)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0 to 1."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(wide, 0.0) * max(high, 0.0)
    whole = _area(one) + _area(other) - shared
    return shared / whole if whole > 0 else 0.0


def _pair(tracks: tuple[Track, ...], sightings: Sequence[Sighting]) -> dict[int, Sighting]:
    """Which track each sighting goes on with: the best overlaps first, each once."""
    near = sorted(
        (
            (overlap(track.box, sighting.box), n, m)
            for n, track in enumerate(tracks)
            for m, sighting in enumerate(sightings)
            if _may_be(track, sighting)
        ),
        key=lambda found: (-found[0], found[1], found[2]),
    )
    paired: dict[int, Sighting] = {}
    taken: set[int] = set()
    for share, n, m in near:
        if share >= OVERLAP_MIN and n not in paired and m not in taken:
            paired[n] = sightings[m]
            taken.add(m)
    return paired


def _may_be(track: Track, sighting: Sighting) -> bool:
    """Whether the sighting could be the track's person. An unfit one could be anybody's."""
    if sighting.probe is None or not track.probes:
        return True
    mean = np.mean([probe.vector for probe in track.probes], axis=0)
    length = float(np.linalg.norm(mean))
    same_model = sighting.probe.model == track.probes[-1].model
    return same_model and length > 0 and float(mean @ sighting.probe.vector) / length >= SAME_FACE_MIN


def _longer(track: Track, sighting: Sighting, now: float) -> Track:
    probes = (*track.probes, sighting.probe)[-FRAMES_KEPT:] if sighting.probe is not None else track.probes
    return replace(track, box=sighting.box, seen_at=now, probes=probes, unfit=sighting.unfit)


def _replaced(track: Track, fresh: Sequence[Sighting]) -> bool:
    return any(overlap(track.box, sighting.box) >= OVERLAP_MIN for sighting in fresh)


def _area(box: Box) -> float:
    return box[2] * box[3]
