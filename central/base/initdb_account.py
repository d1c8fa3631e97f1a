"""initdb makes no database for a uid without an account (`--user 2000` of a container), and the server asks for none.

Where this machine lets anybody make a user namespace, initdb runs in one, and has there the name of some account: the
files belong to our own uid all the same. Where it does not, that is said before anything else is done. It stands
beside the database's folder and imports the standard library alone: scripts/setup.py asks it in a fresh clone.
"""

import pwd
import shutil
import subprocess

ROOT, NOBODY = 0, 65_534


def in_front_of_initdb(uid: int) -> tuple[str, ...] | None:
    """The words in front of initdb's call: none where `uid` has an account, None where it gets no name at all."""
    if _has_account(uid):
        return ()
    for account in pwd.getpwall():
        if account.pw_uid not in (ROOT, NOBODY):
            named = ("unshare", "--user", f"--map-user={account.pw_uid}", f"--map-group={account.pw_uid}")
            return named if _works(named) else None
    return None


def no_account(uid: int) -> str:
    """Why there will be no database, and what to do, in Chinese and English."""
    return (
        f"运行本程序的 uid {uid} 在本机没有账户（/etc/passwd 里没有它），PostgreSQL 的 initdb 因此不肯建库；"
        "本机也不允许用户命名空间，无法借用别的名字。\n"
        f"请给它一个账户，例如在容器镜像里加一行 RUN useradd --uid {uid} menting；或用已有的账户运行；"
        "单独运行中心（python -m central）时，也可以用 DATABASE_URL 指出自己的 PostgreSQL。\n"
        f"This runs as uid {uid}, which has no account here (no line in /etc/passwd), and PostgreSQL's initdb makes no "
        "database for such a one; nor may it borrow a name, since user namespaces are not allowed here.\n"
        f"Give it an account, in a container's image with RUN useradd --uid {uid} menting, or run as an account that "
        "there is. Where central runs by itself (python -m central), DATABASE_URL may name a PostgreSQL of your own."
    )


def _has_account(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _works(prefix: tuple[str, ...]) -> bool:
    if shutil.which(prefix[0]) is None:
        return False
    return subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0
