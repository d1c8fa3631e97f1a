"""Drawn plates in a drawn street, through the real networks: turned, blurred, small, cut; and pictures of nothing."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from devices.sim.plates import GREEN, YELLOW, board, street
from edge.verify.plate.approach import PlatesInView
from edge.verify.plate.ports import Located
from edge.verify.plate.reader import PlateReader
from edge.verify.plate.vote import Unfit, vote
from models.values.plate import PlateColour

DARK = (20, 20, 20)


@pytest.fixture(scope="module")
def reader(plate_weights_folder: Path) -> PlateReader:
    return PlateReader.open(plate_weights_folder)


@pytest.mark.req("LANE-01")
@pytest.mark.parametrize(
    ("frame", "text", "colour"),
    [
        (street(board("川A12345")), "川A12345", PlateColour.BLUE),
        (street(board("川B8K3H5")), "川B8K3H5", PlateColour.BLUE),
        (street(board("川A12345"), degrees=15), "川A12345", PlateColour.BLUE),
        (street(board("川A12345"), blur=2), "川A12345", PlateColour.BLUE),
        (street(board("川A12345", YELLOW, DARK)), "川A12345", PlateColour.YELLOW),
        (street(board("川AD12345", GREEN, DARK), width=260), "川AD12345", PlateColour.GREEN),
    ],
    ids=["plain", "other", "turned", "blurred", "yellow", "green"],
)
def test_a_drawn_plate_is_found_straightened_read_and_coloured(
    reader: PlateReader, frame: np.ndarray, text: str, colour: PlateColour
) -> None:
    (read,) = reader.read(frame)
    assert (read.text, read.colour, read.cut) == (text, colour, False)
    assert read.score > 0.5 and read.located > 0.6
    first, second, third, fourth = (np.array(corner) for corner in read.corners)
    assert 180 < np.linalg.norm(second - first) < 280 and 40 < np.linalg.norm(fourth - first) < 100
    assert np.allclose(np.mean([first, second, third, fourth], axis=0), (640, 420), atol=25)


@pytest.mark.req("LANE-05")
def test_a_province_that_is_a_blot_is_read_as_some_province_and_is_never_sure(reader: PlateReader) -> None:
    view = PlatesInView()
    for step in range(3):
        view = view.seen(reader.read(street(board("A12345"), middle=(640, 400 + 10 * step))), (1280, 720), step * 0.25)
    voted = vote(view.reads_since(0))
    assert voted.text[1:] == "A12345" and not voted.sure


@pytest.mark.req("LANE-04")
def test_a_plate_that_the_border_cuts_says_so_and_has_no_vote(reader: PlateReader) -> None:
    reads = reader.read(street(board("川A12345"), middle=(60, 420)))
    assert reads and reads[0].cut
    voted = vote(PlatesInView().seen(reads, (1280, 720), 0.0).reads_since(0))
    assert (voted.text, voted.left_out) == ("", {Unfit.CUT: 1})


@pytest.mark.req("LANE-03")
def test_an_approach_is_one_track_and_the_car_is_named(reader: PlateReader) -> None:
    view = PlatesInView()
    for step in range(4):
        frame = street(board("川A12345"), middle=(640, 300 + 45 * step), width=180 + 25 * step, blur=1.5, seed=step)
        view = view.seen(reader.read(frame), (1280, 720), step * 0.25)
    reads = view.reads_since(0)
    assert {read.track for read in reads} == {1} and all(one.frame < two.frame for one, two in pairwise(reads))
    voted = vote(reads)
    assert (voted.text, voted.frame) == ("川A12345", 4)


@pytest.mark.req("LANE-04")
@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((720, 1280, 3), np.uint8),
        np.full((40, 40, 3), 255, np.uint8),
        np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((4000, 2, 3), np.uint8),
        np.zeros((0, 10, 3), np.uint8),
    ],
    ids=["black", "white", "noise", "one pixel", "a thread", "empty"],
)
def test_a_picture_of_nothing_gives_nothing(reader: PlateReader, frame: np.ndarray) -> None:
    assert reader.read(frame) == ()


@pytest.mark.req("LANE-05")
@pytest.mark.parametrize("seed", range(3))
def test_garbage_at_a_place_called_a_plate_is_never_sure(plate_weights_folder: Path, seed: int) -> None:
    """Whatever the grammar makes of noise, its weakest character says that nothing was seen."""

    class Anywhere:
        def find(self, pixels: np.ndarray) -> tuple[Located, ...]:
            return (Located(((100.0, 100.0), (400.0, 100.0), (400.0, 200.0), (100.0, 200.0)), 1.0),)

    real = PlateReader.open(plate_weights_folder)
    frame = np.random.default_rng(seed).integers(0, 255, (480, 640, 3), np.uint8)
    reads = PlateReader(Anywhere(), real._recogniser).read(frame)
    assert all(read.score < 0.3 for read in reads)
