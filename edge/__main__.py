"""The node at a gate.

python -m edge --site site.toml                              serve the gate until stopped; while it cannot start,
                                                             answer exit buttons and fire, and nothing else
python -m edge check --site site.toml                        only check the site file
python -m edge enrol --site site.toml --token TOKEN          make this node known to central, once
python -m edge face  --site site.toml --cardholder ID FILE…  make a face template from photos, here on the node
python -m edge forget --site site.toml --cardholder ID       destroy a person's template and key on this node
python -m edge letters --site site.toml [--retry]            list events that central would not take; send them again
python -m edge set-aside --site site.toml                    let a node whose journal is lost begin a new one
python -m edge commission --site site.toml                   a page to try devices, write the site file, tick the list
python -m edge commission --simulate                         the same page against simulated devices
python -m edge cameras [--host HOST --user USER]             list network cameras; or the streams of one of them
"""

import argparse
import getpass
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from edge.site import Site, SiteError, check_authority, read_site
from models.values.time import utc_now

ASIDE_WORD = "set-aside"

log = logging.getLogger("edge")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 well, 1 a part broke, 2 something about the call or the site file is wrong."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a long poll every half minute is no news
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one matrix product on two cores is slower than on one
    if options.command in (_commission, _cameras):
        return int(options.command(options))  # the site file may not be there yet: these help to write it
    try:
        site = read_site(options.site)
        data: Path = options.data or options.site.resolve().parent / "node"
        return int(options.command(options, site, data))
    except SiteError as error:
        print(error, file=sys.stderr)
        return 2


def _serve(options: argparse.Namespace, site: Site, data: Path) -> int:
    from edge.folder import FolderInUse
    from edge.serve import EgressBroken, whole_node

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())  # a node that runs takes them over
    try:
        node = whole_node(site, data, options.weights, stop)
    except FolderInUse as error:
        print(f"The node does not start: {error}", file=sys.stderr)
        return 2
    except EgressBroken as error:
        print(error, file=sys.stderr)
        return 1
    return node.run() if node is not None else 0


def _check(options: argparse.Namespace, site: Site, _data: Path) -> int:
    from edge.commission.checklist import has_default_login

    check_authority(site, options.site, utc_now())
    open_to_all = [
        f"{lane.code}.{key}"
        for lane in site.lane
        for key in ("camera", "camera_nir")
        if has_default_login(getattr(lane, key) or "")
    ]
    if open_to_all:  # SEC-06: neither the name nor the password is shown
        print(
            f"{options.site}: {', '.join(open_to_all)}: 这是厂家手册上的用户名和密码，人人都知道。请在设备上改掉，"
            "再写进站点文件。\nThis is a login from the maker's manual, which everybody knows. Change it in the "
            "device, then in the site file.",
            file=sys.stderr,
        )
        return 2
    print(f"{options.site}: in order; {len(site.lane)} lanes: {', '.join(lane.code for lane in site.lane)}")
    return 0


def _enrol(options: argparse.Namespace, site: Site, data: Path) -> int:
    from edge.bootstrap import STARTING_PROBLEMS
    from edge.commands import enrol_node

    check_authority(site, options.site, utc_now())
    if site.central is None:
        print(f'{options.site}: names no central; add [central] with url = "https://…"', file=sys.stderr)
        return 2
    token = options.token if options.token != "-" else _asked_token()
    try:
        node = enrol_node(site, site.central.url, data, token)
    except STARTING_PROBLEMS as error:
        print(f"The node was not enrolled: {error}", file=sys.stderr)
        return 2
    print(f"{node.name} is enrolled as {node.node_id}; lanes: {', '.join(lane.code for lane in node.lanes)}")
    return 0


def _asked_token() -> str:
    """From a person without showing it, or from a pipe."""
    if sys.stdin.isatty():
        return getpass.getpass("注册码 token: ").strip()
    return sys.stdin.readline().strip()


