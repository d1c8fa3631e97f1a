"""Which plate of one frame is that of the last, and since when it has not moved: from reads to what a vote may count.

Pure. A plate is followed by where it is: a shift of less than its own width between two frames, or the same text not
far away. One that stands is anchored where it stood first, so that creeping by a hair in each frame counts as moving
only when it has come somewhere. The shell shows every frame it looks at, also while nobody is announced, at least one
each GONE_S: only so is a parked car known as one when another arrives (LANE-07).

    view = PlatesInView()
    view = view.seen(reader.read(pixels), size, now)       # each frame
    vote(view.reads_since(frame))                          # frame: view.frame when the approach began
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.verify.plate.ports import Box, PlateRead
from edge.verify.plate.vote import Limits, Read
from models.values.plate import differences

GONE_S = 5.0
READS_KEPT = 16
SHIFT_MAX = 1.0
"""In widths of the plate. At four frames a second a car at 10 km/h comes 0.7 m nearer, one to two widths; it is then
found by its text."""
SAME_TEXT_SHIFT_MAX = 4.0
SURE = Limits().sure_score
STILL_SHARE = 0.15
"""A plate that has come less than this share of its width from where it stood, has not moved."""


@dataclass(frozen=True, slots=True)
class PlateTrack:
    """One plate in view. `number` is its own for as long as the process runs; times in seconds, one clock.

    anchor: where it stood when it last had moved, and `anchored_at` when. reads: the newest, at most READS_KEPT.
    """

    number: int
    box: Box
    anchor: Box
    anchored_at: float
    seen_at: float
    reads: tuple[Read, ...] = ()


@dataclass(frozen=True, slots=True)
class PlatesInView:
    """Every plate in view. `born`: how many tracks there have been. `frame`: how many frames."""

    tracks: tuple[PlateTrack, ...] = ()
    born: int = 0
    frame: int = 0

    def seen(self, reads: Sequence[PlateRead], size: tuple[int, int], now: float) -> PlatesInView:
        """The view after one frame of `size` (width, height). A plate out of sight for longer than GONE_S has gone."""
        alive = [track for track in self.tracks if now - track.seen_at <= GONE_S]
        frame, born = self.frame + 1, self.born
        paired = _pair(alive, reads)
        tracks = [track for place, track in enumerate(alive) if place not in paired.values()]
        for number, read in enumerate(reads):
            if number in paired:
                track = alive[paired[number]]
            else:
                born += 1
                track = PlateTrack(born, read.box, read.box, now, now)
            tracks.append(_longer(track, read, frame, size, now))
        return PlatesInView(tuple(tracks), born, frame)

    def reads_since(self, frame: int) -> tuple[Read, ...]:
        """Of all plates, what was read in frames after this one."""
        return tuple(read for track in self.tracks for read in track.reads if read.frame > frame)


def _longer(track: PlateTrack, read: PlateRead, frame: int, size: tuple[int, int], now: float) -> PlateTrack:
    moved = _shift(track.anchor, read.box) > STILL_SHARE
    anchor, anchored_at = (read.box, now) if moved else (track.anchor, track.anchored_at)
    counted = Read(
        track=track.number,
        frame=frame,
        text=read.text,
        score=read.score,
        located=read.located,
        box=read.box,
        size=size,
        still_since_s=max(0.0, now - anchored_at),
    )
    kept = (*track.reads, counted)[-READS_KEPT:]
    return replace(track, box=read.box, anchor=anchor, anchored_at=anchored_at, seen_at=now, reads=kept)


def _pair(tracks: Sequence[PlateTrack], reads: Sequence[PlateRead]) -> dict[int, int]:
    """Which read goes on with which track: the nearest first, each once."""
    near = sorted(
        (_shift(track.box, read.box), number, place)
        for number, read in enumerate(reads)
        for place, track in enumerate(tracks)
        if _may_be(track, read)
    )
    paired: dict[int, int] = {}
    for _, number, place in near:
        if number not in paired and place not in paired.values():
            paired[number] = place
    return paired


def _may_be(track: PlateTrack, read: PlateRead) -> bool:
    shift, last = _shift(track.box, read.box), track.reads[-1]
    alike = differences(last.text, read.text) <= 1
    if not alike and min(last.score, read.score) >= SURE:
        return False  # the next of a queue stops where the last one stood, and must not be called parked for it
    return shift <= (SAME_TEXT_SHIFT_MAX if alike else SHIFT_MAX)


def _shift(one: Box, other: Box) -> float:
    """How far the middle has come and the width has grown, in widths of the first."""
    width = max(one[2] - one[0], 1.0)
    across = (other[0] + other[2] - one[0] - one[2]) / 2
    down = (other[1] + other[3] - one[1] - one[3]) / 2
    grown = (other[2] - other[0]) - (one[2] - one[0])
    return float(max(abs(across), abs(down), abs(grown))) / width
