"""The arrows of the house, held by import-linter, and what it cannot see: purity, and modules outside its graph."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from tests.architecture.tree import PACKAGES, ROOT, python_of

PURE_STDLIB = {
    "base64", "bisect", "collections", "contextlib", "datetime", "difflib", "enum", "fractions", "functools", "hashlib",
    "heapq", "itertools", "json", "math", "operator", "re", "typing", "unicodedata", "uuid",
}  # fmt: skip
PURE_LIBRARIES = {"pydantic", "cbor2", "base45", "nacl"}
SHELLS = {Path("models/values/time.py"), Path("models/values/ids.py")}  # where the wall clock and randomness come in
SPEAKS = {Path("models/command_line.py"): {"argparse", "sys"}}  # reads a call and answers it; opens nothing


def contracts() -> dict[str, object]:
    linter: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    return linter


def test_every_import_follows_the_arrows(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setattr("importlinter.cli.logging_config.dictConfig", lambda _: None)  # it would silence our loggers
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    assert status == 0, capsys.readouterr().out


def test_the_arrows_are_those_of_the_house() -> None:
    """A contract that was loosened would keep the test above green."""
    linter = contracts()
    assert set(linter["root_packages"]) == set(PACKAGES)
    layers = [c for c in linter["contracts"] if c["type"] == "layers" and len(c["layers"]) == 4]
    assert [c["layers"] for c in layers] == [["scripts", "edge | central", "devices", "models"]]
    floors = [[layer.removeprefix("central.") for layer in c["layers"]] for c in linter["contracts"]
              if c["type"] == "layers" and c["layers"][-1].startswith("central.")]  # fmt: skip
    assert floors == [
        ["bootstrap", "app", "oversight", "gates.face_enrolment", "gates.coverage", "gates.nodes", "gates.visits",
         "gates.parking", "gates.access", "gates.ingest", "money.receipts", "money.payments",
             "money.ledger", "people", "base"],
        ["base.identity", "base.web", "base.kernel"],
    ]  # fmt: skip
    forbidden = {(s, f) for c in linter["contracts"] if c["type"] == "forbidden"
                 for s in c["source_modules"] for f in c["forbidden_modules"]}  # fmt: skip
    assert ("central", "devices") in forbidden
    assert {("models", name) for name in ("sqlalchemy", "fastapi", "httpx", "cv2", "serial")} <= forbidden
    assert not any(c.get("ignore_imports") for c in linter["contracts"])


def test_every_folder_of_code_is_a_package_that_the_linter_sees() -> None:
    """Without __init__.py a folder is no part of the graph, and its imports go unchecked. Alembic's own are apart."""
    folders = {path.parent for path in python_of(*PACKAGES) if "migrations" not in path.parts}
    assert not [str(folder) for folder in sorted(folders) if not (ROOT / folder / "__init__.py").is_file()]


def _imports(path: Path) -> set[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return found | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("path", python_of("models"), ids=str)
def test_models_imports_nothing_that_could_open_something(path: Path) -> None:
    allowed = (
        PURE_STDLIB | PURE_LIBRARIES | {"models"} | ({"os", "time"} if path in SHELLS else SPEAKS.get(path, set()))
    )
    assert {name.split(".")[0] for name in _imports(path)} <= allowed


@pytest.mark.req("GEN-05")
@pytest.mark.parametrize("path", [p for p in python_of("models") if p not in SHELLS], ids=str)
def test_a_rule_asks_no_clock_and_draws_no_lot(path: Path) -> None:
    """Time is an argument: the same facts must give the same answer at the gate, at central, and in a year."""
    called = {
        getattr(node.func, "attr", getattr(node.func, "id", ""))
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
        if isinstance(node, ast.Call)
    }
    clocks = {"now", "utcnow", "today", "utc_now", "time", "monotonic", "time_ns"}
    assert called.isdisjoint(clocks | {"urandom", "random", "uuid4", "new_id", "open"})


_IMPORT_ALL = """
import importlib, pkgutil, sys, traceback
name, failed = sys.argv[1], 0
for found in [None, *pkgutil.walk_packages(importlib.import_module(name).__path__, name + ".")]:
    module = found.name if found else name
    if module.endswith(".__main__") or ".migrations" in module:
        continue
    try:
        importlib.import_module(module)
    except BaseException:
        failed = 1
        print(module, traceback.format_exc(), sep="\\n")
sys.exit(failed)
"""


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_can_be_imported_on_its_own(package: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _IMPORT_ALL, package], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
