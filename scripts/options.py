"""What each program in this folder takes on its command line, explained in both languages.

Standard library alone, and read before anything is set up: help and a mistyped option are answered at once, also in a
fresh clone with the system's own Python.
"""

from __future__ import annotations

import argparse
import shlex
from typing import Any, NoReturn

from models.command_line import GAP, Parser, number_between, port_number, said
from scripts.option_kinds import camera, device_address, file_to_write, folder_there

PORT = 8080
SEED = 20261123
BOARD, SCANNER = "modbus+serial://{}?profile=waveshare-8", "scanner+serial://{}"
RECORDED = (
    "modbus+serial", "modbus+tcp", "lcus+serial", "panel+serial", "panel+osdp", "scanner+serial", "wiegand+serial",
    "osdp+serial",
)  # fmt: skip
"""Devices whose bytes pass through our hands; written down here because nothing is set up when they are asked for."""
PICTURE = file_to_write(".png", ".svg")

RUN = f"""\
本机上的演示站点：中心、一处大门（两扇门、电梯、进出车道），来来往往的人和车。
A demo site on this machine: central, one gate (two doors, a lift, a vehicle lane each way), people and cars that come
and go.

  scripts/run                  启动并一直运行，Ctrl-C 结束
                               start it and leave it running; Ctrl-C ends it
  scripts/run --check          每人来一次，不用看，全部符合才以 0 退出
                               everybody comes once, nobody watches; exit code 0 when all was as it must be
  scripts/run --camera 0       东门进口用自己的摄像头
                               your own camera at lane east-in
  scripts/run --relay 'modbus+serial:///dev/ttyUSB0?profile=waveshare-8'
                               东门进口用自己的继电器板
                               your own relay board at lane east-in

中心默认在 http://127.0.0.1:{PORT} ，只限本机。
Central is at http://127.0.0.1:{PORT} by default, for this machine alone."""

TEST = """\
每次改动前的关口：格式、检查、类型、导入方向、测试。
The one gate in front of every change: format, lint, types, import contracts, tests.

  scripts/test                 全部
                               everything
  scripts/test --quick         不含要启动浏览器或整个站点的测试
                               without the tests that start browsers or whole sites
  scripts/test -- -k passes    只运行 pytest，带这些参数
                               only pytest, with these arguments"""

BENCH = """\
测出的数字，各与同一次运行里的上限或对照并列。毫秒只对这台机器有效，比值可以外推。
Figures, each beside the limit or the peer of the same run. Milliseconds hold for this machine; ratios carry over."""

CALIBRATE = """\
用站点自己的人和日志算出人脸阈值，并说明有多可靠。节点运行时也可以用。
Set a site's face thresholds from its own people and log, and say how sure they are. Works beside a running node.

  scripts/calibrate --data NODEFOLDER                只看结果，不改动
                                                     show what is supported; changes nothing
  scripts/calibrate --data NODEFOLDER --plot FILE    另画出误差曲线（PNG 或 SVG）
                                                     draw the error trade-off too (PNG or SVG)
  scripts/calibrate --data NODEFOLDER --write        保存，节点下次启动时生效
                                                     keep it: the node uses it from its next start

登记的人两两比较，相像即为误识；人脸加通行码的日志说明本人会被拒绝多少次。
People enrolled at the node are compared with each other: every match would be a false one. The log of passes with a
face says how often holders would be refused."""

CAPTURE = """\
录下设备的通信并去掉个人信息。
Records the conversation with a device, redacted.

  scripts/capture record ADDRESS --device "maker model, firmware" --out FILE
                               只读，不动输出
                               reads only, moves nothing
  scripts/capture simulate     重做模拟记录
                               makes the simulated fixtures anew
  scripts/capture hardware     更新 devices/HARDWARE.md
                               rewrites devices/HARDWARE.md"""

