"""The house itself: what may stand at its top, how large a file may grow, and that nothing foreign lies in it."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, files, python_of

TOP = {
    "edge", "central", "devices", "models", "scripts", "tests", "pyproject.toml", "README.md", "README.zh-CN.md",
    "requirements.lock", ".ci",
}  # fmt: skip
PYTHON_LINES_MAX = 500
LARGEST_FILE_BYTES = 400_000
REQUIREMENT = re.compile(r"^([A-Z]+-E?|P)\d{2}$")


def text_of(path: Path) -> str:
    return (ROOT / path).read_text("utf-8", errors="replace")


def test_nothing_stands_at_the_top_but_what_belongs_there() -> None:
    top = {path.parts[0] for path in files()}
    assert not {name for name in top - TOP if not name.startswith(".")}


def test_everything_that_belongs_at_the_top_is_there() -> None:
    assert {path.parts[0] for path in files()} >= TOP


def test_every_folder_at_the_top_says_what_it_is_on_one_screen() -> None:
    for folder in (*PACKAGES, "tests"):
        readme = ROOT / folder / "README.md"
        assert readme.is_file(), f"{folder}/README.md is missing"
        assert len(readme.read_text("utf-8").splitlines()) <= 80, f"{folder}/README.md is more than a screen"


@pytest.mark.parametrize("path", python_of(*PACKAGES), ids=str)
def test_a_file_fits_in_a_head(path: Path) -> None:
    assert len(text_of(path).splitlines()) <= PYTHON_LINES_MAX


def test_no_file_is_binary_or_large() -> None:
    """Pictures, weights and recordings are made or fetched at set-up; what lies here can be read and reviewed."""
    for path in files():
        content = (ROOT / path).read_bytes()
        assert b"\0" not in content, f"{path} is binary"
        content.decode("utf-8")
        assert len(content) <= LARGEST_FILE_BYTES, f"{path} is {len(content)} bytes"


def test_nothing_here_was_copied_in() -> None:
    """Third-party scripts and styles come from packages at set-up. Long lines and banners give copies away."""
    foreign = {"node_modules", "vendor", "vendored", "third_party", "thirdparty", "bower_components", "dist"}
    for path in files():
        assert foreign.isdisjoint(path.parts), path
        assert ".min." not in path.name, path
        if path.suffix in {".js", ".css", ".html", ".svg"}:
            text = text_of(path)
            assert max(map(len, text.splitlines()), default=0) <= 1000, f"{path} looks minified"
            assert not re.search(r"/\*!|@license|@preserve|sourceMappingURL|Copyright", text), f"{path} looks copied"


def test_no_file_names_the_folder_it_was_written_in() -> None:
    assert len(ROOT.parts) < 3 or not [path for path in files() if str(ROOT) in text_of(path)]


def lock() -> dict[str, list[str]]:
    """name==version -> its hashes."""
    pins: dict[str, list[str]] = {}
    for line in text_of(Path("requirements.lock")).replace("\\\n", " ").splitlines():
        body = line.split(" #")[0].strip()
        if body and not body.startswith("#"):
            requirement, *hashes = body.split("--hash=")
            pins[requirement.strip()] = [h.strip() for h in hashes]
    return pins


def test_every_pin_has_hashes_and_no_address() -> None:
    assert "://" not in text_of(Path("requirements.lock"))
    pins = lock()
    assert len(pins) > 50
    for requirement, hashes in pins.items():
        assert re.match(r"^[A-Za-z0-9._-]+(\[[\w,-]+\])?==[^\s;]+(\s*;.*)?$", requirement), requirement
        assert hashes, f"{requirement} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), requirement


def test_every_dependency_is_pinned() -> None:
    def plain(requirement: str) -> str:
        return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower().replace("_", "-")

    project = tomllib.loads(text_of(Path("pyproject.toml")))["project"]
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    assert {plain(each) for each in wanted} <= {plain(each) for each in lock()}


def test_requirements_are_named_as_their_list_names_them() -> None:
    """A mark with a typing error would prove a requirement that does not exist."""
    for path in python_of("tests"):
        for node in ast.walk(ast.parse(text_of(path))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "req":
                ids = [getattr(argument, "value", None) for argument in node.args]
                assert ids, f"{path}:{node.lineno} names nothing"
                assert all(isinstance(i, str) and REQUIREMENT.match(i) for i in ids), f"{path}:{node.lineno} {ids}"
