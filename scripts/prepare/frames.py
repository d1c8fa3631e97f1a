"""What a gate camera might see, composed: a lobby, somebody in front of it, a phone with a code. Seeded throughout.

`face` is a picture of head and shoulders (as DemoFaces.pictures gives), `qr` any picture of a code with its quiet
zone; both height x width x 3, blue-green-red. Every frame is 720 x 1280 x 3 uint8.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from scripts.prepare.lobby import HEIGHT, WIDTH, lobby

_BRIGHTER = np.clip(255 * (np.arange(256) / 255.0) ** 0.7, 0, 255).astype(np.uint8)


def compose(face: np.ndarray | None, qr: np.ndarray | None, seed: int, stands: int | None = None) -> np.ndarray:
    """A frame fit for recognition: size, place, light, blur and noise differ with `seed`, within what a gate sees.
    `stands`: the seed of size and place alone, for several frames of somebody who stays where they are."""
    rng = np.random.default_rng(seed)
    picture = lobby(rng)
    place = rng if stands is None else np.random.default_rng(stands)
    face_left = bool(place.integers(2))
    near, far = (0.36, 0.68) if qr is not None else (0.5, 0.5)
    if face is not None:
        _person(picture, face, place.uniform(430, 620), (near if face_left else far) + place.uniform(-0.06, 0.06))
    if qr is not None:
        side = place.uniform(235, 300)
        x = (far if face_left else near) + (0.08 if face_left else -0.08)
        _phone(picture, qr, side, (x + place.uniform(-0.03, 0.03)) * WIDTH, place.uniform(0.42, 0.6) * HEIGHT, rng)
    return _taken(picture, rng, light=rng.uniform(0.75, 1.1), blur=rng.uniform(0.3, 0.9), noise=rng.uniform(1.5, 5))


def no_face(seed: int) -> np.ndarray:
    """The empty lobby."""
    return compose(None, None, seed)


def two_faces(one: np.ndarray, other: np.ndarray, seed: int) -> np.ndarray:
    """Two people side by side, about equally near: several_faces."""
    rng = np.random.default_rng(seed)
    picture = lobby(rng)
    height = rng.uniform(430, 520)
    _person(picture, one, height, 0.3)
    _person(picture, other, height * rng.uniform(0.9, 1.1), 0.7)
    return _taken(picture, rng, light=1.0, blur=0.5, noise=3)


def tiny_face(face: np.ndarray, seed: int) -> np.ndarray:
    """Somebody far away: too_small."""
    rng = np.random.default_rng(seed)
    picture = lobby(rng)
    _person(picture, face, rng.uniform(122, 136), rng.uniform(0.3, 0.7), bottom=0.8)
    return _taken(picture, rng, light=1.0, blur=0.4, noise=2)


def blurred_face(face: np.ndarray, seed: int) -> np.ndarray:
    """Somebody out of focus: too_blurred."""
    rng = np.random.default_rng(seed)
    picture = lobby(rng)
    height = rng.uniform(430, 520)
    _person(picture, face, height, rng.uniform(0.4, 0.6))
    return _taken(picture, rng, light=1.0, blur=height / 65, noise=2)


def dark_face(face: np.ndarray, seed: int) -> np.ndarray:
    """Somebody at night without a lamp: too_dark."""
    rng = np.random.default_rng(seed)
    picture = lobby(rng)
    _person(picture, face, rng.uniform(430, 520), rng.uniform(0.4, 0.6))
    return _taken(picture, rng, light=0.14, blur=0.4, noise=1)


def photograph(face: np.ndarray, seed: int, held: int | None = None) -> np.ndarray:
    """Nobody there: a phone that shows somebody's picture, held where a face would be. `held`: as `stands` above."""
    return next(_held_photograph(face, seed, held))