CHAOS = """\
断电：有人进出时，在各个时刻轮流强行终止（SIGKILL）节点和中心，再比较两边的日志。
Power cuts: while people come and go, node and central are killed with SIGKILL in turn; then both journals are compared.

  scripts/chaos                各 3 次
                               3 kills of each
  scripts/chaos --full         各 20 次
                               20 of each
  scripts/chaos --seed 7       换一组时刻
                               other moments"""

BENCHES = {
    "qr": "二维码：识别率，从扫码到继电器 · codes: decode rates, and scan bytes to relay frame",
    "journal": "写入日志，与裸 SQLite 对照 · durable appends beside bare SQLite",
    "start": "再次启动，节点被强行终止后重启；--cold 从新克隆开始 · second start, and a node killed and started again; "
    "--cold: a fresh clone to its first opened door",
    "live": "出示通行码到门卫页面；作废到大门停用 · code shown to the guard's page, 20 a second; what ends at central "
    "to its end at the gate",
    "who": "一万人中的解释，与裸 SQL 对照 · explanations among ten thousand people, beside bare SQL",
    "wires": "现场线路：消防触点到最后一个开门输出；0.41 秒的短按看不看得到；节点在脉冲中被杀，输出多久断开 · "
    "wires: from the fire contact to the last release output; whether a press of 0.41 s is seen; how long a node "
    "killed in a pulse leaves an output on",
    "tariff": "停车计费及明细 · parking stays priced with their lines, and stays of 30 days",
    "soak": "模拟的一整天里，坏数据不停送进每个端口：不崩溃、不动输出、内存不涨 · a simulated day of malformed bytes "
    "on every port: no crash, no output, flat memory",
    "lane": "车道：相机推送到应答，车到地感、看清车牌到抬杆命令 · vehicle lanes: a camera's push to its reply; loop "
    "and last frame needed to the order that raises the arm",
    "plate": "车牌：与 agentclpr 对照的整牌正确率、用时、误放行（MENTING_DATA 同下） · plates: whole plates right "
    "beside agentclpr, CPU time, openings for another's plate (MENTING_DATA likewise)",
    "face": "人脸：速度、内存、错误率（MENTING_DATA 指出带标注的照片） · faces: frame to decision, search, memory, "
    "error rates, a few stills (MENTING_DATA names the labelled photos)",
    "stills": "照片对活体检测，每张都试，要几小时 · photographs held, moved, tilted, zoomed and bent "
    "before the liveness challenge, every photo, for hours (MENTING_DATA)",
}
"""Every bench, with what it measures."""


def run() -> argparse.ArgumentParser:
    """`scripts/run`."""
    parser = Parser(
        "scripts/run",
        RUN,
        "退出码：0 全部符合（--check）；1 有不符的，或没有准备好；2 命令有误，或有部件起不来，会说明原因；130 被 "
        f"Ctrl-C 结束{GAP}exit codes: 0 all was as expected (--check); 1 something was not, or set-up stopped; 2 the "
        "call is wrong or a part did not come up, and it is said why; 130 ended with Ctrl-C",
    )
    parser.add_argument(
        "--check", action="store_true",
        help="从头演一遍并打印表格 · play every arrival once on a fresh site, print a table",
    )  # fmt: skip
    parser.add_argument(
        "--camera", metavar="CAMERA", type=camera,
        help="真摄像头：0、文件、文件夹、rtsp://… · a real camera: 0, a file, a folder, rtsp://…",
    )  # fmt: skip
    parser.add_argument(
        "--relay",
        metavar="ADDRESS",
        type=device_address(BOARD),
        help="真继电器板 · a real relay board for lane east-in",
    )
    parser.add_argument(
        "--scanner",
        metavar="ADDRESS",
        type=device_address(SCANNER),
        help="真扫码器 · a real code scanner for lane east-in",
    )
    parser.add_argument(
        "--face", choices=("sface", "dlib"), default="sface",
        help="人脸后端；换了要加 --fresh · face backend; after a change begin with --fresh",
    )  # fmt: skip
    parser.add_argument(
        "--port", type=port_number(), metavar="N",
        help=f"中心的端口，默认 {PORT}，被占用时任选空闲的；0 和 --check 也任选 · central's port (default {PORT}, "
        "or any free one where that is taken; 0 and --check take any)",
    )  # fmt: skip
    parser.add_argument(
        "--fresh", action="store_true", help="清掉旧站点重来 · forget the demo site of before and begin anew"
    )
    return parser


