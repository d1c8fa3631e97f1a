"""One site in real processes per test: central with its PostgreSQL, one gate node, simulated hardware."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from scripts.demo.site import DemoSite
from scripts.prepare.demo_faces import prepare_demo_faces
from scripts.prepare.weights import prepare_weights
from scripts.setup import CACHE
from tests.scenarios.seeded_once import seeding
from tests.scenarios.story import Story


@pytest.fixture
def prepared(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is fetched: what set-up prepared is used. The sample community is made once for all stories."""
    prepare_weights(CACHE)
    monkeypatch.setattr("scripts.demo.site.prepare_demo_faces", partial(prepare_demo_faces, fetch=False))
    monkeypatch.setattr(DemoSite, "_seed", seeding(tmp_path_factory))


@pytest.fixture
def story(tmp_path: Path, prepared: None) -> Iterator[Story]:
    """Up, enrolled, signed in, and the node seen by central."""
    site = DemoSite(tmp_path / "site", lambda text: print(text, flush=True), {}, check=True)
    try:
        site.start(0)
        story = Story(site)
        story.until(story.is_online, "the node is seen by central")
        yield story
    finally:
        site.close()