def _face(options: argparse.Namespace, site: Site, data: Path) -> int:
    from edge.bootstrap import STARTING_PROBLEMS
    from edge.faces import enrol_face

    try:
        url = site.central.url if site.central is not None else None
        refused = enrol_face(
            data, options.weights, options.cardholder, options.photos, url, site.face.backend, ca=site.ca
        )
    except STARTING_PROBLEMS as error:
        print(f"No template was made: {error}", file=sys.stderr)
        return 2
    if refused is not None:
        print(f"No template was made: {refused}", file=sys.stderr)
        return 1
    print(f"A template of {len(options.photos)} photos was made for {options.cardholder}; the photos were not kept.")
    return 0


def _forget(options: argparse.Namespace, _site: Site, data: Path) -> int:
    from edge.bootstrap import STARTING_PROBLEMS
    from edge.faces import forget_person

    try:
        was_there = forget_person(data, options.cardholder)
    except STARTING_PROBLEMS as error:
        print(f"Nothing was destroyed: {error}", file=sys.stderr)
        return 2
    print("Template, key and pictures are destroyed." if was_there else "This node held nothing of that person.")
    return 0


def _set_aside(options: argparse.Namespace, _site: Site, data: Path) -> int:
    from edge.bootstrap import STARTING_PROBLEMS
    from edge.commands import set_journal_aside

    print(
        "日志将被移开，节点从新的日志开始。会失去：尚未发送到中心的事件，以及通行证已使用次数（限次通行证可再次使用）。\n"
        "The journal is set aside and a new one begins. What is lost: events that central does not have yet, and how "
        "often each pass was used, so that passes with a number of uses may be used again."
    )
    if not options.yes:
        print(f"确认请输入 {ASIDE_WORD} / type {ASIDE_WORD} to go on: ", end="", flush=True)
        if sys.stdin.readline().strip() != ASIDE_WORD:
            print("没有改动。 / Nothing was changed.", file=sys.stderr)
            return 2
    try:
        kept = set_journal_aside(data)
    except STARTING_PROBLEMS as error:
        print(f"Nothing was changed: {error}", file=sys.stderr)
        return 2
    print(f"旧日志（如有）：{kept} / the old journal, if there was one: {kept}")
    return 0


def _letters(options: argparse.Namespace, site: Site, data: Path) -> int:
    from edge.bootstrap import STARTING_PROBLEMS
    from edge.commands import letters_of, retry_letters

    try:
        told = retry_letters(site, data) if options.retry else None
        held = letters_of(data)
    except STARTING_PROBLEMS as error:
        print(f"The letters were not {'sent' if options.retry else 'read'}: {error}", file=sys.stderr)
        return 2
    for letter, reason in told if told is not None else [(one, one.reason) for one in held.letters]:
        event = letter.event
        kind = str(json.loads(event.body).get("kind"))
        outcome = reason or "中心已接收 / central has it now"
        print(f"{event.seq}  {event.at:%Y-%m-%d %H:%M:%S}Z  {kind}  {outcome}")
    for seq in held.unread:
        where = data / "letters" / f"{seq}.json"
        print(f"{seq}  {where}: 无法读取，重启节点后从日志补发 / cannot be read; a restart sends it from the journal")
    for seq in held.damaged:
        where = data / "letters" / f"{seq}.damaged"
        print(f"{seq}  {where}: 日志中已损坏，这是残余 / damaged in the journal; this is what is left")
    if not told and not any(held):
        print("没有中心拒收的事件。 / There is no event that central would not take.")
    return 1 if told and any(reason for _, reason in told) else 0


def _commission(options: argparse.Namespace) -> int:
    from edge.commission.command import commission

    return commission(None if options.simulate else options.site, options.data, options.port)


