"""The place the demo's camera looks at: a gate lobby of plain shapes, drawn by code."""

from __future__ import annotations

import cv2
import numpy as np

HEIGHT, WIDTH = 720, 1280


def lobby(rng: np.random.Generator) -> np.ndarray:
    """720 x 1280 x 3, blue-green-red, float32 0..255: a wall, a glass door, a floor, a lamp."""
    picture = np.empty((HEIGHT, WIDTH, 3), np.float32)
    down = np.linspace(0.0, 1.0, HEIGHT, dtype=np.float32)[:, None, None]
    wall = np.array([196, 204, 206], np.float32) + rng.uniform(-12, 12, 3).astype(np.float32)
    picture[:] = wall * (1.05 - 0.22 * down)
    floor_from = int(rng.uniform(0.74, 0.82) * HEIGHT)
    picture[floor_from:] = np.array([122, 132, 138], np.float32) * (0.85 + 0.25 * down[floor_from:])
    _door(picture, int(rng.uniform(0.05, 0.7) * WIDTH), floor_from)
    lamp = int(rng.uniform(0.2, 0.8) * WIDTH)
    cv2.rectangle(picture, (lamp - 110, 18), (lamp + 110, 30), (250, 252, 252), -1)
    cv2.line(picture, (0, floor_from), (WIDTH, floor_from), (96, 104, 108), 3)
    for tile in range(-6, 14):
        cv2.line(picture, (tile * 110, HEIGHT), (500 + tile * 26, floor_from), (112, 120, 126), 1)
    return cv2.GaussianBlur(picture, (0, 0), 2.0)


def _door(picture: np.ndarray, left: int, floor_from: int) -> None:
    right, top = left + 330, 130
    cv2.rectangle(picture, (left, top), (right, floor_from), (214, 206, 186), -1)
    cv2.rectangle(picture, (left, top), (right, floor_from), (92, 98, 100), 7)
    middle = (left + right) // 2
    cv2.line(picture, (middle, top), (middle, floor_from), (92, 98, 100), 5)
    for x in (middle - 22, middle + 22):
        cv2.line(picture, (x, 380), (x, 470), (70, 74, 76), 7)
