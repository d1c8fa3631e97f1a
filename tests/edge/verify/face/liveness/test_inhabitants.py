"""The three that stand behind the port: lots are drawn, infrared is judged, an operator's file is the pinned one."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest

from devices.ports import Frame, Pixels
from edge.verify.face.detect import Face
from edge.verify.face.errors import FaceFault, WeightsChanged, WeightsMissing
from edge.verify.face.liveness.challenge import Phase, Turn, Why, begin
from edge.verify.face.liveness.model import OwnModel, cropped, probabilities
from edge.verify.face.liveness.nir import LIMIT_S, LOOKS, PAIR_S, BesideInInfrared, Reflected, judge
from edge.verify.face.liveness.port import Proof
from edge.verify.face.liveness.turning import ORDERS, Turning, TurnTheHead
from models.access.verification import Attack, FaceResult, FaceStatus, Liveness

POINTS = np.array([[130, 140], [190, 140], [160, 175], [137, 203], [183, 203]], np.float32)
FACE = Face((100, 100, 120, 140), POINTS, 0.9)
DARK, EVEN = np.zeros((360, 480, 3), np.uint8), np.full((360, 480, 3), 150, np.uint8)


def frame(pixels: Pixels = EVEN, at: float = 1.0) -> Frame:
    return Frame(pixels, at, 1)


def skin() -> Pixels:
    """Bright cheeks, dark eyes."""
    drawn = np.full((360, 480, 3), 150, np.uint8)
    for x, y in POINTS[:2].astype(int):
        drawn[y - 12 : y + 12, x - 14 : x + 14] = 40
    return drawn


@pytest.mark.req("ACC-10")
def test_no_order_of_turns_comes_twice_in_a_row_and_each_comes() -> None:
    drawn, check = [], TurnTheHead(random.Random(3))
    for _ in range(200):
        drawn.append(check.begin(0.0).challenge.order)
    assert all(one != other for one, other in pairwise(drawn))
    assert set(drawn) == set(ORDERS)


def test_a_frame_without_a_face_says_nothing_against_anybody() -> None:
    proof = TurnTheHead(random.Random(3)).begin(0.9).see(frame(), (), False)
    assert proof is not None and proof.liveness is Liveness.NOT_MEASURED


@pytest.mark.req("ACC-10")
@pytest.mark.parametrize("why", Why)
def test_what_it_looked_like_goes_into_the_proof(why: Why) -> None:
    proving = Turning(replace(begin((Turn.LEFT,), (0.3,), 0.0), phase=Phase.FAILED, why=why))
    proof = proving.see(frame(), (), False)
    assert proof is not None
    if why in (Why.LOST, Why.SEVERAL):
        assert (proof.liveness, proof.attack) == (Liveness.NOT_MEASURED, None)
    else:
        looked = {Why.FLAT: Attack.FLAT, Why.CURVED: Attack.CURVED}.get(why, Attack.UNKNOWN)
        assert (proof.liveness, proof.attack) == (Liveness.SPOOF, looked)


def test_a_proof_goes_with_the_comparison() -> None:
    told = Proof(Liveness.SPOOF, "nir-1", Attack.SCREEN, simulated=True).told_of(
        FaceResult(status=FaceStatus.MATCHED, score=0.7, threshold=0.5)
    )
    assert (told.liveness_word, told.proved_by, told.score) == ("spoof_screen_simulated", "nir-1", 0.7)


def test_skin_a_screen_and_even_paper_are_told_apart() -> None:
    assert judge(Reflected(skin=150, eyes=60, contrast=30)) is None
    assert judge(Reflected(skin=12, eyes=11, contrast=30)) is Attack.SCREEN
    assert judge(Reflected(skin=150, eyes=148, contrast=4)) is Attack.FLAT
    assert judge(Reflected(skin=150, eyes=148, contrast=30)) is Attack.FLAT


@pytest.mark.parametrize(
    ("infrared", "found", "liveness", "attack"),
    [
        (skin(), (FACE,), Liveness.LIVE, None),
        (EVEN, (FACE,), Liveness.SPOOF, Attack.FLAT),
        (DARK, (FACE,), Liveness.SPOOF, Attack.SCREEN),
        (DARK, (), Liveness.SPOOF, Attack.SCREEN),
        (EVEN, (), Liveness.SPOOF, Attack.UNKNOWN),
        (skin(), (Face((300, 200, 120, 140), POINTS + 200, 0.9),), Liveness.SPOOF, Attack.UNKNOWN),
    ],
)
def test_three_pairs_of_pictures_decide(
    infrared: Pixels, found: tuple[Face, ...], liveness: Liveness, attack: Attack | None
) -> None:
    proving = BesideInInfrared(lambda at: frame(infrared, at), lambda pixels: found, same, simulated=True).begin(0.0)
    proofs = [proving.see(frame(at=1.0 + number / 10), (FACE,), True) for number in range(LOOKS)]
    assert proofs[:-1] == [None] * (LOOKS - 1)
    assert proofs[-1] == Proof(liveness, "nir-4", attack, simulated=True)


def same(*faces: object) -> float:
    return 1.0


@pytest.mark.req("ACC-10")
def test_somebody_else_in_infrared_proves_nobody_alive() -> None:
    """A photo before the one lens, a living face before the other."""
    proving = BesideInInfrared(lambda at: frame(skin(), at), lambda pixels: (FACE,), lambda *faces: 0.34).begin(0.0)
    proofs = [proving.see(frame(at=1.0 + number / 10), (FACE,), True) for number in range(LOOKS)]
    assert proofs[-1] == Proof(Liveness.SPOOF, "nir-4", Attack.UNKNOWN)


@pytest.mark.req("ACC-10")
@pytest.mark.parametrize(
    ("shown", "attack"),
    [
        ((DARK, EVEN, DARK), Attack.SCREEN),
        ((EVEN, DARK, EVEN), Attack.FLAT),
        ((DARK, EVEN, skin(), DARK), Attack.SCREEN),
        ((DARK, EVEN, skin(), EVEN, skin(), skin(), skin()), Attack.FLAT),
    ],
)
def test_attacks_of_two_kinds_in_turn_count_together(shown: tuple[Pixels, ...], attack: Attack) -> None:
    """Paper and screen in turn: neither is forgotten for the other."""
    beside = iter(frame(pixels, 1.0 + number / 10) for number, pixels in enumerate(shown))
    proving = BesideInInfrared(lambda at: next(beside), lambda pixels: (FACE,), same).begin(0.0)
    proofs = (proving.see(frame(at=1.0 + number / 10), (FACE,), True) for number in range(len(shown)))
    told = next(proof for proof in proofs if proof is not None)
    assert (told.liveness, told.attack) == (Liveness.SPOOF, attack)


@pytest.mark.req("ACC-10")
@pytest.mark.parametrize("broken", [False, True])
def test_three_pairs_on_end_of_the_cardholder_and_not_three_in_all(broken: bool) -> None:
    proving = BesideInInfrared(lambda at: frame(skin(), at), lambda pixels: (FACE,), same).begin(0.0)
    mine = [True, True, not broken, True, True]
    proofs = [proving.see(frame(at=1.0 + number / 10), (FACE,), one) for number, one in enumerate(mine)]
    assert any(proofs) is not broken


def test_pictures_too_far_apart_or_none_prove_nothing() -> None:
    for beside in (None, frame(skin(), 5.0)):
        proving = BesideInInfrared(lambda at, it=beside: it, lambda pixels: (FACE,), same).begin(0.0)
        assert proving.see(frame(at=5.0 - 2 * PAIR_S if beside else 1.0), (FACE,), True) is None or beside
        late = proving.see(frame(at=LIMIT_S + 9), (FACE,), True)
        assert late is not None and late.liveness is Liveness.NOT_MEASURED


@pytest.mark.req("SEC-18")
def test_another_file_than_the_pinned_one_or_none_or_no_network_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "live.onnx"
    rest = (0.9, 80, 2.7, 1)
    with pytest.raises(WeightsMissing, match="cannot be read"):
        OwnModel.open(path, "00" * 32, *rest)
    path.write_bytes(b"no network")
    with pytest.raises(WeightsChanged, match="the site file names 000000"):
        OwnModel.open(path, "00" * 32, *rest)
    with pytest.raises(FaceFault, match="cannot be loaded"):
        OwnModel.open(path, hashlib.sha256(b"no network").hexdigest(), *rest)


def test_the_network_sees_a_square_around_the_face_and_black_beyond_the_picture() -> None:
    square = cropped(EVEN, FACE, 1.0, 80)
    assert square.shape == (80, 80, 3) and square.min() == 150
    wide = cropped(EVEN, FACE, 6.0, 80)
    assert wide[0, 0].max() == 0 and wide[40, 40].min() == 150


def test_classes_are_read_as_shares_of_one() -> None:
    assert probabilities(np.array([0.25, 0.75])).tolist() == [0.25, 0.75]
    grown = probabilities(np.array([-3.0, 5.0, 800.0]))
    assert grown.sum() == pytest.approx(1) and grown.argmax() == 2
    with pytest.raises(FaceFault, match="no number"):
        probabilities(np.array([np.nan, 1.0]))


def brightness_network() -> bytes:
    """A network of two classes: how dark the picture is, and how bright."""
    mean = onnx.helper.make_node("ReduceMean", ["x"], ["m"], axes=[1, 2, 3], keepdims=0)
    scaled = onnx.helper.make_node("Div", ["m", "full"], ["bright"])
    rest = onnx.helper.make_node("Sub", ["one", "bright"], ["dark"])
    both = onnx.helper.make_node("Concat", ["dark", "bright"], ["out"], axis=0)
    graph = onnx.helper.make_graph(
        [mean, scaled, rest, both],
        "brightness",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 3, 80, 80])],
        [onnx.helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, [2])],
        [
            onnx.helper.make_tensor("full", onnx.TensorProto.FLOAT, [1], [255.0]),
            onnx.helper.make_tensor("one", onnx.TensorProto.FLOAT, [1], [1.0]),
        ],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    return bytes(model.SerializeToString())


@pytest.mark.req("ACC-10", "SEC-18")
@pytest.mark.parametrize(("level", "liveness"), [(250, Liveness.LIVE), (150, Liveness.SPOOF)])
def test_the_pinned_network_judges_the_mean_of_three_frames(tmp_path: Path, level: int, liveness: Liveness) -> None:
    content = brightness_network()
    path, pinned = tmp_path / "live.onnx", hashlib.sha256(content).hexdigest()
    path.write_bytes(content)
    proving = OwnModel.open(path, pinned, 0.9, 80, 1.0, 1).begin(0.0)
    shown = frame(np.full((360, 480, 3), level, np.uint8))
    assert [proving.see(shown, (FACE,), True) for _ in range(2)] == [None, None]
    proof = proving.see(shown, (FACE,), True)
    assert proof is not None and (proof.liveness, proof.by) == (liveness, f"model-{pinned[:12]}")
    with pytest.raises(FaceFault, match="does not take"):
        OwnModel.open(path, pinned, 0.9, 64, 1.0, 1)
