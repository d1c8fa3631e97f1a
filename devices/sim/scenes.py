"""Generated views of a gate, for measuring what a picture shows: seeded, drawn, and no match for a real camera.

A view is ground, wall, a gate with bars, and things of random size; people are textured columns that stand elsewhere in
each picture; light is gain, contrast and a shadow's edge; every picture has a sensor's noise.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from devices.ports import Pixels

WIDTH, HEIGHT = 640, 360
ROOM = 2
"""A view is drawn this much larger than a picture, so that a camera can be turned within it."""

View = npt.NDArray[np.float32]


def view(seed: int) -> View:
    """A place, larger than a camera sees of it."""
    rng = np.random.default_rng(seed)
    wide, high = WIDTH * ROOM, HEIGHT * ROOM
    place = np.empty((high, wide, 3), dtype=np.float32)
    horizon = int(high * rng.uniform(0.4, 0.6))
    place[:horizon] = rng.uniform(60, 200, 3)
    place[horizon:] = rng.uniform(40, 160, 3)
    for size, strength in ((16, 10.0), (5, 5.0)):
        rough = rng.normal(0, strength, (high // size + 1, wide // size + 1, 1)).astype(np.float32)
        place += cv2.resize(rough, (wide, high), interpolation=cv2.INTER_CUBIC)[..., None]
    for _ in range(rng.integers(25, 45)):
        x, y = int(rng.integers(0, wide)), int(rng.integers(0, high))
        w, h = int(rng.integers(20, 260)), int(rng.integers(20, 220))
        colour = [float(value) for value in rng.uniform(20, 235, 3)]
        cv2.rectangle(place, (x, y), (x + w, y + h), colour, -1 if rng.random() < 0.7 else 4)
    for x in range(int(rng.integers(0, 40)), wide, int(rng.integers(40, 90))):
        cv2.line(place, (x, horizon - 120), (x, horizon + 60), [float(rng.uniform(10, 60))] * 3, 6)
    return place


def seen(
    place: View,
    rng: np.random.Generator,
    *,
    at: tuple[float, float] = (0.5, 0.5),
    turn_deg: float = 0.0,
    zoom: float = 1.0,
    people: int = 0,
    gain: float = 1.0,
    infrared: bool = False,
    noise: float = 3.0,
    shadow: float | None = None,
    car: bool = False,
) -> Pixels:
    """One picture of a view. `at`: where the camera looks, as a share of the view. `shadow`: where its edge falls."""
    centre = (at[0] * place.shape[1], at[1] * place.shape[0])
    turned = cv2.getRotationMatrix2D(centre, turn_deg, zoom)
    turned[:, 2] += WIDTH / 2 - centre[0], HEIGHT / 2 - centre[1]
    picture = cv2.warpAffine(place, turned, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT).astype(np.float32)
    if shadow is not None:
        across, down = np.meshgrid(np.linspace(0, 1, WIDTH), np.linspace(0, 1, HEIGHT))
        picture[across + 0.3 * down < shadow] *= 0.5
    if car:
        cv2.rectangle(picture, (WIDTH // 3, HEIGHT // 2), (WIDTH * 4 // 5, HEIGHT - 20), [180.0, 60.0, 50.0], -1)
    for _ in range(people):
        _stand(picture, rng)
    if infrared:
        light = 1.4 - np.hypot(*np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j])
        picture = np.repeat(picture.mean(axis=2, keepdims=True) * 0.7 * np.clip(light, 0.15, 1)[..., None], 3, axis=2)
    return _sensed(picture * gain, rng, noise, infrared)


def covered(place: View, rng: np.random.Generator, with_what: str) -> Pixels:
    """The same camera with something over its lens: cap, tape, hand, spray or bag."""
    noise = 4.0
    match with_what:
        case "cap":
            picture = np.full((HEIGHT, WIDTH, 3), rng.uniform(0, 8), dtype=np.float32)
        case "tape":
            picture = np.full((HEIGHT, WIDTH, 3), 1, dtype=np.float32) * rng.uniform(40, 220, 3).astype(np.float32)
        case "hand":
            across, down = np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT))
            slope = 60 * (rng.uniform(-1, 1) * across + rng.uniform(-1, 1) * down)
            picture = np.clip(np.array([70, 80, 130]) + slope[..., None], 0, 255).astype(np.float32)
        case _:  # spray or a thin bag: what is behind it is a blur
            there = seen(place, rng).astype(np.float32)
            blur = cv2.GaussianBlur(there, (0, 0), 60 if with_what == "spray" else 40)
            picture = 0.5 * blur + 0.5 * float(rng.uniform(90, 200))
    return _sensed(picture, rng, noise, False)


def _stand(picture: View, rng: np.random.Generator) -> None:
    tall = int(rng.uniform(0.3, 0.9) * HEIGHT)
    x, y = int(rng.integers(0, WIDTH)), int(rng.integers(HEIGHT // 3, HEIGHT))
    coat = [float(value) for value in rng.uniform(10, 240, 3)]
    cv2.rectangle(picture, (x - tall // 6, y - tall), (x + tall // 6, y), coat, -1)
    cv2.circle(picture, (x, y - tall), tall // 9, [120.0, 150.0, 190.0], -1)
    for _ in range(6):
        fold = x + int(rng.integers(-tall // 6, tall // 6 + 1))
        cv2.line(picture, (fold, y - tall), (fold, y), [value * 0.6 for value in coat], 3)


def _sensed(picture: View, rng: np.random.Generator, noise: float, grey: bool) -> Pixels:
    shape = (HEIGHT, WIDTH, 1) if grey else (HEIGHT, WIDTH, 3)
    return np.clip(picture + noise * rng.standard_normal(shape, dtype=np.float32), 0, 255).astype(np.uint8)
