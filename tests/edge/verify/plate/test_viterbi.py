"""The best walk is the best one: held against every walk there is, on alphabets small enough to try them all."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.verify.plate.grammar import PLATES, SYMBOLS, grammar_of
from edge.verify.plate.viterbi import FLOOR, decode
from models.values.plate import kind_of

SMALL = "abc"
forms = st.lists(st.lists(st.sampled_from(["a", "ab", "abc", "c"]), min_size=1, max_size=3), min_size=1, max_size=3)


def spelled(walk: tuple[int, ...], symbols: str) -> str:
    return "".join(symbols[now - 1] for before, now in zip((0, *walk), walk, strict=False) if now not in (0, before))


def by_brute_force(seen: np.ndarray, texts: set[str], symbols: str) -> dict[str, float]:
    best: dict[str, float] = {}
    logs = np.log(np.maximum(seen, FLOOR))
    for walk in product(range(seen.shape[1]), repeat=len(seen)):
        text = spelled(walk, symbols)
        if text in texts:
            score = float(sum(logs[step, symbol] for step, symbol in enumerate(walk)))
            best[text] = max(best.get(text, -np.inf), score)
    return best


@pytest.mark.req("LANE-01")
@given(forms, st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_it_finds_what_trying_every_walk_finds(some: list[list[str]], columns: int, seed: int) -> None:
    seen = np.random.default_rng(seed).dirichlet(np.full(1 + len(SMALL), 0.4), columns).astype(np.float32)
    texts = {"".join(text) for form in some for text in product(*form)}
    best = by_brute_force(seen, texts, SMALL)
    found = decode(seen, grammar_of(tuple(map(tuple, some)), SMALL))
    if not best:
        assert found is None
        return
    assert found is not None and found.log_score == pytest.approx(max(best.values()), abs=1e-3)
    assert best[found.text] == pytest.approx(max(best.values()), abs=1e-3)
    assert len(found.characters) == len(found.text) and 0 <= found.weakest <= 1


def showing(text: str, sure: float = 0.95) -> np.ndarray:
    """Each character on one column and then a blank; the rest of the probability lies evenly on everything else."""
    rows = []
    for place in (place for symbol in text for place in (1 + SYMBOLS.index(symbol), 0)):
        row = np.full(1 + len(SYMBOLS), (1 - sure) / len(SYMBOLS), np.float32)
        row[place] = sure
        rows.append(row)
    return np.array(rows)


@pytest.mark.req("LANE-01")
@pytest.mark.parametrize(
    "text",
    [
        "京A11122",
        "沪AD12345",
        "川A12345D",
        "京A0123警",
        "鲁B1234学",
        "冀A1234挂",
        "沪A1234领",
        "粤Z1234港",
        "粤Z0000澳",
    ],
)
def test_each_kind_of_plate_is_read_as_it_stands(text: str) -> None:
    found = decode(showing(text), PLATES)
    assert found is not None and found.text == text and found.weakest == pytest.approx(0.95)


@pytest.mark.req("LANE-01")
@given(st.integers(0, 2**32 - 1), st.integers(15, 40))
def test_whatever_was_seen_the_text_is_a_plate_and_its_score_says_how_little(seed: int, columns: int) -> None:
    seen = np.random.default_rng(seed).dirichlet(np.ones(1 + len(SYMBOLS)), columns).astype(np.float32)
    found = decode(seen, PLATES)
    assert found is not None and kind_of(found.text) is not None and found.weakest < 0.3


def test_too_few_columns_for_any_plate_give_none() -> None:
    assert decode(showing("京A11122")[:3], PLATES) is None
    assert decode(np.zeros((0, 1 + len(SYMBOLS)), np.float32), PLATES) is None
