"""The decode-rate half of `scripts/bench qr`: the same seeded scenes to three decoders, in one run, interleaved.

A scene is a version 7 code of 176 characters (a pass as it is printed: base45, error correction M) in a 1280x720
picture, made worse by one thing at a time and by all of them a little. What is measured is one call, picture to texts,
on one thread. A wrong text is counted apart: at a gate it is worse than none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import qrcode

from edge.verify.qr import read_codes

HEIGHT, WIDTH = 720, 1280
TEXT_LENGTH = 176
_BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

KINDS = ("plain", "small", "turned", "tilted", "blurred", "shaken", "noisy", "glare", "dim", "inverted", "mixed")
"""What a scene is made worse by. `small`: 1.5 to 2.5 px a module; elsewhere 3.5 to 6."""

Decoder = Callable[[np.ndarray], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture (720 x 1280 x 3, blue-green-red) and the text that is in it."""

    kind: str
    pixels: np.ndarray
    text: str


def scenes(count: int, seed: int = 1) -> Iterator[Scene]:
    """`count` scenes, the kinds in turn. The same seed gives the same pictures."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        kind = KINDS[number % len(KINDS)]
        text = "MT1:" + "".join(rng.choice(list(_BASE45), TEXT_LENGTH - 4))
        yield Scene(kind, _render(kind, text, rng), text)


def decoders() -> dict[str, Decoder | None]:
    """Ours and its peers by name; None: not to be had on this machine (pyzbar without the system's zbar)."""
    opencv = cv2.QRCodeDetector()

    def by_opencv(pixels: np.ndarray) -> tuple[str, ...]:
        text = opencv.detectAndDecode(pixels)[0]
        return (text,) if text else ()

    return {"zxing-cpp (ours)": read_codes, "cv2.QRCodeDetector": by_opencv, "pyzbar": _pyzbar()}


def measure(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """A row per decoder and kind, and per decoder over all (`kind` "all").

    Row: decoder, kind, scenes, read, wrong (scenes with a text that is not in them), failed (the decoder raised),
    rate (0..1), median_ms, p95_ms. An absent decoder has one row with `absent` True and no figures.
    """
    named = decoders()
    present = {name: decoder for name, decoder in named.items() if decoder is not None}
    tries: list[dict[str, Any]] = []
    for number, scene in enumerate(scenes(count, seed)):
        order = list(present.items())
        turn = number % len(order)  # nobody is always first to find the picture in the cache
        tries += [_try(name, decoder, scene) for name, decoder in order[turn:] + order[:turn]]
    rows: list[dict[str, Any]] = []
    for name, decoder in named.items():
        if decoder is None:
            rows.append({"decoder": name, "kind": "all", "absent": True})
            continue
        mine = [one for one in tries if one["decoder"] == name]
        rows.append(_row(name, "all", mine))
        rows += [_row(name, kind, some) for kind in KINDS if (some := [one for one in mine if one["kind"] == kind])]
    return rows


def _try(name: str, decoder: Decoder, scene: Scene) -> dict[str, Any]:
    began = time.perf_counter()
    failed = False
    try:
        texts = decoder(scene.pixels)
    except (cv2.error, UnicodeDecodeError):  # OpenCV's decoder raises on some damaged codes; that is its result
        texts, failed = (), True
    took_ms = (time.perf_counter() - began) * 1000
    return {
        "decoder": name,
        "kind": scene.kind,
        "read": scene.text in texts,
        "wrong": any(text != scene.text for text in texts),
        "failed": failed,
        "ms": took_ms,
    }


def _row(name: str, kind: str, tries: list[dict[str, Any]]) -> dict[str, Any]:
    took = [one["ms"] for one in tries]
    read = sum(one["read"] for one in tries)
    return {
        "decoder": name,
        "kind": kind,
        "absent": False,
        "scenes": len(tries),
        "read": read,
        "wrong": sum(one["wrong"] for one in tries),
        "failed": sum(one["failed"] for one in tries),
        "rate": read / len(tries) if tries else 0.0,
        "median_ms": float(np.median(took)) if took else None,
        "p95_ms": float(np.percentile(took, 95)) if took else None,
    }


def _pyzbar() -> Decoder | None:
    try:
        from pyzbar import pyzbar
    except ImportError:  # pyzbar itself, or the system's libzbar.so, is not there
        return None

    def by_zbar(pixels: np.ndarray) -> tuple[str, ...]:
        grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
        found = pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.QRCODE])
        return tuple(code.data.decode("ascii", "replace") for code in found)

    return by_zbar


