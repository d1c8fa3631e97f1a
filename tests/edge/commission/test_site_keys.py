"""Every key of the site file is explained to who writes one in an editor, in both languages."""

from __future__ import annotations

import re
import tomllib

from devices.registry import check_address
from edge.commission.setting_words import MEANINGS, OTHERS, SETTINGS
from edge.commission.settings import every_setting
from edge.commission.site_keys import explained
from edge.site import LaneSite, Site


def test_every_key_has_its_words_once() -> None:
    keys = {setting.key for setting in every_setting()}
    assert keys == SETTINGS.keys() | OTHERS.keys() and not SETTINGS.keys() & OTHERS.keys()
    assert MEANINGS.keys() <= {setting.key for setting in every_setting() if setting.words}
    for words in (SETTINGS | OTHERS | MEANINGS).values():
        assert re.search(r"[\u4e00-\u9fff]", words.zh) and not re.search(r"[\u4e00-\u9fff]", words.en)


def test_no_key_of_a_table_is_left_out() -> None:
    told = explained()
    for name in (
        *Site.model_fields,
        *(f"lane.{name}" for name in ("contacts", "lift", "barrier", "intercom", "liveness_model")),
    ):
        assert f"\n[{name}]\n" in told or f"\n[[{name}]]\n" in told
    lane = told.split("\n[[lane]]\n")[1].split("\n[")[0]
    plain = LaneSite.model_fields.keys() - {"contacts", "lift", "barrier", "intercom", "liveness_model"}
    assert set(re.findall(r"^(\w+) = ", lane, re.MULTILINE)) == plain


def test_what_holds_without_a_key_is_written_as_the_file_writes_it() -> None:
    for line in explained().splitlines():
        if re.match(r"\w+ = [^…]", line):
            tomllib.loads(line)
    assert "escape_route = false" in explained() and 'listen = "127.0.0.1"' in explained()


def test_every_example_of_an_address_is_one_that_the_check_takes() -> None:
    found = [
        (setting.key.partition(".")[2], address)
        for setting in every_setting()
        for line in [(SETTINGS | OTHERS)[setting.key]]
        for text in (line.zh, line.en)
        for address in re.findall(r"[a-z0-9]+(?:\+[a-z0-9]+)?://[^\s；，。,]+", text)
    ]
    assert {key for key, _ in found} >= {"relay", "camera", "scanner", "reader"}
    for key, address in found:
        check_address(address, key)


def test_a_required_key_is_not_said_to_be_left_empty() -> None:
    for line in explained().splitlines():
        assert not ("required" in line and "empty" in line) and not ("必填" in line and "空着" in line), line
