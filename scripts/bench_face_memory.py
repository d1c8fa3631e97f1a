"""How much memory the face parts of a node take: run by `scripts/bench face`, in a process that does nothing else.

python -m scripts.bench_face_memory CACHE PEOPLE      prints "now most", both in MB resident
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from pathlib import Path

from edge.store.keys import KeyRing
from edge.store.templates import Templates
from edge.verify.face.checker import FaceChecker
from edge.verify.face.examine import FaceReader
from edge.verify.face.weights import MODEL
from scripts.bench_face_speed import gate_frame, strangers
from scripts.prepare.demo_faces import prepare_demo_faces


def main() -> int:
    cache, people = Path(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="menting-bench-") as name:
        folder = Path(name)
        filling = multiprocessing.get_context("spawn").Process(target=fill, args=(folder, people))
        filling.start()  # what writing them takes is not what a running node holds
        filling.join()
        keys, templates = _open(folder)
        checker = FaceChecker(FaceReader.open(cache / "weights"), templates)
        frame = gate_frame(prepare_demo_faces(cache, fetch=False).pictures("astronaut")[0], 1)
        found = checker.search(frame)
        if found.score is None:
            raise RuntimeError(f"the frame was not searched: {found.status} {found.quality}")
        print(resident_mb("VmRSS"), resident_mb("VmHWM"))
        templates.close()
        keys.close()
    return 0


def fill(folder: Path, people: int) -> None:
    keys, templates = _open(folder)
    for person, template in strangers(people, MODEL):
        templates.put(person, template.to_bytes(), template.model)
    templates.close()
    keys.close()


def _open(folder: Path) -> tuple[KeyRing, Templates]:
    keys = KeyRing.open(folder / "keys")
    return keys, Templates.open(folder / "templates.db", keys)


def resident_mb(field: str) -> float:
    """VmRSS (now) or VmHWM (the most until now) of this process, from the kernel's own account."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:"))


if __name__ == "__main__":
    sys.exit(main())
