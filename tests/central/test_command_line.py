"""`python -m central` explains itself in both languages, and says what is wrong with a call."""

from __future__ import annotations

import os
import re

import pytest

from central import reset_password
from central.__main__ import parse

BOTH = re.compile(r"[\u4e00-\u9fff][^\n]*\n[^\n]*[A-Za-z]{3,}")


def test_every_option_is_explained_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    for ask in (parse, reset_password.parse):
        with pytest.raises(SystemExit, match="0"):
            ask(["--help"])
        told = capsys.readouterr().out
        for option in re.split(r"\n(?=  -)", told)[1:]:
            assert BOTH.search(option), option
        assert "退出码" in told and "exit codes" in told


@pytest.mark.parametrize(
    ("call", "named"),
    [
        ([], ["缺少：--data", "missing: --data"]),
        (["--data", "x", "--prot", "8080"], ["不认识：--prot", "did you mean --port?"]),
        (["--data", "x", "--port", "65536"], ["端口是 0 到 65535", "from 0 to 65535"]),
        (["resetpassword", "--data", "x"], ["是不是 reset-password", "did you mean reset-password?"]),
        (["--data", "x", "--log-level", "DEBG"], ["是不是 DEBUG", "did you mean DEBUG?"]),
    ],
)
def test_a_wrong_call_is_told_in_both_languages(
    capsys: pytest.CaptureFixture[str], call: list[str], named: list[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(call)
    told = capsys.readouterr().err
    assert all(one in told for one in named), told


@pytest.mark.parametrize("name", [os.fsdecode(b"\xff"), "chen\x1b[2J", "chen\n"])
def test_a_name_that_cannot_be_shown_is_a_wrong_call(capsys: pytest.CaptureFixture[str], name: str) -> None:
    for ask, option in ((reset_password.parse, "--login"), (parse, "--admin"), (parse, "--company")):
        with pytest.raises(SystemExit, match="2"):
            ask(["--data", "x", option, name])
        told = capsys.readouterr().err
        assert "显示不了的字符" in told and "holds what cannot be shown" in told and name not in told
