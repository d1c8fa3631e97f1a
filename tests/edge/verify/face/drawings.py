"""Faces drawn by our own code, in the ways that people draw, and what becomes of a drawing on its way to a node."""

from __future__ import annotations

import cv2
import numpy as np

SIDE = 450
SKINS = ((170, 200, 235), (140, 180, 225), (90, 120, 170), (60, 85, 130))
GRAPHITE = (80, 80, 80)
STYLES = ("flat", "outlined", "shaded", "pencil")


def drawn_face(style: str = "flat", seed: int = 0) -> np.ndarray:
    """A face in one of STYLES; the seed changes skin, hair and features."""
    rng = np.random.default_rng(seed)
    pencil = style == "pencil"
    skin, paper = ((245,) * 3, (245,) * 3) if pencil else (SKINS[rng.integers(len(SKINS))], (225,) * 3)
    hair, lips = (GRAPHITE, (120,) * 3) if pencil else (tuple(int(v) for v in rng.integers(10, 90, 3)), (60, 60, 170))
    picture = np.full((SIDE, SIDE, 3), paper, np.uint8)
    head = (int(rng.integers(104, 120)), int(rng.integers(138, 155)))
    cv2.ellipse(picture, (225, 225), head, 0, 0, 360, skin, -1, cv2.LINE_AA)
    cv2.ellipse(picture, (225, 142), (head[0] + 6, 85), 0, 180, 360, hair, -1, cv2.LINE_AA)
    for x in (180, 270):
        cv2.ellipse(picture, (x, 202), (22, 12), 0, 0, 360, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(picture, (x, 202), 9, hair, -1, cv2.LINE_AA)
        cv2.ellipse(picture, (x, 176), (27, 8), 0, 180, 360, hair, 5, cv2.LINE_AA)
    shade = GRAPHITE if pencil else tuple(int(v * 0.6) for v in skin)
    cv2.polylines(picture, [np.array([[225, 210], [218, 251], [234, 253]])], False, shade, 4, cv2.LINE_AA)
    cv2.ellipse(picture, (225, 296), (38, int(rng.integers(11, 16))), 0, 0, 180, lips, -1, cv2.LINE_AA)
    if style in ("outlined", "pencil"):
        cv2.ellipse(picture, (225, 225), head, 0, 0, 360, GRAPHITE, 3, cv2.LINE_AA)
        for x in (180, 270):
            cv2.ellipse(picture, (x, 202), (22, 12), 0, 0, 360, GRAPHITE, 2, cv2.LINE_AA)
    if style == "shaded":
        return _softly_lit(picture)
    return _hatched(picture, rng) if pencil else picture


def _softly_lit(picture: np.ndarray) -> np.ndarray:
    down, across = np.mgrid[:SIDE, :SIDE] / SIDE
    light = (1.05 - 0.8 * ((across - 0.4) ** 2 + (down - 0.35) ** 2))[..., None]
    return np.clip(cv2.GaussianBlur(picture * light, (0, 0), 1.0), 0, 255).astype(np.uint8)


def _hatched(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Strokes, thicker towards the sides of the head."""
    for _ in range(250):
        x, y = int(rng.uniform(120, 330)), int(rng.uniform(105, 375))
        if rng.random() < abs(x - 225) / 115:
            length, grey = int(rng.uniform(8, 30)), int(rng.integers(120, 200))
            cv2.line(picture, (x, y), (x + length, y - length), (grey,) * 3, 1, cv2.LINE_AA)
    return picture


def noisy(picture: np.ndarray, levels: float = 4.0) -> np.ndarray:
    return np.clip(picture + np.random.default_rng(1).normal(0, levels, picture.shape), 0, 255).astype(np.uint8)


def compressed(picture: np.ndarray, quality: int = 60) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def halved(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), (SIDE, SIDE))


def photographed(picture: np.ndarray) -> np.ndarray:
    """From paper, by a phone: askew, with the paper's grain, uneven light, a soft lens and its noise, then JPEG."""
    rng = np.random.default_rng(1)
    corners = np.array([[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]], np.float32)
    askew = corners + rng.uniform(-15, 15, corners.shape).astype(np.float32)
    warp = cv2.getPerspectiveTransform(corners, askew)
    sheet = cv2.warpPerspective(picture, warp, (SIDE, SIDE), borderValue=(110, 120, 130))
    light = np.linspace(0.95, 0.7, SIDE)[None, :, None] * np.array([0.92, 0.98, 1.0])
    grain = cv2.GaussianBlur(rng.normal(0, 6, (SIDE, SIDE)), (0, 0), 1.2)[..., None]
    seen = cv2.GaussianBlur(sheet * light, (0, 0), 1.0) + grain
    return compressed(cv2.GaussianBlur(noisy(seen, 5.0), (0, 0), 0.5), 85)
