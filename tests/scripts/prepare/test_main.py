"""`python -m scripts.prepare`: what cannot be fetched is told in words, below what was said before it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from scripts.setup import ROOT
from tests.scripts.test_words import in_both

WITHOUT_NPM = """
import sys
from scripts.prepare import __main__ as prepare
from scripts.prepare.web_assets import WebAssetsMissing
def behind_a_proxy(cache, say):
    say("fetching")
    raise WebAssetsMissing("npm error code SELF_SIGNED_CERT_IN_CHAIN")
prepare.prepare_weights = prepare.prepare_plate_weights = lambda cache, say: say("weights")
prepare.prepare_web_assets = behind_a_proxy
prepare.main()
"""


def test_without_npm_s_files_the_next_step_is_told_in_words_alone_and_last(tmp_path: Path) -> None:
    call = [sys.executable, "-P", "-c", WITHOUT_NPM, "--cache", str(tmp_path)]
    done = subprocess.run(call, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    told = done.stdout.splitlines()
    assert done.returncode == 1 and "Traceback" not in done.stdout
    assert told[:4] == ["weights", "weights", "fetching", "npm error code SELF_SIGNED_CERT_IN_CHAIN"]
    words = "\n".join(told[4:])
    assert in_both(words) and words.count("NODE_EXTRA_CA_CERTS") == 2 and words.count("npm_config_registry") == 2
    assert len(told) <= 15, "set-up shows the end of its log"
