"""What makes embeddings, and which of them may search. Importing this loads neither networks nor packages.

    sface   YuNet + SFace, the default: one to one and one to many
    dlib    the `face-recognition` package's ResNet, where a site chooses it: one to one only

Both look at the same faces: found by YuNet, passed by the same quality gate, compared as the cosine of two directions.
A template belongs to the model that made it; another model's is no reference (SEC-18), and its owner enrols again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from edge.verify.face.weights import MODEL

if TYPE_CHECKING:
    from devices.ports import Pixels
    from edge.verify.face.detect import Face
    from edge.verify.face.embed import Embedding

SFACE, DLIB = "sface", "dlib"
BACKENDS = (SFACE, DLIB)

SFACE_MODEL = MODEL
DLIB_MODEL = "55533b28a95800a5"
"""How templates, thresholds and events name a model: the first 16 hex digits of its file's sha256."""

_NO_SEARCH = {
    DLIB_MODEL: (
        "dlib 只能用于一对一比对：在 483 人中搜索，误报率为 1% 时有 50% 的人认不出（SFace 为 4.2%）。请先用卡或通行码"
        "指明是谁，或改用 sface。 / dlib compares one to one only: searching among 483 people it missed 50 % at 1 % "
        'false alarms (SFace 4.2 %). Let a card or pass name the person first, or set backend = "sface".'
    )
}


class Embedder(Protocol):
    """One network. Safe to share between threads. Vectors of two models are never compared."""

    model: str

    def probe(self, pixels: Pixels, face: Face) -> Embedding:
        """The face in front of the camera: 128 numbers of length 1."""

    def reference(self, pixels: Pixels, face: Face) -> Embedding:
        """The face on an enrolment photo, of the same form; it may take longer."""


def model_of(backend: str) -> str:
    """The model id of `sface` or `dlib`. Raises KeyError for another name."""
    return {SFACE: SFACE_MODEL, DLIB: DLIB_MODEL}[backend]


def why_no_search(model: str) -> str | None:
    """Why this model must not look for a face among many, in words for whoever asked; None: it may."""
    return _NO_SEARCH.get(model)
