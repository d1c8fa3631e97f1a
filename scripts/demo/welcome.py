"""What the running demo says once it is up: the address, the password, and what to try next."""

import shlex
from typing import NamedTuple

from scripts.demo.site import DemoSite
from scripts.seed_parking import OVERSTAY
from scripts.setup import PYTHON


class Shown(NamedTuple):
    """own_camera: a real one is at east-in. backend: of faces; dlib never lets a face alone open."""

    own_camera: bool
    backend: str


def password(site: DemoSite) -> str:
    """The one-time password at the first start. Later only the person knows what holds, and there is a way back."""
    if site.is_first_start:
        given: str = site.seeded["admin"]["password"]
        return f"{given}    (一次性，首次登录时更换 · one-time; you change it at the first log-in)"
    return (
        "您首次登录时自己设的 · the one you chose at the first log-in\n"
        "                   还没登录过，或忘了 · never signed in, or forgotten:\n"
        f"                   {reset_command(site)}"
    )


def reset_command(site: DemoSite) -> str:
    """What a person types to be given a new one-time password for this very site, from any folder."""
    words = [PYTHON, "-m", "central", "reset-password", "--data", site.folder / "central"]
    return shlex.join([*map(str, words), "--login", site.seeded["admin"]["login"]])


def welcome(site: DemoSite, shown: Shown) -> str:
    """The whole of it."""
    admin = site.seeded["admin"]
    return f"""
门庭 Menting · 演示站点 demo site

  打开 open        {site.url}
  账号 account     {admin["login"]}
  密码 password    {password(site)}
  通道屏 lane      {site.screen_url("east-in")}
  司机页 driver    {site.url}{site.seeded["signs"]["lot"]}

  接下来 next
  · 首页看事件逐条到来；按 ? 看快捷键          watch events arrive on the first page; ? shows the keys
  · 点“看画面 · 远程开门”：填原因，点“开门”    “Look and open”: give a reason, then “Open”
  · 名单外的车停在车行进口等您：看画面，再抬杆   a car on no list waits for you: look, and raise the arm
  · 停了三小时的车在出口按呼叫：到“中控室”接   the car that stayed three hours calls at the exit: take it in
    它、看费用、抬杆                             the booth, see the fee, raise the arm
  · 司机页不用账号：输入 {OVERSTAY}，用测试收款   the driver’s page needs no account: type {OVERSTAY}, pay by
    付掉；它等在出口时，付完杆就抬               test payment; when it waits at the exit, the arm then rises
  · 货车停上消防通道、电动车骑进车道：看报警    a van on the fire lane, an e-bike at the barrier: look
    和当时的图片                                 at the alarm and its picture
{_overstay(site)}  · 在“访客通行码”里开一张，打印或出示          issue one under “Passes”
{_own_face(shown)}
  人脸来自软件包里的少量公开照片（{len(site.faces.people)} 人），姓名电话均为示例。
  The faces are {len(site.faces.people)} public portraits from packages; all names and phones are samples.
  日志 log: {site.folder / "edge.log"}
"""


def _overstay(site: DemoSite) -> str:
    """The same car is there at a later start only where nobody let it out before."""
    if site.is_first_start:
        return ""
    return (
        "    上次已付清离场的话就查不到了，              if it left last time, nothing is found;\n"
        "    scripts/run --fresh 从头来                  scripts/run --fresh begins anew\n"
    )


def _own_face(shown: Shown) -> str:
    if shown.backend != "sface":
        return (
            "  · dlib 只做一比一：东门进口要通行码加人脸，    dlib compares one to one: lane east-in wants a pass and\n"
            "    光刷脸不开门                               a face, and a face alone opens nothing\n"
        )
    if shown.own_camera:
        return (
            "  · 东门进口现在是您的摄像头，规则是           your camera is at lane east-in, where the rule now is\n"
            "    “通行码，或活人的脸”：登记过的，在          “a pass, or a living face”: once enrolled, turn your\n"
            "    “通道屏”前按提示转头，门就开                head before the lane's screen as it asks, and the door\n"
            "    没登记：住户 → 选一人 → 人脸与同意          opens. To enrol: People → somebody → Face and consent\n"
            "    → 登记链接                                  → the link\n"
        )
    return (
        "  · 登记自己的脸：住户 → 选一人 → 人脸与同意     enrol your own face: People → somebody → Face and consent\n"
        "    → 登记链接，就在这台电脑的浏览器里打开       → the link, opened in the browser of this computer\n"
        "  · 东门进口现在要通行码加人脸。用               lane east-in now wants a pass and a face. Started again\n"
        "    scripts/run --camera 0 重新启动，它的规则    with scripts/run --camera 0 its rule becomes “a pass, or\n"
        "    变为“通行码，或活人的脸”：在“通道屏”前       a living face”: turn your head before the lane's screen\n"
        "    按提示转头，门就开                           as it asks, and the door opens\n"
    )
