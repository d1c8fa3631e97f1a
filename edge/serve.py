"""Starting, with a way out: while the node as a whole cannot start, exit buttons and fire are answered all the same.

The start is tried again every half minute: a disk that is mounted, mended or set aside needs nobody to restart the
node, and neither does one that is enrolled at last. A node that is not enrolled looks exactly like one whose disk is
not mounted, which is why it serves the way out as well.
"""

import logging
import sqlite3
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from edge.at_the_doors import Doors
from edge.egress import Egress
from edge.folder import FolderInUse, NodeError, NodeFolder, refuse_held
from edge.journal.errors import JournalError
from edge.site import Site
from edge.store.database import DatabaseFault
from edge.store.files import FileExposed
from edge.store.keys import KeyFault
from edge.sync.enrol import NotEnrolled, load_node
from edge.told import told
from edge.watchdog import Watchdog, boards_to_watch

if TYPE_CHECKING:
    from edge.bootstrap import RunningNode

AGAIN_S = 30.0
IN_WORDS = (NodeError, NotEnrolled, FileExposed, KeyFault, DatabaseFault, JournalError, sqlite3.Error, OSError)
"""What says in its own words what is wrong. For everything else the log says where it happened."""

log = logging.getLogger(__name__)


class EgressBroken(Exception):
    """A thread of the way out ended by an error of ours: the process is to be started anew."""


def whole_node(
    site: Site, data: Path, weights: Path, stop: threading.Event, again_s: float = AGAIN_S, doors: Doors | None = None
) -> "RunningNode | None":
    """The node, ready to run, as soon as it can be put together; None when `stop` was set before. `doors`: held from
    here on, so that a commissioning page is told that somebody drives them.

    Raises FolderInUse when another process is this node, and EgressBroken.
    """
    refuse_held(data)  # before anything else could keep it from starting: two would drive the same doors
    if doors is not None and not doors.hold():
        log.warning("another process holds the site file; where that is a commissioning page, end it")
    boards = boards_to_watch(site)
    guard = Watchdog(boards) if boards else None
    try:
        return _open(site, data, weights, guard)
    except FolderInUse:
        raise
    except Exception as error:  # noqa: BLE001 - whatever keeps the node from starting, people inside must get out
        why = _told(error, "")
    egress = Egress(site, data, guard)
    egress.start()
    try:
        while not stop.wait(again_s):
            if not egress.works:
                raise EgressBroken(
                    "响应出门按钮和消防的线程出错，原因见日志。 / a thread that answers exit buttons and fire broke; "
                    "the log says why"
                )
            if doors is not None:
                doors.hold()
            try:
                node = _open(site, data, weights, guard)
            except Exception as error:  # noqa: BLE001 - as above
                why = _told(error, why)
                continue
            node.take_over(egress.end())
            log.warning("the node is whole again and decides as before")
            return node
        return None
    finally:
        egress.end()


def _open(site: Site, data: Path, weights: Path, guard: Watchdog | None) -> "RunningNode":
    """Everything or nothing: after an exception, nothing is left open or locked."""
    from edge.bootstrap import RunningNode  # here, so that a library that is missing keeps nobody in

    load_node(data / "node.json")  # first, and without making anything: the disk may not be mounted
    with ExitStack() as opened:
        folder = NodeFolder(data)
        opened.callback(folder.close)
        node = RunningNode(site, folder, weights, guard)
        opened.pop_all()
        return node


def _told(error: Exception, before: str) -> str:
    """Say why, once for each reason."""
    why = f"{type(error).__name__}: {error}"
    if why != before:
        if not isinstance(error, IN_WORDS):
            log.error("a mistake of ours keeps the node from starting", exc_info=error)
        print(
            f"{told('节点无法启动', 'The node does not start', error)}\n"
            f"目前只响应出门按钮和消防信号，不放行任何人进入；每 {AGAIN_S:g} 秒重试一次。\n"
            "Until it does, only exit buttons and fire are answered, and nobody is let in. It is tried again every "
            f"{AGAIN_S:g} s.",
            file=sys.stderr,
            flush=True,
        )
    return why
