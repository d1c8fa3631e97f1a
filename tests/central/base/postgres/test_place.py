"""Refusals in words: another version, no space, no right to write, no program."""

from __future__ import annotations

import errno
import os
import pwd
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from central.base.postgres import place as place_module
from central.base.postgres import programs as programs_module
from central.base.postgres.errors import (
    DiskFull,
    NoAccount,
    NotWritable,
    OtherVersion,
    ProgramsMissing,
    explain,
    of_system,
)
from central.base.postgres.place import Place, make_cluster, settle
from central.base.postgres.programs import find_programs, version_of
from central.base.postgres.ways import SHARED_UIDS, Way, free_uid


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return Place(tmp_path, Way("plain", os.geteuid()), find_programs())


def test_a_folder_of_another_major_version_is_refused_and_left_alone(here):
    here.data.mkdir()
    (here.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(OtherVersion) as refused:
        make_cluster(here)
    assert "PostgreSQL 16" in str(refused.value) and "pg_dump" in str(refused.value)
    assert [path.name for path in here.folder.iterdir()] == ["data"]


def test_no_space_is_said_before_anything_is_made(here, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 1024))
    with pytest.raises(DiskFull, match="no space left"):
        make_cluster(here)
    assert list(here.folder.iterdir()) == []


def test_without_an_account_it_is_said_in_both_languages_before_anything_is_made(here, monkeypatch):
    monkeypatch.setattr(pwd, "getpwuid", nobody_has)
    monkeypatch.setenv("PATH", "/nowhere")  # nor can a name be borrowed
    with pytest.raises(NoAccount, match=rf"没有账户(.|\n)*useradd --uid {os.geteuid()}(.|\n)*has no account"):
        make_cluster(Place(here.folder, Way("plain", os.geteuid()), here.programs))
    assert list(here.folder.iterdir()) == []


def nobody_has(uid):
    raise KeyError(uid)


CAUSES = {
    'FATAL:  lock file "postmaster.pid" already exists': ("没有正常停止", "was stopped hard"),
    'FATAL:  data directory "/x/data" has invalid permissions': ("权限不对", "its modes are wrong"),
    'FATAL:  could not open file "global/pg_control": Permission denied': ("别的账户", "another account"),
    'LOG:  could not bind Unix address "/x/.s.PGSQL.5432": Address already in use': ("被占用", "is taken"),
    "FATAL:  could not create shared memory segment: No space left on device": ("内存", "not enough memory"),
    'initdb: error: directory "/x" exists but is not empty': ("空文件夹", "an empty folder"),
    "PANIC:  could not locate a valid checkpoint record at 0/1C8": ("从备份恢复", "from a backup"),
    "FATAL:  could not open lock file: Read-only file system": ("只读", "read-only"),
}


@pytest.mark.parametrize("written", CAUSES)
def test_what_postgresql_writes_is_told_in_both_languages_with_its_own_words_last(tmp_path, written):
    log = tmp_path / "log"
    log.write_text("FATAL:  something of last year: No space left on device\n")
    since = log.stat().st_size
    log.write_text(f"{log.read_text()}2026-11-23 00:00:00 UTC [7] {written}\n")
    said = str(explain("没有启动", "It did not start", tmp_path, log, since))
    zh, en = CAUSES[written]
    assert 0 <= said.index(zh) < said.index(en) < said.index(written) and "last year" not in said


def test_what_the_system_refuses_is_told_in_both_languages(tmp_path):
    for number, kind, zh, en in (
        (errno.ENOSPC, DiskFull, "腾出", "Free some space"), (errno.EACCES, NotWritable, "没有权限", "may not use it"),
        (errno.EROFS, NotWritable, "只读", "read-only"), (errno.EIO, NotWritable, "原话在下面", "the system refused"),
    ):  # fmt: skip
        error = of_system(tmp_path, OSError(number, os.strerror(number), "file"))
        said = str(error)
        assert isinstance(error, kind) and said.index(zh) < said.index(en) < said.index(os.strerror(number))


def test_a_folder_with_other_files_and_no_database_is_left_alone(here):
    here.data.mkdir()
    (here.data / "photos").write_text("")
    with pytest.raises(NotWritable, match=r"另选数据文件夹(.|\n)*choose another data folder"):
        make_cluster(here)
    assert [path.name for path in here.folder.iterdir()] == ["data"]


def test_no_space_while_running_is_told_from_the_log(tmp_path):
    log = tmp_path / "log"
    log.write_text('FATAL:  could not write to file "pg_wal/xlogtemp.31": No space left on device\n')
    assert isinstance(explain("它退出了", "It ended", tmp_path, log), DiskFull)
    log.write_text("FATAL:  something else\n")
    said = str(explain("它退出了", "It ended", tmp_path, log))
    assert "something else" in said and str(log) in said
    assert "It ended" in str(explain("它退出了", "It ended", tmp_path, tmp_path / "none"))


def test_a_file_in_the_way_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritable):
        settle(tmp_path / "file" / "postgres", find_programs(), None)


def test_missing_programs_are_said(monkeypatch):
    monkeypatch.setattr(programs_module, "PACKAGE", "no_such_package")
    with pytest.raises(ProgramsMissing, match="Run the set-up again"):
        find_programs()


def test_the_wheel_holds_the_version_we_expect():
    assert version_of(find_programs()).split(".")[0] == programs_module.MAJOR


def test_the_uid_is_its_own_and_stays_the_same(tmp_path):
    assert free_uid(tmp_path) == free_uid(tmp_path)
    assert free_uid(tmp_path) not in SHARED_UIDS
    assert {free_uid(Path(f"/srv/{n}")) for n in range(20)} != {free_uid(tmp_path)}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another uid")
def test_programs_that_the_uid_cannot_reach_are_copied(tmp_path, monkeypatch):
    private = tmp_path / "private"
    shutil.copytree(find_programs().root, private / "pg", symlinks=True)
    private.chmod(0o700)
    shared = Path("/var/lib") / f"menting-pg-test-{os.getpid()}"
    monkeypatch.setattr(place_module, "RELOCATED", shared)
    try:
        settled = settle(tmp_path / "site" / "postgres", programs_module.Programs(private / "pg"), "uid")
        assert settled.programs.root.parent == shared
        assert settled.way.reaches(settled.programs.postgres)
        again = settle(tmp_path / "site" / "postgres", programs_module.Programs(private / "pg"), "uid")
        assert again.programs == settled.programs
    finally:
        shutil.rmtree(shared, ignore_errors=True)
        shutil.rmtree(place_module.relocated((tmp_path / "site" / "postgres").resolve()), ignore_errors=True)
