"""What somebody writes down as a tariff: read by the model itself, and refused in words at its place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from central.base.kernel.i18n import LANGUAGES, words_in
from central.gates.parking.tariffs.starts import STARTS
from central.gates.parking.tariffs.terms import DISAGREEMENTS, read_terms, terms_of
from central.gates.parking.tariffs.words import finding_said
from models.parking import tariff as model
from models.parking.tariff import Tariff
from tests.models.parking import tariffs as examples
from tests.models.parking.tariffs import T1, at

START = at("2027-01-01 00:00")
BLOCK = {"minutes": 60, "fen": 2_00}
BLOCKS = {"kind": "blocks", "next": BLOCK}


def read(terms):
    return read_terms(terms, "样例", START)


def found(terms):
    findings = read(terms)
    assert not isinstance(findings, Tariff)
    return [(one.path, one.word) for one in findings]


@pytest.mark.parametrize(
    ("start", "example"),
    [("blocks", "T1"), ("blocks_deducted", "T2"), ("blocks_by_day", "T3"), ("bands", "T4A"), ("per_use", "T5"),
     ("staged", "T6"), ("per_minute", "T7")],
)  # fmt: skip
def test_a_usual_start_is_the_tariff_of_its_worked_examples(start, example):
    assert terms_of(read(STARTS[start])) == terms_of(getattr(examples, example))


@pytest.mark.parametrize("name", [name for name in dir(examples) if name.startswith("T") and name[1:2].isdigit()])
def test_terms_that_are_written_down_again_are_the_same(name):
    example = getattr(examples, name)
    again = read(terms_of(example))
    assert isinstance(again, Tariff)
    given = {"tariff_id": example.tariff_id, "version": 1, "name": example.name, "starts_at": example.starts_at}
    assert again.model_copy(update=given) == example


@pytest.mark.parametrize(
    ("terms", "wrong"),
    [
        ({}, [("rates", "missing")]),
        ({"rates": {"kind": "hourly"}}, [("rates", "kind")]),
        ({"rates": {"kind": "blocks", "next": {"minutes": 0, "fen": "x"}}},
         [("rates.next.minutes", "least"), ("rates.next.fen", "whole")]),
        ({"rates": BLOCKS, "caps": {"fen": 1}}, [("caps", "unknown")]),
        ({"rates": {"kind": "blocks", "next": BLOCK | {"fens": 1}}}, [("rates.next.fens", "unknown")]),
        ({"rates": BLOCKS, "classes": [{"vehicle_class": "small", "percent": 5}]}, [("classes.0.percent", "unknown")]),
        ({"rates": BLOCKS, "version": 7}, [("version", "unknown")]),
        ({"rates": BLOCKS, "free": {"mode": "often"}}, [("free.mode", "choice")]),
        ({"rates": BLOCKS, "round_up": "maybe"}, [("round_up", "yes_no")]),
        ({"rates": BLOCKS, "minimum": 5, "maximum": 1}, [("", "highest_low")]),
        ({"rates": {"kind": "bands", "bands": [{"start": 0, "end": 60, "block": BLOCK}]}}, [("rates", "bands_tile")]),
        ({"rates": {"kind": "staged", "stages": [{"until": 9, "block": BLOCK}]}}, [("rates", "stages_end")]),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_named_at_its_place(terms, wrong):
    assert found(terms) == wrong
    for language in LANGUAGES:
        for finding in read(terms):
            said = finding_said(words_in(language), finding)
            assert said and "parking." not in said and "{" not in said


def test_choices_are_listed_in_the_reader_s_own_way():
    (finding,) = read({"rates": BLOCKS, "free": {"mode": "often"}})
    assert finding_said(words_in("zh_CN"), finding) == "只能是其中之一：threshold、deducted。"


def test_every_disagreement_that_the_model_knows_has_its_words():
    """A new check of the model without words of ours would be told as "cannot be read"."""
    tree = ast.parse(Path(model.__file__).read_text("utf-8"))
    said = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ValueError"
        and isinstance(node.args[0], ast.Constant)
    }  # fmt: skip
    of_others = {
        "a coupon gives minutes, percent or money, and one of them only",
        "a stay cannot end before it began; correct one of the two instants",
    }
    assert said - of_others <= set(DISAGREEMENTS)
    assert all(words_in("en").has(f"parking.terms.{word}") for word in DISAGREEMENTS.values())


def test_a_tariff_keeps_its_name_and_start_and_is_not_numbered_yet():
    tariff = read(terms_of(T1))
    assert (tariff.name, tariff.starts_at) == ("样例", START)
    assert tariff.tariff_id.int == 0
