"""`python -m edge commission`: the page served on this machine, its one-time code on this terminal."""

import errno
import logging
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn

from edge.at_the_doors import Doors
from edge.commission.desk import Desk
from edge.commission.found import look
from edge.commission.guard import Door
from edge.commission.keeping import Keeping
from edge.commission.serving import make_app
from edge.commission.simulated import SimulatedHardware
from edge.commission.words import PAGE
from edge.folder import FolderInUse, NodeFolder
from edge.local_http import local
from edge.site_problem import SiteError, tree_of
from models.values.time import utc_now

_NOT_OURS = (
    "本账户不能写，请用运行节点的账户来启动，或改文件夹的主人（chown）",
    "this account may not write there: start this as the node's own account, or change the folder's owner (chown)",
)
FOLDER = {
    errno.EROFS: (
        "所在的磁盘是只读的，请重新挂载为可写（mount -o remount,rw）",
        "its disk is read-only: mount it anew for writing (mount -o remount,rw)",
    ),
    errno.ENOSPC: ("磁盘满了，请先腾出空间（df -h 看哪里满）", "the disk is full: make room first (df -h shows where)"),
    errno.EACCES: _NOT_OURS,
    errno.EPERM: _NOT_OURS,
    errno.ENOTDIR: ("路径里有一段不是文件夹", "a part of this path is no folder"),
    errno.EEXIST: ("已是一个文件，不是文件夹", "is a file and no folder"),
}
"""Why the node's folder cannot be used, and what to do, where that is known."""
IN_USE = (
    "{file}: 这个站点的节点正在运行（没有登记的也会响应出门按钮和消防），或另一个现场调试页正在用，一扇门只能有一个"
    "主人。请先停止它，再试：节点用 systemctl stop，调试页在它的终端按 Ctrl-C。节点停下后，出门按钮和消防没有软件应答，"
    "请有人守在门边。\n"
    "{file}: the node of this site is running (one that is not enrolled answers exit buttons and fire all the same), "
    "or another commissioning page has it, and a door has one owner. Stop it first: a node by systemctl stop, for "
    "instance, a page by Ctrl-C in its terminal. Once the node is stopped no software answers exit button and fire: "
    "keep somebody at the door."
)
HOST = "127.0.0.1"
PORT = 8091


def commission(site_file: Path | None, data: Path | None, port: int) -> int:
    """The exit code. `site_file` None: against simulated hardware, in a folder that is thrown away at the end."""
    if site_file is not None:
        return _with_folder(site_file, data or site_file.resolve().parent / "node", port, None)
    with tempfile.TemporaryDirectory(prefix="menting-commission-") as made:
        folder = Path(made)
        hardware = SimulatedHardware(folder / "dev")
        try:
            return _with_folder(folder / "site.toml", folder / "node", port, hardware)
        finally:
            hardware.close()


def _with_folder(site_file: Path, data: Path, port: int, hardware: SimulatedHardware | None) -> int:
    if not site_file.resolve().parent.is_dir():
        print(
            f"{site_file}: 没有这个文件夹，请先建立。 / there is no such folder; make it first", file=sys.stderr
        )  # fmt: skip
        return 2
    if site_file.is_dir():  # said now, not when everything was tried and is to be written
        print(
            f"{site_file}: 是文件夹，请写出要写的站点文件，例如 {site_file / 'site.toml'} / is a folder; name the site "
            f"file to write, such as {site_file / 'site.toml'}",
            file=sys.stderr,
        )
        return 2
    if site_file.exists():
        try:
            tree_of(site_file.read_text("utf-8-sig"), site_file)
        except (SiteError, OSError, UnicodeDecodeError) as error:
            # not begun with an empty draft, which would be written over the file
            text = error if isinstance(error, SiteError) else f"{site_file}: 读不了 / cannot be read ({error})"
            print(text, file=sys.stderr)
            return 2
    doors = Doors(site_file)
    if not doors.hold():
        print(IN_USE.format(file=site_file), file=sys.stderr)
        return 2
    try:
        return _alone(site_file, data, port, hardware)
    finally:
        doors.let_go()


def _alone(site_file: Path, data: Path, port: int, hardware: SimulatedHardware | None) -> int:
    """Nobody else drives the doors of this file."""
    try:
        folder = NodeFolder(data)
    except FolderInUse:
        print(
            f"{data} 正由运行中的节点或另一个现场调试页使用，一台设备只能有一个主人。请先停止它，再试：节点用 "
            "systemctl stop，调试页在它的终端按 Ctrl-C。\n"
            f"{data} is in use by a node that is running or another commissioning page, and a device has one owner. "
            "Stop it first: a node by systemctl stop, for instance, a page by Ctrl-C in its terminal.",
            file=sys.stderr,
        )
        return 2
    except OSError as error:
        print(cannot_be_used(data, error), file=sys.stderr)
        return 2
    try:
        try:
            keeping = Keeping(data, site_file)
        except OSError as error:
            print(cannot_be_used(data, error), file=sys.stderr)
            return 2
        desk = Desk(keeping, (lambda: hardware.found) if hardware else look, utc_now, hardware is not None, folder)
        if hardware is not None and not desk.kept.tree:
            desk.change({"node": {"name": "模拟 simulated"}, "lane": [hardware.cars.lane()]})
        try:
            return serve(desk, port, threading.Event())
        finally:
            desk.close()
    finally:
        folder.close()


def cannot_be_used(data: Path, error: OSError) -> str:
    """What is wrong with the node's folder, and what to do."""
    zh, en = FOLDER.get(error.errno or 0, (f"不能使用（{error.strerror}）", f"cannot be used ({error.strerror})"))
    return (
        f"{data}: {zh}；或用 --data 指定别的文件夹。\n{data}: {en}; or name another folder with --data."
    )  # fmt: skip


def serve(
    desk: Desk, port: int, stop: threading.Event, tell: Callable[[str], None] | None = None,
    ready: Callable[[str], None] | None = None,
) -> int:  # fmt: skip
    """Until interrupted, or `stop` is set. `tell` shows a code; `ready` is told the address."""
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        why = "已被别的程序占用" if error.errno == errno.EADDRINUSE else "本账户用不了"
        print(
            f"端口 {port} {why}，请用 --port 换一个。 / port {port} cannot be used "
            f"({error.strerror}); choose another with --port",
            file=sys.stderr,
        )
        return 2
    with listener:
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        app = make_app(desk, Door(tell or _print_code))
        server = uvicorn.Server(local(app))
        if ready is None:
            # beside simulated devices no gate was stopped
            gate_off = "" if desk.simulated else f"{PAGE['gate_off'].zh}\n{PAGE['gate_off'].en}\n"
            print(
                f"现场调试 commissioning: {url}\n从别的电脑或手机 from elsewhere: ssh -L {PORT}:{HOST}:"
                f"{listener.getsockname()[1]} 用户@节点 user@node，再打开 then open http://localhost:{PORT}\n"
                f"{gate_off}"
                "按 Ctrl-C 结束 Ctrl-C ends it",
                flush=True,
            )
        else:
            ready(url)
        watch = threading.Thread(target=_end, args=(server, stop), daemon=True)
        watch.start()
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda *_: stop.set())
        server.run(sockets=[listener])
        stop.set()
    return 0


def _end(server: uvicorn.Server, stop: threading.Event) -> None:
    stop.wait()
    server.should_exit = True


def _print_code(code: str) -> None:
    print(f"一次性代码 one-time code: {code}", flush=True)
