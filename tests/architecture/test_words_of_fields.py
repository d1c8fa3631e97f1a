"""What is said beside a field says all of it: whoever names words with gaps in them gives what fills the gaps."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from central.base.kernel.i18n import CENTRAL, LANGUAGES, read_catalogue

ROOT = CENTRAL.parent
SAID_OTHERWISE = {"Conflict", "Forbidden", "Gone", "NotFound", "TooMany", "Unavailable", "record", "t", "words"}
"""Calls whose first words are not those of a field."""


@cache
def gaps() -> dict[str, frozenset[str]]:
    """Key -> the names of the gaps in its words, in whichever language."""
    found: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for key, text in read_catalogue(CENTRAL, language)[0].items():
            for form in text if isinstance(text, tuple) else (text,):
                found.setdefault(key, set()).update(name for _, name, _, _ in string.Formatter().parse(form) if name)
    return {key: frozenset(names) for key, names in found.items() if names}


@dataclass(frozen=True)
class Module:
    path: Path
    tree: ast.Module
    functions: dict[str, ast.FunctionDef]
    from_others: dict[str, tuple[str, str]]


@cache
def module(path: Path) -> Module:
    tree = ast.parse(path.read_text("utf-8"))
    functions = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
    others = {
        alias.asname or alias.name: (one.module or "", alias.name)
        for one in ast.walk(tree)
        if isinstance(one, ast.ImportFrom)
        for alias in one.names
    }
    return Module(path, tree, functions, others)


def file_of(dotted: str) -> Path | None:
    path = ROOT / (dotted.replace(".", "/") + ".py")
    return path if path.exists() else None


def keys_in(here: Module, node: ast.AST, seen: frozenset[tuple[Path, str]] = frozenset()) -> Iterator[str]:
    """Keys of words with gaps that this piece of code names, or a function of ours that it calls; not what it refuses
    with itself, which is looked at where it does."""
    passed_over = {
        id(one)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Invalid"
        for one in ast.walk(call)
    } | {
        id(call.args[0])
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and call.args
        and (call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")) in SAID_OTHERWISE
    }  # fmt: skip
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in passed_over:
            if one.value in gaps():
                yield one.value
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Name):
            yield from _called(here, one.func.id, seen)


def _called(here: Module, name: str, seen: frozenset[tuple[Path, str]]) -> Iterator[str]:
    there: Module | None = here
    if name in here.from_others:
        dotted, name = here.from_others[name]
        path = file_of(dotted)
        there = module(path) if path is not None else None
    if there is None or name not in there.functions or (there.path, name) in seen:
        return
    function = there.functions[name]
    if not any(one.arg == "t" for one in function.args.args):  # whoever has words at hand gives finished ones
        yield from keys_in(there, function, seen | {(there.path, name)})


def unfilled(here: Module) -> Iterator[str]:
    for function in here.functions.values():
        for call in ast.walk(function):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Invalid"):
                continue
            given = {one.arg for one in call.keywords}
            fields = next((one.value for one in call.keywords if one.arg == "fields"), None)
            if fields is None or None in given:
                continue
            written = isinstance(fields, ast.Dict) and all(isinstance(one, ast.Constant) for one in fields.values)
            for key in [*keys_in(here, fields), *(() if written else keys_in(here, function))]:
                lacking = gaps()[key] - given
                if lacking:
                    yield f"{here.path.relative_to(ROOT)}:{call.lineno}: {key} lacks {sorted(lacking)}"


def test_words_beside_a_field_have_what_fills_them() -> None:
    files = sorted((ROOT / "central").rglob("*.py"))
    assert sum("Invalid(" in path.read_text("utf-8") for path in files) > 50
    assert sorted({line for path in files for line in unfilled(module(path))}) == []


def test_a_field_whose_words_lack_something_is_found() -> None:
    key = "attacks.no.note"
    names = sorted(gaps()[key])
    other = f"def wrong():\n    return {{'note': '{key}'}}\n"
    for body, found in (
        (f"def f():\n    raise Invalid(fields={{'note': '{key}'}})\n", True),
        (f"{other}def f():\n    problems = wrong()\n    raise Invalid(fields=problems, most=1)\n", True),
        (f"{other}def f():\n    raise Invalid(fields=wrong(), {', '.join(f'{one}=1' for one in names)})\n", False),
    ):
        path = ROOT / "central" / "a_file_that_is_not_there.py"
        tree = ast.parse(body)
        functions = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
        made = Module(path, tree, functions, {})
        assert bool(list(unfilled(made))) is found, body