class _Test(Parser):
    """What is for pytest in front of --, which is where most people write it first."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        asked = super().parse_args(args, namespace)
        if asked.pytest and "--" not in self._given:
            self.error(f"unrecognized arguments: {' '.join(asked.pytest)}")
        return asked

    def error(self, message: str) -> NoReturn:
        if message.startswith("unrecognized arguments"):
            zh, en = said(message, tuple(self._words()))
            call = f"scripts/test -- {shlex.join(word for word in self._given if word not in ('--', '--quick'))}"
            message = f"{zh}；给 pytest 的写在 -- 之后：{call}{GAP}{en}; what is for pytest stands after --: {call}"
        super().error(message)


def test() -> argparse.ArgumentParser:
    """`scripts/test`."""
    parser = _Test("scripts/test", TEST, _codes("没有问题", "in order", "有不符的", "something is not in order"))
    parser.add_argument(
        "--quick", action="store_true", help="不含浏览器和整站测试 · leave out browser and whole-site tests"
    )
    parser.add_argument("pytest", nargs="*", help="写在 -- 之后，只给 pytest · arguments for pytest alone, after --")
    return parser


class _Bench(Parser):
    """What one option alone cannot say: that a name is needed, and what goes with it."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        asked = super().parse_args(args, namespace)
        if asked.list or asked.name is None:
            print(benches(), flush=True)
        if asked.list:
            self.exit(0)
        if asked.name is None:
            self.error(f"缺少 NAME，从上面选一个{GAP}NAME is missing; choose one of those above")
        if asked.cold and asked.name != "start":
            self.error(f"--cold 只与 start 同用{GAP}--cold goes with start")
        if asked.keep is not None and asked.name != "stills":
            self.error(f"--keep 只与 stills 同用{GAP}--keep goes with stills")
        return asked

    def error(self, message: str) -> NoReturn:
        more = [word for word in message.removeprefix("unrecognized arguments: ").split() if word in BENCHES]
        if more and message.startswith("unrecognized arguments"):
            message = f"一次一个 NAME，{more[0]} 请另外运行{GAP}one NAME at a time; call it again for {more[0]}"
        super().error(message)


def bench() -> argparse.ArgumentParser:
    """`scripts/bench`. Asks for no figure, or for two that do not go together: ended here, with words."""
    parser = _Bench(
        "scripts/bench",
        f"{BENCH}\n\n{benches()}",
        _codes("目标全部达到", "every goal is met", "有未达到的", "one is not met"),
    )
    parser.add_argument(
        "name", nargs="?", choices=sorted(BENCHES), metavar="NAME", help="要测什么，见上 · which figures, see above"
    )
    parser.add_argument("--list", action="store_true", help="列出有哪些 · say what there is")
    parser.add_argument(
        "--quick", action="store_true", help="少测几轮，只供试用 · fewer rounds; for trying, not for reporting"
    )
    parser.add_argument(
        "--cold", action="store_true",
        help="与 start 同用：从新克隆开始准备 · with `start`: a fresh clone and its set-up instead",
    )  # fmt: skip
    parser.add_argument(
        "--keep", type=file_to_write(), metavar="FILE",
        help="与 stills 同用：逐次记下，中断后再来只补没试过的 · with `stills`: write down each attempt as it ends; "
        "called again it plays only what is missing",
    )  # fmt: skip
    parser.add_argument("--json", type=file_to_write(), metavar="FILE", help="写出各行数据 · write the rows")
    parser.add_argument("--plot", type=PICTURE, metavar="FILE", help="画图（PNG 或 SVG） · draw them (PNG or SVG)")
    return parser


