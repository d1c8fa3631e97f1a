"""The files of the project: what git tracks or would track. Build outputs and caches are not the project's."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("edge", "central", "devices", "models", "scripts")


@cache
def files() -> tuple[Path, ...]:
    """Paths relative to ROOT. Works as any user: git asks who owns the tree, and is told that it may read it."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return tuple(sorted({Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()}))


def python_of(*packages: str) -> list[Path]:
    return [path for path in files() if path.suffix == ".py" and path.parts[0] in packages]