def infrared_of(picture: np.ndarray) -> np.ndarray:
    """What a near-infrared camera beside the first might see of living people: grey, skin bright. Simulated."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return cv2.cvtColor(cv2.LUT(grey, _BRIGHTER), cv2.COLOR_GRAY2BGR).astype(np.uint8)


def infrared_of_photograph(face: np.ndarray, seed: int, held: int | None = None) -> np.ndarray:
    """The same moment in near infrared: a screen gives no light there, so that where the face is it is dark."""
    _, infrared = _held_photograph(face, seed, held)
    return infrared


def _held_photograph(face: np.ndarray, seed: int, held: int | None = None) -> Iterator[np.ndarray]:
    """In plain light, then in near infrared; each painted when it is asked for."""
    rng = np.random.default_rng(seed)
    empty = lobby(rng)
    place = rng if held is None else np.random.default_rng(held)
    side, x, y = place.uniform(430, 520), place.uniform(0.45, 0.55) * WIDTH, place.uniform(0.45, 0.55) * HEIGHT
    turn, square = int(rng.integers(1 << 30)), cv2.resize(face, (480, 480), interpolation=cv2.INTER_AREA)
    lit = empty.copy()
    _phone(lit, square, side, x, y, np.random.default_rng(turn))
    yield _taken(lit, rng, light=1.0, blur=0.5, noise=3)
    _phone(empty, np.zeros_like(square), side, x, y, np.random.default_rng(turn), screen=8)
    yield infrared_of(_taken(empty, rng, light=1.0, blur=0.5, noise=3))


def _person(picture: np.ndarray, face: np.ndarray, height: float, across: float, bottom: float = 1.0) -> None:
    """Paste head and shoulders, `height` px high, middle at `across` of the width, softly cut out."""
    tall, wide = round(height), round(height * face.shape[1] / face.shape[0])
    small = cv2.resize(face, (wide, tall), interpolation=cv2.INTER_AREA).astype(np.float32)
    mask = np.zeros((tall, wide), np.float32)
    cv2.ellipse(mask, (wide // 2, int(tall * 0.43)), (int(wide * 0.33), int(tall * 0.42)), 0, 0, 360, 1.0, -1)
    cv2.ellipse(mask, (wide // 2, int(tall * 1.1)), (int(wide * 0.48), int(tall * 0.44)), 0, 0, 360, 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), max(1.0, tall * 0.015))
    _blend(picture, small, mask, round(across * WIDTH - wide / 2), round(bottom * HEIGHT - tall))


def _blend(picture: np.ndarray, part: np.ndarray, mask: np.ndarray, left: int, top: int) -> None:
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(WIDTH, left + part.shape[1]), min(HEIGHT, top + part.shape[0])
    inside = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    share = mask[inside][:, :, None]
    picture[y0:y1, x0:x1] = picture[y0:y1, x0:x1] * (1 - share) + part[inside] * share


def _phone(
    picture: np.ndarray, qr: np.ndarray, side: float, x: float, y: float, rng: np.random.Generator, screen: int = 250
) -> None:
    """A phone held into view: a dark frame around a lit screen with the code, turned and tilted a little."""
    code = cv2.resize(qr, (480, 480), interpolation=cv2.INTER_NEAREST)
    flat = np.full((900, 540, 3), 40, np.uint8)
    cv2.rectangle(flat, (14, 30), (525, 869), (screen, screen, screen), -1)
    flat[180:660, 30:510] = code
    half = np.array([540, 900]) * side / 480 / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    turn = np.radians(rng.uniform(-14, 14))
    turned = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    placed = turned + rng.uniform(-0.03, 0.03, (4, 2)) * side + np.array([x, y])
    source = np.array([[0, 0], [540, 0], [540, 900], [0, 900]], np.float32)
    warp = cv2.getPerspectiveTransform(source, placed.astype(np.float32))
    part = cv2.warpPerspective(flat, warp, (WIDTH, HEIGHT), flags=cv2.INTER_AREA).astype(np.float32)
    mask = cv2.warpPerspective(np.ones(flat.shape[:2], np.float32), warp, (WIDTH, HEIGHT))
    left, top = np.clip(placed.min(axis=0) - 2, 0, (WIDTH, HEIGHT)).astype(int)
    right, bottom = np.clip(placed.max(axis=0) + 3, 0, (WIDTH, HEIGHT)).astype(int)
    here = np.s_[top:bottom, left:right]
    _blend(picture, part[here], mask[here], left, top)


def _taken(picture: np.ndarray, rng: np.random.Generator, light: float, blur: float, noise: float) -> np.ndarray:
    """Through the lens and onto the sensor."""
    seen = rng.normal(0, noise, picture.shape)
    seen += cv2.GaussianBlur(picture, (0, 0), blur) * light
    return np.clip(seen, 0, 255, out=seen).astype(np.uint8)
