"""The colour of a plate, from its pixels and its form together. Pure.

Pixels alone take a reflection for white, and an infrared lamp makes every plate grey; the form alone cannot tell blue
from yellow. So each form allows some colours, and the pixels choose among them or contradict.
"""

from __future__ import annotations

import cv2
import numpy as np

from devices.ports import Pixels
from models.values.plate import PlateColour, PlateKind, kind_of

COLOURFUL_MIN = 0.25
"""The share of pixels with a hue, below which the picture says nothing about blue, yellow or green."""
LIGHT_GROUND_MIN = 0.55
"""Measured: all 13 yellow plates of street photos had 0.58 to 0.77; of 493 blue crops six had more than 0.53."""
_SATURATION_MIN, _VALUE_MIN = 70, 45
_HUES = {PlateColour.BLUE: (95, 135), PlateColour.YELLOW: (12, 34), PlateColour.GREEN: (35, 94)}
"""OpenCV's half degrees."""

_ONE_COLOUR = {
    PlateKind.POLICE: PlateColour.WHITE,
    PlateKind.LEARNER: PlateColour.YELLOW,
    PlateKind.TRAILER: PlateColour.YELLOW,
    PlateKind.CONSULATE: PlateColour.BLACK,
    PlateKind.BORDER: PlateColour.BLACK,
}


def hue_of(crop: Pixels) -> PlateColour:
    """Blue, yellow or green, whichever most of the colourful pixels are; UNKNOWN where few have a colour.

    Under sodium or green lamps a blue plate looks yellow or green; its characters are then still lighter than their
    ground, while those of yellow and green plates are darker. Where hue and this contradict, nothing is named.
    """
    hue, saturation, value = cv2.split(cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_BGR2HSV))
    colourful = (saturation >= _SATURATION_MIN) & (value >= _VALUE_MIN)
    shares = {colour: float((colourful & (hue >= low) & (hue <= high)).mean()) for colour, (low, high) in _HUES.items()}
    most = max(shares, key=lambda colour: shares[colour])
    lit = most is PlateColour.BLUE or light_share(crop) >= LIGHT_GROUND_MIN
    return most if shares[most] >= COLOURFUL_MIN and lit else PlateColour.UNKNOWN


def light_share(crop: Pixels) -> float:
    """How much of the plate's inside is on the lighter side of what parts it best, after slow shading is taken off."""
    grey = cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_BGR2GRAY)
    height, width = grey.shape
    inside = grey[height * 22 // 100 : height * 78 // 100, width * 6 // 100 : width * 94 // 100].astype(np.float32)
    flat = cv2.normalize(inside - cv2.blur(inside, (61, 61)), np.empty(0), 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    return float((cv2.threshold(flat, 0, 255, cv2.THRESH_OTSU)[1] > 0).mean())


def colour_of(text: str, seen: PlateColour) -> tuple[PlateColour, bool]:
    """The plate's colour, and whether pixels and form agree. `seen`: from `hue_of`.

    Seven characters on green are eight of which one was lost; eight on blue or yellow are seven and a screw. A plate of
    new energy is green with the letter in front (small) and yellow and green with the letter at the end (large). What
    is white or black has no hue to see; it is not named where the form does not say so.
    """
    kind = kind_of(text)
    if kind is PlateKind.NEW_ENERGY:
        large = text[-1].isalpha()
        whole = PlateColour.YELLOW_GREEN if large else PlateColour.GREEN
        fits = {PlateColour.GREEN, PlateColour.UNKNOWN} | ({PlateColour.YELLOW} if large else set())
        return (whole, True) if seen in fits else (PlateColour.UNKNOWN, False)
    if kind in _ONE_COLOUR:
        colour = _ONE_COLOUR[kind]
        return (colour, True) if seen in (colour, PlateColour.UNKNOWN) else (PlateColour.UNKNOWN, False)
    return (PlateColour.UNKNOWN, False) if seen is PlateColour.GREEN else (seen, True)