def _render(kind: str, text: str, rng: np.random.Generator) -> np.ndarray:
    mixed = kind == "mixed"
    module = rng.uniform(1.5, 2.5) if kind == "small" else rng.uniform(3.5, 6)
    degrees = rng.uniform(-180, 180) if kind == "turned" else rng.uniform(-4, 4) if not mixed else rng.uniform(-25, 25)
    tilt = rng.uniform(0.1, 0.2) if kind == "tilted" else 0.05 if mixed else 0.01
    code = _code(text, kind == "inverted")
    picture, corners = _placed(code, module, degrees, tilt, rng)
    if kind == "glare" or mixed:
        picture = _with_glare(picture, corners, rng, 0.9 if kind == "glare" else 0.4)
    if kind == "blurred" or mixed:
        share = rng.uniform(0.35, 0.65) if kind == "blurred" else rng.uniform(0.15, 0.4)
        picture = cv2.GaussianBlur(picture, (0, 0), share * module)  # blur matters as a share of a module
    if kind == "shaken":
        length = max(3, round(rng.uniform(1.0, 2.2) * module))
        picture = cv2.filter2D(picture, -1, np.full((1, length), 1 / length, np.float32))
    if kind == "dim":
        picture = picture * rng.uniform(0.1, 0.3)
    noise = {"noisy": rng.uniform(20, 45), "dim": rng.uniform(3, 7), "mixed": rng.uniform(4, 12)}.get(kind, 2.0)
    return np.clip(picture + rng.normal(0, noise, picture.shape), 0, 255).astype(np.uint8)


def _code(text: str, inverted: bool) -> np.ndarray:
    """One pixel a module, with the quiet zone of four."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    code.make(fit=True)
    dark = np.array(code.get_matrix())
    return np.where(dark ^ inverted, 20, 235).astype(np.uint8)


def _placed(
    code: np.ndarray, module: float, degrees: float, tilt: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The code on a busy wall, float32, and its corners. Drawn large and shrunk: edges as a lens gives them."""
    large = cv2.resize(code, None, fx=12, fy=12, interpolation=cv2.INTER_NEAREST)
    side = code.shape[0] * module
    turn = np.radians(degrees)
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * side / 2
    corners = square @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    corners += rng.uniform(-tilt, tilt, (4, 2)) * side
    room = np.abs(corners).max(axis=0) + 4
    corners += rng.uniform(np.minimum(room, [640, 360]), np.maximum([WIDTH, HEIGHT] - room, [640, 360]))
    source = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * large.shape[0]
    finer = 2  # drawn at twice the size, then averaged down
    warp = cv2.getPerspectiveTransform(source, (corners * finer).astype(np.float32))
    wall = cv2.GaussianBlur(rng.normal(128, 60, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 6) * 2 - 100
    size = (WIDTH * finer, HEIGHT * finer)
    share = cv2.warpPerspective(np.ones(large.shape, np.float32), warp, size)
    drawn = cv2.warpPerspective(large.astype(np.float32), warp, size, flags=cv2.INTER_AREA)
    share, drawn = (cv2.resize(part, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) for part in (share, drawn))
    return np.repeat((wall * (1 - share) + drawn)[:, :, None], 3, axis=2).astype(np.float32), corners


def _with_glare(picture: np.ndarray, corners: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """A lamp mirrored in the screen: a soft bright spot over part of the code."""
    side = float(np.ptp(corners[:, 0]))
    at_x, at_y = corners.mean(axis=0) + rng.uniform(-0.45, 0.45, 2) * side
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    wide, high = rng.uniform(0.12, 0.4, 2) * side
    spot = np.exp(-(((x - at_x) / wide) ** 2 + ((y - at_y) / high) ** 2)).astype(np.float32)
    lit: np.ndarray = picture + 235 * strength * spot[:, :, None]
    return lit
