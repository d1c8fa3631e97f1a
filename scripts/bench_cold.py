"""From a fresh clone to the first opened door: what somebody waits who tries Menting for the first time.

The last commit is cloned into an empty folder, and set-up runs there as anybody's would: packages come from this
machine's own caches and its index, as they are. Then that clone's own Python, in a process of its own, starts the demo
site and shows passes until a door opens. Everything is held to two cores.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts.setup import ROOT

LIMIT_S = 180.0
CORES = 2
NODE_S = 60.0


def measure(progress: Callable[[int, int], None]) -> list[dict[str, Any]]:
    """One row for the whole, against its limit, and one for each phase. Takes minutes, and about 1.5 GB meanwhile."""
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="menting-cold-") as name, _on_cores(CORES) as cores:
        clone, began = Path(name) / "clone", time.monotonic()
        marks: dict[str, float] = {}
        _run(["git", "clone", "-q", str(ROOT), str(clone)], Path(name))
        marks["clone of the last commit"] = time.monotonic() - began
        progress(1, 3)
        _run([_python(), "scripts/setup.py"], clone)
        marks["set-up: packages by hash, models, page assets"] = time.monotonic() - began
        progress(2, 3)
        before = time.monotonic() - began
        said = _run(
            [str(clone / ".venv/bin/python"), "-P", "-m", "scripts.bench_cold", str(Path(name) / "site")], clone
        )
        marks |= {phase: before + seconds for phase, seconds in json.loads(said.splitlines()[-1]).items()}
        progress(3, 3)
    installer = "uv" if shutil.which("uv") else "pip"
    load = f"load {load_before:.1f} before, {os.getloadavg()[0]:.1f} after, on {cores} cores"
    return [_whole(max(marks.values()), f"{installer} with this machine's caches; {load}"), *_phases(marks)]


def _whole(seconds: float, how: str) -> dict[str, Any]:
    return {
        "figure": "fresh clone to the first opened door",
        "measured": f"{seconds:.0f} s ({how})",
        "goal": "at most 1.0 of the limit",
        "peer": f"{LIMIT_S:.0f} s",
        "ratio": seconds / LIMIT_S,
        "goal_ratio": 1.0,
        "met": seconds <= LIMIT_S,
    }


def _phases(marks: dict[str, float]) -> Iterator[dict[str, Any]]:
    """`marks`: when each phase was over, from the beginning, in order."""
    before = 0.0
    for phase, at in marks.items():
        yield {"figure": f"of it: {phase}", "measured": f"{at - before:.1f} s", "goal": "–", "peer": "–",
               "ratio": None, "met": None}  # fmt: skip
        before = at


@contextmanager
def _on_cores(most: int) -> Iterator[int]:
    """This process and its children on so many cores at most. How many they are."""
    before = os.sched_getaffinity(0)
    chosen = set(sorted(before)[:most])
    os.sched_setaffinity(0, chosen)
    try:
        yield len(chosen)
    finally:
        os.sched_setaffinity(0, before)


def _python() -> str:
    """The machine's own Python, under which this environment was made; the environment is what is to be made anew."""
    return str(getattr(sys, "_base_executable", sys.executable))


def _run(command: list[str], folder: Path) -> str:
    """What it printed. Nothing of this environment goes along: neither its path nor its caches."""
    ours = {"PYTHONPATH", "VIRTUAL_ENV", "MENTING_CACHE", "PYTHONHOME"}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:3])}: {(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


def _play(folder: Path) -> dict[str, float]:
    """In the clone: the demo site, from nothing to an opened door. When each phase was over."""
    from scripts.bench_start import _until_opened
    from scripts.demo.site import DemoSite

    began = time.monotonic()
    said: list[float] = []
    site = DemoSite(folder, lambda text: said.append(time.monotonic() - began), {})
    try:
        site.start(0)
        _until_started(folder / "node" / "journal.db")
        started = time.monotonic() - began
        _until_opened(site)
        opened = time.monotonic() - began
    finally:
        site.close()
    _, _, central_ready, _ = said  # it says what it begins: sample community, central, enrolment, node
    return {
        "sample community made, central ready": central_ready,
        "node enrolled, faces enrolled, node started": started,
        "first door": opened,
    }


def _until_started(journal: Path) -> None:
    """Wait for the node's first word in its own journal."""
    deadline = time.monotonic() + NODE_S
    while time.monotonic() < deadline:
        try:
            with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as file:
                if file.execute("SELECT count(*) FROM events").fetchone()[0]:
                    return
        except sqlite3.Error:
            pass  # the file is not there, or not yet whole
        time.sleep(0.05)
    raise TimeoutError("the node said nothing within a minute")


if __name__ == "__main__":
    print(json.dumps(_play(Path(sys.argv[1]))))
