"""What `python -m edge` may be told: its commands and options, explained in both languages.

Imports nothing of the node, so that help and a mistyped call are answered at once.
"""

import argparse
import os
import sys
from pathlib import Path
from uuid import UUID

from models.command_line import Parser, number_between, port_number

DESCRIPTION = """\
门口节点：认人、开门、记日志，不靠网络。
The node at a gate: it knows who may pass, moves the door and keeps the journal, with or without a network.

  python -m edge --site site.toml
      守门，直到停止；起不来时只响应出门按钮和消防，不做别的
      serve the gate until stopped; while it cannot start, answer exit buttons and fire, and nothing else
  python -m edge COMMAND --help
      每个命令的说明
      what one command does and takes"""

EXIT_CODES = """\
退出码：0 完成；1 有部件出错，或要做的没有做成；2 命令、站点文件或节点文件夹有误，先改再来；130 被 Ctrl-C 中断 · \
exit codes: 0 done; 1 a part broke, or what was asked for could not be done; 2 the call, the site file or the node's \
folder is wrong, and has to be changed first; 130 interrupted with Ctrl-C"""

ID_FROM = (
    "持卡人编号：中心“住户”页里点这个人，打开“人脸与同意”，编号在那一页上",
    "the cardholder's id: at central under “People”, the person, “Face and consent”, on that page",
)
"""Where a technician finds the id of a person, in Chinese and English."""

COMMANDS = {
    "serve": "守门（不写命令就是它） · serve the gate (what happens without a command)",
    "site": "说明站点文件的每个键 · explain every key of the site file",
    "check": "检查站点文件，不启动 · check the site file, and start nothing",
    "enrol": "向中心登记本节点，一次即可 · make this node known to central, once",
    "face": "用照片制作人脸模板，照片不保留 · make a face template from photos, which are not kept",
    "forget": "销毁一个人在本节点的模板、照片、密钥和图片 · destroy a person's face data on this node",
    "letters": "列出中心拒收的事件，或再发一次 · list the events that central would not take, or send them again",
    "set-aside": "日志丢失或损坏时，另起一本 · let a node whose journal is lost or damaged begin a new one",
    "commission": "现场调试页：试设备、写站点文件、打勾 · a page to try devices, write the site file, tick the list",
    "cameras": "搜索网络摄像头，或列出一台的码流 · list network cameras, or the streams of one",
}


def parser() -> argparse.ArgumentParser:
    """`command` of what it parses is a key of COMMANDS."""
    whole = Parser("python -m edge", DESCRIPTION, EXIT_CODES)
    commands = whole.add_subparsers(title="命令 commands", metavar="COMMAND", dest="command", required=True)
    for name in ("serve", "check", "enrol", "face", "forget", "letters", "set-aside"):
        sub = commands.add_parser(name, help=COMMANDS[name], description=COMMANDS[name])
        _common(sub)
        if name == "enrol":
            sub.add_argument(
                "--token",
                required=True,
                help="中心“节点”页给的一次性注册码；写 - 则在终端询问 · the one-time token from central's page "
                "“Nodes”; with - it is asked for, and stands in no history",
            )
        if name in ("face", "forget"):
            sub.add_argument("--cardholder", type=_cardholder, required=True, metavar="ID", help=" · ".join(ID_FROM))
        if name == "set-aside":
            sub.add_argument("--yes", action="store_true", help="不再询问 · do not ask")
        if name == "letters":
            sub.add_argument("--retry", action="store_true", help="再发给中心一次 · send them to central once more")
        if name == "face":
            sub.add_argument(
                "photos",
                type=Path,
                nargs="+",
                metavar="FILE",
                help="同一个人的照片，三张最好 · photos of one person, three at best",
            )
    commands.add_parser("site", help=COMMANDS["site"], description=COMMANDS["site"])
    _commission(commands.add_parser("commission", help=COMMANDS["commission"], description=_COMMISSIONING))
    _cameras(commands.add_parser("cameras", help=COMMANDS["cameras"], description=_ASKING_CAMERAS))
    return whole


def _common(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--site", type=Path, required=True, metavar="FILE", help="站点文件（TOML） · the site file (TOML)")
    sub.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="节点自己的文件夹，默认是站点文件旁的 node · the node's own folder; by default node/ beside the site file",
    )
    here = Path(__file__).resolve().parent.parent / ".menting" / "cache"  # wherever it is called from
    default = Path(os.environ.get("MENTING_CACHE", here)) / "weights"
    sub.add_argument(
        "--weights",
        type=Path,
        default=default,
        metavar="FOLDER",
        help="人脸模型所在文件夹，准备环境时已放好 · folder of the face models, filled by set-up",
    )


_COMMISSIONING = (
    "在本机打开现场调试页；终端显示一次性代码。先停止节点。 · "
    "Serves the commissioning page on this machine alone; its one-time code stands on this terminal. "
    "Stop the node first."
)


def _commission(sub: argparse.ArgumentParser) -> None:
    which = sub.add_mutually_exclusive_group(required=True)
    which.add_argument("--site", type=Path, metavar="FILE", help="要写的站点文件 · the site file to write")
    which.add_argument("--simulate", action="store_true", help="模拟设备，不保留 · simulated devices, nothing kept")
    sub.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="节点自己的文件夹，默认是站点文件旁的 node · the node's own folder; by default node/ beside the site file",
    )
    sub.add_argument(
        "--port",
        type=port_number(),
        default=8091,
        metavar="N",
        help="端口，默认 8091；0 任选一个空闲的 · port (default 8091; 0: any free one)",
    )


_ASKING_CAMERAS = (
    "列出本网段应答 ONVIF 搜索的摄像头；加 --host 则列出它的码流地址，会在终端问密码，不显示；没有终端时从标准输入读"
    "一行。 · Lists the cameras that answer an ONVIF search; with --host, that camera's streams. The password is asked "
    "for on the terminal and not shown; without a terminal it is read as one line of the standard input."
)


def _cameras(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--host", metavar="HOST", help="一台摄像头，可带端口 · one camera, with :port where it is not 80")
    sub.add_argument("--user", default="admin", metavar="USER", help="摄像头用户名 · the camera's user (default admin)")
    sub.add_argument(
        "--seconds",
        type=number_between(1, 60, "等待秒数", "the time to wait in seconds"),
        default=3,
        metavar="S",
        help="等多久，默认 3 秒 · how long to wait (default 3)",
    )


def _cardholder(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"“{text}”不是持卡人编号，编号形如 01980000-0000-7000-8000-0000000000c1。{ID_FROM[0]} · '{text}' is no "
            f"cardholder's id, which looks like 01980000-0000-7000-8000-0000000000c1. {ID_FROM[1]}"
        ) from None


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """A call; without one, help and exit code 2. `python -m edge --site …` means serve."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    whole = parser()
    if not given:
        whole.print_help()
        print("\n缺少 COMMAND，从上面选一个 · COMMAND is missing; choose one of those above", file=sys.stderr)
        sys.exit(2)
    serving = given[0].partition("=")[0] in ("--site", "--data", "--weights")
    return whole.parse_args(["serve", *given] if serving else given)
