"""A file that a person names: ordinary and bounded, or refused at once."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from devices.named_file import read_named


def test_an_ordinary_file_is_read_up_to_its_bound(tmp_path):
    path = tmp_path / "site.toml"
    path.write_bytes(b"12345")
    assert read_named(path, 5) == b"12345"
    with pytest.raises(OSError) as refused:
        read_named(path, 4)
    assert refused.value.errno == errno.EFBIG


def test_what_never_ends_and_what_never_begins_is_refused_at_once(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (Path("/dev/zero"), pipe, tmp_path):
        with pytest.raises(OSError, match="Not an ordinary file"):
            read_named(path, 100)
