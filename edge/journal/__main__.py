"""`python -m edge.journal PATH`: check a journal's chain, and say in words what was found. Needs no keys.

Reads only, also while a node is writing. Ends with 0 when the chain is whole, 1 when it is broken, 2 when the file is
no readable journal. `--set-aside` moves a damaged journal away, so that the node can begin a new one.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from pathlib import Path

from edge.journal.aside import set_aside
from edge.journal.table import Chain, read_chain
from edge.journal.verify import first_break
from edge.store.database import DatabaseBusy, DatabaseCorrupt, connect
from models.command_line import Parser, until_interrupted
from models.values.time import utc_now

_BAR = 30


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status."""
    parser = Parser(
        "python -m edge.journal",
        "检查日志链，只读 · checks a journal's chain; reads only",
        "退出码：0 完整，1 断开，2 不是能读的日志 · exit codes: 0 whole, 1 broken, 2 no journal that can be read",
    )
    parser.add_argument(
        "path", type=Path, metavar="PATH", help="journal.db，或其所在文件夹 · journal.db, or the folder it lies in"
    )
    parser.add_argument("--set-aside", action="store_true", help="移开已损坏的日志 · move a damaged journal aside")
    options = parser.parse_args(arguments)
    return until_interrupted(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    path: Path = options.path / "journal.db" if options.path.is_dir() else options.path
    if not path.is_file():
        return _say(2, f"{path}: 没有这个文件", "there is no such file")
    if options.set_aside:
        return _set_aside(path)
    try:
        return _check(path)
    except DatabaseCorrupt as error:
        print(error)
        return 2
    except sqlite3.Error as error:
        return _say(2, f"{path}: 不是日志文件（{error}）", "is not a journal")


def _check(path: Path) -> int:
    connection = connect(path, read_only=True)
    try:
        chain = read_chain(connection)
        found = first_break(connection, None, _progress if sys.stderr.isatty() else None)
    finally:
        connection.close()
    if found is not None:
        return _say(1, f"日志链在第 {found.seq} 号事件处断开", f"the chain breaks at event {found.seq}", found.words)
    if chain is None:
        return _say(0, "日志是空的", "the journal is empty")
    return _say(0, *_whole(chain))


def _whole(chain: Chain) -> tuple[str, str, str]:
    span = f"{chain.base_seq + 1}–{chain.head_seq}"
    return (
        f"日志链完整：节点 {chain.node_id}，事件 {span}，中心已确认到 {chain.acked_seq}",
        f"the chain is whole: node {chain.node_id}, events {span}, acknowledged by central up to {chain.acked_seq}",
        f"链头 / head {chain.head_hash.hex()}\n"
        "未检查链头的印记：只有节点自己的密钥能检查。请与中心所记的链头比较。 / The seal on the head was not checked: "
        "only the node's own key can. Compare the head with the one central has.",
    )


def _set_aside(path: Path) -> int:
    try:
        kept = set_aside(path, utc_now())
    except DatabaseBusy as error:
        print(error)
        return 2
    return _say(0, f"已移到 {kept}", f"moved to {kept}; the node begins a new chain at its next start")


def _progress(done: int, total: int) -> None:
    filled = _BAR * done // max(total, 1)
    end = "\n" if done == total else ""
    print(f"\r[{'█' * filled}{'·' * (_BAR - filled)}] {done}/{total}", end=end, file=sys.stderr, flush=True)


def _say(status: int, chinese: str, english: str, more: str = "") -> int:
    print(chinese, english, *([more] if more else []), sep="\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
