"""本机上的演示站点：中心、一个大门两条通道、来来往往的人。
A demo site on this machine: central, one gate with two lanes, and people who come and go.

scripts/run                  启动并一直运行，Ctrl-C 结束 · start it and leave it running; Ctrl-C ends it
scripts/run --check          每人来一次，不用看，全部符合才以 0 退出
                             everybody comes once, nobody watches; exit code 0 when all was as it must be
scripts/run --camera 0       东门进口用自己的摄像头 · your own camera at lane east-in
scripts/run --relay 'modbus+serial:///dev/ttyUSB0?profile=waveshare-8'
"""

import argparse
import fcntl
import random
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from devices.errors import AddressError
from devices.registry import check_address
from models.values.time import SITE_TZ, utc_now
from scripts.demo.arrivals import Arrival, By, arrive
from scripts.demo.cast import Cast
from scripts.demo.check import run_check
from scripts.demo.site import DemoSite, DemoStopped
from scripts.setup import ROOT

FOLDER = ROOT / ".menting" / "demo"
PORT = 8080
BETWEEN_S = (4.0, 9.0)


def main() -> int:
    options = _parser().parse_args()
    try:
        devices = real_devices(options)
        if options.check:
            return run_check(lambda text: print(f"  {text}", flush=True), devices, options.port or 0)
        return show(options, devices)
    except (AddressError, DemoStopped) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def real_devices(options: argparse.Namespace) -> dict[str, str]:
    """Addresses of the real devices that take the place of simulated ones at lane east-in. Raises AddressError."""
    devices = {}
    if options.camera is not None:
        devices["camera"] = camera_address(options.camera)
    if options.relay is not None:
        devices["relay"] = options.relay
    if options.scanner is not None:
        devices["scanner"] = options.scanner
    for option, address in devices.items():
        try:
            where = check_address(address).where
        except AddressError as error:
            raise AddressError(f"--{option}: {error}") from error
        if where.startswith("/") and not Path(where).exists():
            raise AddressError(f"--{option}: 没有 {where}，请检查是否插好 · there is no {where}; is it plugged in?")
    return devices


def camera_address(text: str) -> str:
    """`0` is the first camera of this machine; a file or folder plays in a loop; an address stays what it is."""
    if text.isdigit():
        return f"camera+v4l2:///dev/video{text}"
    path = Path(text)
    if path.is_dir():
        return f"camera+folder://{path.resolve()}"
    if path.is_file():
        return f"camera+file://{path.resolve()}?loop=1"
    if "://" not in text:
        raise AddressError(f"--camera: 没有文件或文件夹 {text} · there is no file or folder {text}")
    return text


def port_number(text: str) -> int:
    """A TCP port that may be listened on."""
    port = int(text) if text.isdigit() else 0
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text}: 端口是 1 到 65535 的数字 · a port is a number from 1 to 65535")
    return port


def password(site: DemoSite) -> str:
    """The one-time password at the first start; later on only the person knows whether it still holds."""
    given: str = site.seeded["admin"]["password"]
    if site.is_first_start:
        return f"{given}    (一次性，首次登录时更换 · one-time; you change it at the first log-in)"
    return (
        f"您首次登录时设的密码；还没登录过则是 {given}；忘了用 --fresh 重来\n"
        f"                   the one you chose at the first log-in, or {given} if you never have; --fresh begins anew"
    )


def show(options: argparse.Namespace, devices: dict[str, str]) -> int:
    """The demo until Ctrl-C."""
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    lock = FOLDER.with_suffix(".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DemoStopped(
            "演示站点已在运行，请先停止它 · this demo site is running already; stop that one first"
        ) from error
    if options.fresh:
        shutil.rmtree(FOLDER, ignore_errors=True)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)  # a shell starts what runs in the background with Ctrl-C ignored
    began = time.monotonic()
    site = DemoSite(FOLDER, lambda text: print(f"  {text} …", flush=True), devices, backend=options.face)
    try:
        site.start(options.port or PORT)
        print(f"\n  {time.monotonic() - began:.0f} s\n{welcome(site)}", flush=True)
        _come_and_go(site, devices)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave a database running
        print("\n  停止中 stopping …", flush=True)
        site.close()
    return 0


def welcome(site: DemoSite) -> str:
    """The address, the password, and what to try next."""
    admin = site.seeded["admin"]
    return f"""
门庭 Menting · 演示站点 demo site

  打开 open        {site.url}
  账号 account     {admin["login"]}
  密码 password    {password(site)}
  通道屏 lane      {site.screen_url("east-in")}

  接下来 next
  · 首页看事件逐条到来；按 ? 看快捷键          watch events arrive on the first page; ? shows the keys
  · 点“看画面 · 远程开门”：填原因，再放行      “Look and open”: give a reason, release
  · 在“访客通行码”里开一张，打印或出示          issue one under “Passes”
  · scripts/run --camera 0                       用自己的摄像头 with your own camera
  · 用自己的脸：住户 → 人脸与同意 → 登记链接，   your own face: People → Face and consent → the link; then
    再走到 --camera 的通道前按提示转头           stand before the lane of --camera and turn as it asks

  人脸来自软件包里的少量公开照片（{len(site.faces.people)} 人），姓名电话均为示例。
  The faces are {len(site.faces.people)} public portraits from packages; all names and phones are samples.
"""


def _come_and_go(site: DemoSite, devices: dict[str, str]) -> None:
    """Arrivals one after the other until interrupted. At a lane with a real camera nobody simulated appears."""
    cast = Cast(site.seeded, site.faces)
    arrivals = [a for a in cast.show() if not (a.lane == "east-in" and "camera" in devices and a.by is By.CAMERA)]
    scenes = {arrival.key: arrival.painted() for arrival in arrivals}
    chance = random.Random(7)
    while True:
        for arrival in _shuffled(arrivals, chance):
            if (ended := site.ended()) is not None:
                raise DemoStopped(ended)
            print(f"  {utc_now().astimezone(SITE_TZ):%H:%M:%S}  {arrival.zh} · {arrival.en}", flush=True)
            lane = site.world.lanes[arrival.lane]
            arrive(lane, arrival, scenes[arrival.key])
            time.sleep(3.5)
            if scenes[arrival.key].pictures:
                lane.leave()
            time.sleep(chance.uniform(*BETWEEN_S))


def _shuffled(arrivals: list[Arrival], chance: random.Random) -> list[Arrival]:
    return chance.sample(arrivals, len(arrivals))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="从头演一遍并打印表格 · play every arrival once on a fresh site, print a table",
    )
    parser.add_argument(
        "--camera",
        metavar="CAMERA",
        help="真摄像头：0、文件、文件夹、rtsp://… · a real camera: 0, a file, a folder, rtsp://…",
    )
    parser.add_argument("--relay", metavar="ADDRESS", help="真继电器板 · a real relay board for lane east-in")
    parser.add_argument("--scanner", metavar="ADDRESS", help="真扫码器 · a real code scanner for lane east-in")
    parser.add_argument(
        "--face",
        choices=("sface", "dlib"),
        default="sface",
        help="人脸后端；换了要加 --fresh · face backend; after a change begin with --fresh",
    )
    parser.add_argument(
        "--port",
        type=port_number,
        metavar="N",
        help=f"中心的端口 · central's port (default {PORT}; --check takes a free one)",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="清掉旧站点重来 · forget the demo site of before and begin anew"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
