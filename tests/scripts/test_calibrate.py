"""Calibration says no more than a site's own people support, shows it before it writes, and refuses too few of them."""

import sqlite3
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.journal.journal import Entry, Journal
from edge.store.keys import KeyRing
from edge.store.templates import Templates
from edge.verify.face.backend import SFACE_MODEL
from edge.verify.face.embed import unit
from edge.verify.face.rates import SAME_PERSON_MIN, gallery_scores, least_for, people_min, rate_max, trials_min
from edge.verify.face.site_thresholds import FILE, read_site_thresholds
from edge.verify.face.template import template_of
from edge.verify.face.thresholds import search_threshold, verify_threshold
from models.access.credential import Kind
from models.access.decision import Decision, Outcome, Reason
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import DecisionMade
from scripts import calibrate_cli

SAME = SAME_PERSON_MIN[SFACE_MODEL]


def vectors(people: int, seed: int = 1) -> np.ndarray:
    """Directions of strangers, as near to each other as faces are: a share of every face is that it is a face."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=128)
    return np.stack([unit(0.4 * common + rng.normal(size=128)) for _ in range(people)])


def node(folder: Path, rows: np.ndarray, model: str = SFACE_MODEL, scores: tuple[float, ...] = ()) -> Path:
    """A node's folder with templates, and a log of passes whose holders' faces scored `scores`."""
    keys = KeyRing.open(folder / "keys")
    templates = Templates.open(folder / "templates.db", keys)
    for n, row in enumerate(rows):
        templates.put(UUID(int=n + 1), template_of([row] * 3, model).to_bytes(), model)
    templates.close()
    if scores:
        journal = Journal.open(folder / "journal.db", new_id(), keys)
        journal.append(*(Entry(body=decided(score), correlation=new_id()) for score in scores))
        journal.append(Entry(body=decided(0.1, Kind.FACE, Reason.UNKNOWN), correlation=new_id()))
        journal.close()
    keys.close()
    return folder


def decided(score: float, kind: Kind = Kind.PASS, reason: Reason | None = None) -> DecisionMade:
    accepted = score >= 0.487
    decision = Decision(
        outcome=Outcome.GRANT if accepted else Outcome.DENY,
        reason=reason or (Reason.OK if accepted else Reason.LOW_SCORE),
        kind=kind,
        at=utc_now(),
        lane_id=new_id(),
        rules_version=1,
        score=score,
        threshold=0.487,
    )
    return DecisionMade(decision=decision, seen_at=utc_now(), duration_us=900)


@pytest.mark.req("ACC-08")
@given(st.integers(0, 40), st.integers(41, 5_000))
def test_the_bound_is_where_so_few_errors_become_unlikely(errors: int, trials: int) -> None:
    bound = rate_max(errors, trials)
    assert errors / trials < bound <= 1
    if errors > 0:
        drawn = np.random.default_rng(1).binomial(trials, bound, 4_000)
        assert (drawn <= errors).mean() == pytest.approx(0.05, abs=0.02)
    else:
        assert bound == pytest.approx(3 / trials)
    assert rate_max(errors + 1, trials) > bound


@pytest.mark.req("ACC-08")
def test_known_bounds() -> None:
    assert rate_max(1, 100) == pytest.approx(0.0466, abs=2e-4)  # Clopper-Pearson, one-sided 95 %
    assert rate_max(5, 1_000) == pytest.approx(0.01048, abs=2e-4)
    assert rate_max(100, 100) == 1
    with pytest.raises(ValueError, match="in 0 trials"):
        rate_max(0, 0)


@pytest.mark.req("ACC-08")
@given(st.integers(0, 2**32 - 1), st.integers(300, 3_000))
def test_the_threshold_states_no_better_rate_than_was_counted(seed: int, trials: int) -> None:
    scores = np.random.default_rng(seed).normal(0.1, 0.1, trials)
    measure = least_for(scores, 0.01)
    assert measure is not None
    assert measure.reached == int((scores >= measure.least).sum())
    assert measure.rate_max == rate_max(measure.reached, trials) <= 0.01
    with_a_lower_one = int((scores >= measure.least - 1.01e-4).sum())
    assert rate_max(with_a_lower_one, trials) > 0.01


@pytest.mark.req("ACC-08")
def test_how_many_it_takes() -> None:
    assert (trials_min(0.01), people_min(1e-4)) == (300, 246)
    assert least_for(np.zeros(299), 0.01) is None
    assert least_for(np.full(300, 0.2), 0.01) is not None


@pytest.mark.req("ACC-08")
def test_pairs_are_counted_once_and_twins_apart() -> None:
    rows = vectors(6)
    found = gallery_scores(np.stack([*rows, rows[2]]), SAME)
    assert [(a, b) for a, b, _ in found.twins] == [(2, 6)]
    assert (len(found.pairs), len(found.nearest)) == (7 * 6 // 2 - 1, 7)
    assert found.pairs[0] == max(found.nearest) == found.nearest_pairs[0][2] < SAME
    everybody = np.stack([*rows, rows[2]])
    for a, b, score in found.nearest_pairs:
        assert a < b
        assert score == pytest.approx(float(everybody[a] @ everybody[b]))


@pytest.mark.req("ACC-08")
def test_a_site_is_shown_first_and_written_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = node(tmp_path / "node", vectors(320), scores=(0.8, 0.7, 0.6, 0.3))
    plot = tmp_path / "det.png"
    assert calibrate_cli.main(["--data", str(folder), "--plot", str(plot)]) == 0
    shown = capsys.readouterr().out
    assert "320 人 / people" in shown
    assert "51040" in shown
    assert "4 次比对中 1 次" in shown
    assert "什么都没有改动" in shown
    assert not (folder / FILE).exists()
    assert plot.read_bytes()[:4] == b"\x89PNG"
    assert calibrate_cli.main(["--data", str(folder), "--write"]) == 0
    site = read_site_thresholds(folder)
    assert site is not None
    assert (site.people, site.photos, site.model, site.own_scores, site.own_below) == (320, 3, SFACE_MODEL, 4, 1)
    assert site.verify.rate_max <= 1e-4
    assert verify_threshold(SFACE_MODEL, 3, site=site) < verify_threshold(SFACE_MODEL, 3)
    assert site.search is not None
    assert search_threshold(SFACE_MODEL, 320, 3, site=site) < search_threshold(SFACE_MODEL, 320, 3)


@pytest.mark.req("ACC-08")
def test_between_246_and_300_people_only_one_to_one_is_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = node(tmp_path / "node", vectors(260))
    assert calibrate_cli.main(["--data", str(folder), "--write"]) == 0
    assert "至少需要 300 人" in capsys.readouterr().out
    site = read_site_thresholds(folder)
    assert site is not None
    assert site.search is None


@pytest.mark.req("ACC-08")
def test_too_few_people_are_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = node(tmp_path / "node", vectors(40))
    assert calibrate_cli.main(["--data", str(folder), "--write"]) == 1
    said = capsys.readouterr().err
    assert "已登记 40 人" in said
    assert "about 246 people" in said
    assert not (folder / FILE).exists()


@pytest.mark.req("ACC-08")
def test_a_folder_that_is_no_node_s_stays_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert calibrate_cli.main(["--data", str(tmp_path)]) == 1
    assert "no node's" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.req("SEC-18")
def test_templates_of_a_model_nobody_measured_are_not_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = node(tmp_path / "node", vectors(3), model="another")
    assert calibrate_cli.main(["--data", str(folder)]) == 1
    assert "3 stored" in capsys.readouterr().err


@pytest.mark.req("ACC-08")
def test_a_person_enrolled_twice_is_named_and_does_not_raise_the_threshold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = vectors(260)
    folder = node(tmp_path / "node", np.stack([*rows, rows[0]]))
    assert calibrate_cli.main(["--data", str(folder), "--write"]) == 0
    shown = capsys.readouterr().out
    assert str(UUID(int=1)) in shown
    assert str(UUID(int=261)) in shown
    site = read_site_thresholds(folder)
    assert site is not None
    assert (site.twins_left_out, site.verify.least < SAME) == (1, True)


@pytest.mark.req("PRIV-09")
def test_the_file_holds_no_person_and_is_private(tmp_path: Path) -> None:
    folder = node(tmp_path / "node", vectors(260))
    assert calibrate_cli.main(["--data", str(folder), "--write"]) == 0
    assert str(UUID(int=7)) not in (folder / FILE).read_text()
    assert (folder / FILE).stat().st_mode & 0o077 == 0


@pytest.mark.req("ACC-08")
def test_a_log_that_is_no_log_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = node(tmp_path / "node", vectors(260))
    sqlite3.connect(folder / "journal.db").execute("CREATE TABLE other(x)").connection.close()
    assert calibrate_cli.main(["--data", str(folder)]) == 1
    assert "log cannot be read" in capsys.readouterr().err
