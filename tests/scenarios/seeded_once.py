"""The sample community, made once for a run of the tests: every story begins with a copy of it.

Making it takes a process, a cluster and ten seconds of a core; what is copied is what the demo's own seeding left.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from central.base.postgres.ways import relocated
from scripts.demo.seeded import FILE, known
from scripts.demo.site import DemoSite
from scripts.setup import ROOT

SEEDED = """
from datetime import timedelta
from central.gates.nodes import enrolment
from scripts.demo.seeding import main
enrolment.TOKEN_LIFE = timedelta(hours=6)
main()
"""
"""The demo's seeding; its node's one-time token lives as long as the run, for copies are made until its end."""


def seeding(factory: pytest.TempPathFactory) -> Callable[[DemoSite, bool], None]:
    """What takes the place of DemoSite._seed: all processes of one run share the first one's community."""
    base = factory.getbasetemp()
    whole = (base.parent if base.name.startswith("popen-") else base) / "seeded"
    whole.mkdir(mode=0o700, exist_ok=True)

    def seed(site: DemoSite, with_token: bool) -> None:
        with (whole / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (whole / FILE).exists():
                _make(whole)
        copy(whole, site.folder)
        site.seeded = known(site.folder / FILE)
        if not with_token:
            del site.seeded["node_token"]

    return seed


def _make(whole: Path) -> None:
    shutil.rmtree(whole / "central", ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-P", "-c", SEEDED, "--data", str(whole / "central"), "--out", str(whole / "half.json"),
         "--node-token"],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    (whole / "half.json").replace(whole / FILE)


def copy(whole: Path, folder: Path) -> None:
    """Everything of a central that is not running, wherever its database lies."""
    shutil.copytree(whole / "central", folder / "central", symlinks=True)
    apart, own = (relocated((one / "central" / "postgres").resolve()) for one in (whole, folder))
    if apart.exists():
        shutil.copytree(apart, own, symlinks=True)
    shutil.copy2(whole / FILE, folder / FILE)