def _cameras(options: argparse.Namespace) -> int:
    from edge.cameras import list_cameras, list_streams

    if options.host is None:
        return list_cameras(options.seconds)
    return list_streams(options.host, options.user, getpass.getpass("摄像头密码 / the camera's password: "))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m edge", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--site", type=Path, required=True, metavar="FILE", help="the site file (TOML)")
    common.add_argument("--data", type=Path, metavar="FOLDER", help="the node's folder (default: node/ beside FILE)")
    here = Path(__file__).resolve().parent.parent / ".menting" / "cache"  # wherever it is called from
    default = Path(os.environ.get("MENTING_CACHE", here)) / "weights"
    common.add_argument("--weights", type=Path, default=default, metavar="FOLDER", help="face models, from set-up")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, run, text in (
        ("serve", _serve, "serve the gate (what happens without a command)"),
        ("check", _check, "check the site file"),
        ("enrol", _enrol, "make this node known to central"),
        ("face", _face, "make a face template from photos"),
        ("forget", _forget, "destroy a person's template and key"),
        ("letters", _letters, "list the events that central would not take"),
        ("set-aside", _set_aside, "let a node whose journal is lost or damaged begin a new one"),
    ):
        sub = commands.add_parser(name, parents=[common], help=text, description=text)
        sub.set_defaults(command=run)
        if name == "enrol":
            sub.add_argument("--token", required=True, help="the one-time token from central; - asks for it")
        if name in ("face", "forget"):
            sub.add_argument("--cardholder", type=UUID, required=True, metavar="ID")
        if name == "set-aside":
            sub.add_argument("--yes", action="store_true", help="do not ask")
        if name == "letters":
            sub.add_argument("--retry", action="store_true", help="send them to central once more")
        if name == "face":
            sub.add_argument("photos", type=Path, nargs="+", metavar="FILE", help="photos of one person, best three")
    sub = commands.add_parser(
        "commission",
        help="现场调试页 · a page to try devices, write the site file, tick the list",
        description="在本机打开现场调试页；终端显示一次性代码。先停止闸机程序。 · "
        "Serves the commissioning page on this machine alone; its one-time code stands on this terminal. "
        "Stop the gate's own process first.",
    )
    which = sub.add_mutually_exclusive_group(required=True)
    which.add_argument("--site", type=Path, metavar="FILE", help="要写的站点文件 · the site file to write")
    which.add_argument("--simulate", action="store_true", help="模拟设备，不保留 · simulated devices, nothing kept")
    sub.add_argument(
        "--data", type=Path, metavar="FOLDER", help="节点文件夹 · the node's folder (default: node/ beside FILE)"
    )
    sub.add_argument("--port", type=int, default=8091, metavar="N", help="端口 · port (default 8091; 0: any free one)")
    sub.set_defaults(command=_commission)
    sub = commands.add_parser(
        "cameras",
        help="搜索网络摄像头 · list network cameras, or the streams of one",
        description="列出本网段应答 ONVIF 搜索的摄像头；加 --host 则列出它的码流地址（会问密码，不显示）。 · "
        "Lists the cameras that answer an ONVIF search; with --host, that camera's streams (asks for the password).",
    )
    sub.add_argument("--host", metavar="HOST", help="一台摄像头，可带端口 · one camera, with :port where it is not 80")
    sub.add_argument("--user", default="admin", metavar="USER", help="摄像头用户名 · the camera's user (default admin)")
    sub.add_argument("--seconds", type=float, default=3.0, metavar="S", help="等多久 · how long to wait (default 3)")
    sub.set_defaults(command=_cameras)
    return parser


def _with_default(arguments: list[str]) -> list[str]:
    """`python -m edge --site …` means serve."""
    options = ("--site", "--data", "--weights")
    return ["serve", *arguments] if arguments and arguments[0].partition("=")[0] in options else arguments


if __name__ == "__main__":
    call = _with_default(sys.argv[1:])
    if not call:
        _parser().print_help()
        sys.exit(2)
    sys.exit(main(call))
