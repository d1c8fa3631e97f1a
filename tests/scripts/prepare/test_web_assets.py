"""Page assets: named by hash alone, fetched once, and only what is served is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.prepare import web_assets
from scripts.prepare.web_assets import SERVED, WebAssetsMissing, prepare_web_assets

SOURCE = Path(__file__).resolve().parents[3] / "central" / "base" / "web"


@pytest.fixture
def npm(monkeypatch):
    """npm that needs no network: each call is noted, and puts there what the lock would."""
    calls = []

    def pretend(folder: Path) -> None:
        calls.append(folder)
        for source in SERVED.values():
            file = folder / "node_modules" / source
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"content of {source}")
        (folder / "node_modules" / "never-served.js").write_text("x")

    monkeypatch.setattr(web_assets, "_npm_ci", pretend)
    return calls


def test_only_what_is_served_is_kept_and_the_second_call_fetches_nothing(npm, tmp_path):
    said: list[str] = []
    served = prepare_web_assets(tmp_path, said.append)
    assert served == tmp_path / "web"
    kept = {str(path.relative_to(served)) for path in served.rglob("*") if path.is_file() and path.name[0] != "."}
    assert kept == set(SERVED)
    assert [path.name for path in tmp_path.iterdir()] == ["web"], "npm's own folder is gone"
    assert prepare_web_assets(tmp_path, said.append) == served
    assert (len(npm), len(said)) == (1, 2)


def test_a_missing_file_or_another_lock_is_fetched_again(npm, tmp_path, monkeypatch):
    served = prepare_web_assets(tmp_path)
    (served / next(iter(SERVED))).unlink()
    prepare_web_assets(tmp_path)
    monkeypatch.setattr(web_assets, "SERVED", SERVED | {"htmx/again.js": "htmx.org/dist/htmx.min.js"})
    prepare_web_assets(tmp_path)
    assert len(npm) == 3


def test_npm_that_cannot_run_is_told_in_words_and_leaves_nothing_half_done(tmp_path, monkeypatch):
    monkeypatch.setattr(web_assets.sys, "executable", str(tmp_path / "no-python-here"))
    with pytest.raises(WebAssetsMissing, match="npm did not finish"):
        prepare_web_assets(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_lock_names_every_package_by_hash_and_no_address():
    lock = json.loads((SOURCE / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages and all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert "://" not in (SOURCE / "package-lock.json").read_text()
    assert "omit-lockfile-registry-resolved=true" in (SOURCE / ".npmrc").read_text()
    wanted = json.loads((SOURCE / "package.json").read_text())["dependencies"]
    assert {f"node_modules/{name}": version for name, version in wanted.items()}.items() <= {
        name: entry["version"] for name, entry in packages.items()
    }.items()