def calibrate() -> argparse.ArgumentParser:
    """`scripts/calibrate`."""
    parser = Parser(
        "scripts/calibrate",
        CALIBRATE,
        _codes("已算出", "done", "人太少，或数据读不了", "too few people, or the data cannot be read"),
    )
    parser.add_argument(
        "--data",
        type=folder_there,
        required=True,
        metavar="NODEFOLDER",
        help="节点自己的文件夹 · the node's own folder",
    )
    parser.add_argument("--plot", type=PICTURE, metavar="FILE", help="画出误差曲线 · draw the error trade-off")
    parser.add_argument(
        "--write", action="store_true", help="保存到节点文件夹 · keep it in NODEFOLDER/face-thresholds.json"
    )
    return parser


def capture() -> argparse.ArgumentParser:
    """`scripts/capture`."""
    parser = Parser(
        "scripts/capture",
        CAPTURE,
        _codes("已完成", "done", "设备打不开，或没有发来任何字节", "the device cannot be opened, or sent no byte"),
    )
    commands = parser.add_subparsers(title="命令 commands", required=True, metavar="COMMAND", dest="command")
    text = "录一台真设备 · record a real device"
    recorder = commands.add_parser("record", help=text, description=text)
    recorder.add_argument(
        "address",
        metavar="ADDRESS",
        type=device_address(BOARD, RECORDED),
        help="设备地址，写法同站点文件 · the device's address, as in the site file",
    )
    recorder.add_argument("--device", required=True, help="厂家、型号、固件 · maker, model, firmware")
    recorder.add_argument(
        "--out", type=file_to_write(), required=True, metavar="FILE", help="写到哪个文件 · the file to write"
    )
    recorder.add_argument(
        "--seconds", type=number_between(1, 3600, "秒数", "the time in seconds"), default=10, metavar="N",
        help="扫码器和读卡器听多久，默认 10 秒；继电器板只问一次 · how long to listen to a scanner or reader (10 s by "
        "default); a board is asked once",
    )  # fmt: skip
    for name, text in (
        ("simulate", "重做模拟记录 · make the simulated fixtures"),
        ("hardware", "更新清单 · rewrite devices/HARDWARE.md"),
    ):
        commands.add_parser(name, help=text, description=text)
    return parser


def chaos() -> argparse.ArgumentParser:
    """`scripts/chaos`."""
    parser = Parser(
        "scripts/chaos", CHAOS, _codes("无丢失无重复", "nothing lost, nothing doubled", "有不符的", "not in order")
    )
    parser.add_argument("--full", action="store_true", help="各 20 次，而不是 3 次 · 20 kills of each instead of 3")
    parser.add_argument(
        "--seed", type=number_between(0, 999_999_999, "种子", "a seed"), default=SEED, metavar="N",
        help=f"哪一组时刻，默认 {SEED} · which moments (default {SEED})",
    )  # fmt: skip
    return parser


def setup() -> argparse.ArgumentParser:
    """`python3 scripts/setup.py`."""
    parser = Parser(
        "scripts/setup.py",
        "准备好本目录：虚拟环境、核对过哈希的软件包、页面资源、人脸与车牌模型；不启动任何东西，都齐了立即返回。 · "
        "Makes this clone ready: environment, packages by hash, page assets, face and plate models. Starts nothing; "
        "returns at once when all is there.",
        _codes("已齐", "all is there", "没有准备好", "set-up stopped"),
    )
    parser.add_argument("--face", choices=["dlib"], help="再装第二个人脸后端 · the second face backend too")
    return parser


def _codes(well_zh: str, well_en: str, not_zh: str, not_en: str) -> str:
    return (
        f"退出码：0 {well_zh}；1 {not_zh}；2 命令有误，先改再来；130 被 Ctrl-C 中断{GAP}"
        f"exit codes: 0 {well_en}; 1 {not_en}; 2 the call is wrong, change it first; 130 interrupted with Ctrl-C"
    )


def benches() -> str:
    """What there is, a line for each language."""
    told = [(name, *text.split(GAP)) for name, text in BENCHES.items()]
    return "\n".join(f"  {name:10} {zh}\n  {'':10} {en}" for name, zh, en in told)
