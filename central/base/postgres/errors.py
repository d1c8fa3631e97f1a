"""Why the embedded PostgreSQL does not start, in words for the person who started it: Chinese, then English, then what
PostgreSQL itself wrote, as it wrote it."""

from __future__ import annotations

import errno
from pathlib import Path


class PostgresError(Exception):
    """Base; its text is shown as it is."""


class ProgramsMissing(PostgresError):
    pass


class OtherVersion(PostgresError):
    """The data folder was made by another major version."""

    def __init__(self, folder: Path, found: str, ours: str) -> None:
        super().__init__(
            f"{folder} 里的数据库是 PostgreSQL {found} 建的，这个版本的门庭用 PostgreSQL {ours}。什么都没有改动。"
            f"升级办法：用原来的版本启动，执行 `pg_dump -Fc menting > menting.dump` 导出；把 {folder} 移到别处，"
            f"用这个版本启动一次再停止，执行 `pg_restore --clean --if-exists -d menting menting.dump` 导入；"
            f"或者用 PostgreSQL {ours} 自带的 `pg_upgrade`。\n"
            f"The database in {folder} was made by PostgreSQL {found}; this version of Menting runs PostgreSQL {ours}. "
            f"Nothing was changed. To upgrade: start the Menting version that made it, export with "
            f"`pg_dump -Fc menting > menting.dump`, move the folder {folder} aside, start this version once, stop it, "
            f"and load the export with `pg_restore --clean --if-exists -d menting menting.dump`; or run PostgreSQL "
            f"{ours}'s `pg_upgrade` on the folder."
        )


class InUse(PostgresError):
    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"已有一个中心在使用 {folder}。请先停掉它，或另选数据文件夹。\n"
            f"Another central is running on {folder}. Stop it first, or choose another data folder."
        )


class DiskFull(PostgresError):
    def __init__(self, folder: Path, said: str = "") -> None:
        super().__init__(
            f"{folder} 所在的磁盘没有空间了。请腾出至少 200 MB 再启动；已保存的数据完好。\n"
            f"There is no space left for the database in {folder}. Free some space (at least 200 MB) and start again; "
            f"what was saved is intact.{_original(said)}"
        )


class NotWritable(PostgresError):
    """`zh` and `en`: why the folder will not do, and what would."""

    def __init__(self, folder: Path, zh: str, en: str, said: str = "") -> None:
        super().__init__(
            f"数据文件夹 {folder} 不能用：{zh}。\nThe data folder {folder} cannot be used: {en}.{_original(said)}"
        )


class NoAccount(PostgresError):
    """initdb has no name for the uid that it would run as."""


class DidNotStart(PostgresError):
    """`zh` and `en`: what happened, and what to do now."""

    def __init__(self, zh: str, en: str, said: str = "") -> None:
        super().__init__(f"{zh}\n{en}{_original(said)}")


NO_SPACE = ("No space left on device", "Disk quota exceeded")
CAUSES = (
    (
        ("could not bind", "could not create any Unix-domain sockets", "Is another postmaster already running"),
        "它的连接口（套接字）被占用或建不了：多半有另一个 PostgreSQL 用着同一个文件夹。请停掉那一个再启动",
        "its socket is taken or cannot be made: most likely another PostgreSQL runs on the same folder. Stop that one "
        "and start again",
    ),
    (
        ("lock file \"postmaster.pid\" already exists", "pre-existing shared memory block"),
        "上次没有正常停止，它的进程还没有退净。请等一分钟再启动；仍不行就重启这台机器。数据不受影响",
        "it was stopped hard, and its processes have not all gone. Wait a minute and start again; if that does not "
        "help, restart this machine. The data are not affected",
    ),
    (
        ("shared memory", "Cannot allocate memory", "could not map anonymous"),
        "内存（或 /dev/shm）不够。请停掉别的程序，或给这台机器更多内存，再启动",
        "there is not enough memory (or /dev/shm). Stop other programs or give the machine more, and start again",
    ),
    (
        ("has invalid permissions", "has wrong ownership", "Permission denied", "Operation not permitted"),
        "它的文件夹属于别的账户，或权限不对。请用原来的账户启动；如果复制或恢复过文件夹，把它整个改回那个账户所有",
        "its folder belongs to another account, or its modes are wrong. Start central as the account that made it; if "
        "the folder was copied or restored, give all of it back to that account",
    ),
    (
        ("Read-only file system",),
        "磁盘是只读的，多半出过故障。请检查磁盘，重新以可写方式挂载，再启动",
        "the disk is read-only, most often after a fault. Check it, mount it writable and start again",
    ),
    (
        ("exists but is not empty", "is not a database cluster directory", "is missing or unreadable"),
        "文件夹里有不是这个数据库的东西，或缺了文件。请换一个空文件夹，或从备份恢复整个文件夹",
        "the folder holds what is not this database, or files are missing. Choose an empty folder, or restore the "
        "whole folder from a backup",
    ),
    (
        ("could not locate a valid checkpoint", "invalid checkpoint", "invalid primary checkpoint", "invalid data in "
         "file", "incorrect checksum", "page verification failed", "could not read file"),
        "数据文件损坏，多半是断电或磁盘故障。先把整个文件夹复制一份留着，再从备份恢复；不要用 pg_resetwal，"
        "它会悄悄丢数据",
        "its files are damaged, most often by a power cut or a failing disk. Keep a copy of the whole folder first, "
        "then restore it from a backup; do not use pg_resetwal, which loses data without saying so",
    ),
)  # fmt: skip
"""(what PostgreSQL writes, what it means and what to do); the first that fits."""


def explain(zh: str, en: str, folder: Path, log: Path, since: int = 0) -> PostgresError:
    """The error that fits what PostgreSQL wrote last, from byte `since` of its log on: what stopped it another time is
    no reason now. `zh` and `en`: what it did not do."""
    try:
        tail = log.read_bytes()[since:][-4000:].decode(errors="replace")
    except FileNotFoundError:
        tail = ""
    last = "\n".join(tail.splitlines()[-12:])
    if any(sign in tail for sign in NO_SPACE) and "shared memory" not in tail:
        return DiskFull(folder, last)
    for signs, why, means in CAUSES:
        if any(sign in last for sign in signs):
            return DidNotStart(f"{zh}：{why}。全部记录在 {log}", f"{en}: {means}. Its whole log is {log}", last)
    return DidNotStart(
        f"{zh}。请看下面它的原话；全部记录在 {log}", f"{en}. Read its own words below; its whole log is {log}", last
    )


def of_system(folder: Path, error: OSError) -> PostgresError:
    """What the operating system refused while the folder was made ready."""
    said = str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(folder, said)
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return NotWritable(
            folder, "路径上有一个文件占着文件夹的位置。请另选文件夹",
            "a file stands on the way where a folder should be; choose another folder", said,
        )  # fmt: skip
    if error.errno == errno.EROFS:
        return NotWritable(
            folder,
            "磁盘是只读的。请检查磁盘，重新以可写方式挂载",
            "the disk is read-only; check it and mount it writable",
            said,
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return NotWritable(
            folder, "这个账户没有权限。请用建它的账户启动，或把整个文件夹改归这个账户",
            "this account may not use it; start central as the account that made it, or give this one the whole folder",
            said,
        )  # fmt: skip
    return NotWritable(
        folder, "系统拒绝了，原话在下面。请按它处理，或另选文件夹",
        "the system refused, in its own words below; see to that, or choose another folder", said,
    )  # fmt: skip


def _original(said: str) -> str:
    return f"\n\n原文 original:\n{said.strip()}" if said.strip() else ""
