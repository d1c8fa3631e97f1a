"""`python -m edge`: the node at a gate, and what a technician does with it; `edge/arguments.py` explains each command.

What is heavy is imported by the command that needs it: help and a wrong call are answered at once.
"""

import argparse
import getpass
import importlib.util
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge.arguments import parse
from edge.told import told
from models.command_line import until_interrupted

if TYPE_CHECKING:
    from edge.site import Site

ASIDE_WORD = "set-aside"

log = logging.getLogger("edge")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code, as `edge/arguments.py` tells a person: 0, 1, 2 or 130."""
    options = parse(None if arguments is None else list(arguments))
    return until_interrupted(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a long poll every half minute is no news
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one matrix product on two cores is slower than on one
    if (without_site := WITHOUT_SITE.get(options.command)) is not None:
        return without_site(options)
    from edge.site import read_site
    from edge.site_problem import SiteError

    try:
        site = read_site(options.site)
        data: Path = options.data or options.site.resolve().parent / "node"
        return COMMANDS[options.command](options, site, data)
    except SiteError as error:
        print(error, file=sys.stderr)
        return 2


def _serve(options: argparse.Namespace, site: "Site", data: Path) -> int:
    from edge.at_the_doors import Doors
    from edge.folder import FolderInUse
    from edge.serve import EgressBroken, whole_node

    stop, doors = threading.Event(), Doors(options.site)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())  # a node that runs takes them over
    try:
        node = whole_node(site, data, options.weights, stop, doors=doors)
    except FolderInUse as error:
        print(told("节点没有启动", "The node does not start", error), file=sys.stderr)
        return 2
    except EgressBroken as error:
        print(error, file=sys.stderr)
        return 1
    return node.run() if node is not None else 0


def _check(options: argparse.Namespace, site: "Site", data: Path) -> int:
    from edge.commission.checklist import has_default_login
    from edge.site import check_authority
    from edge.site_problem import line_of
    from models.values.time import utc_now

    check_authority(site, options.site, utc_now())
    text = options.site.read_text(encoding="utf-8-sig")
    open_to_all = [
        f"{options.site}:{line_of(text, ('lane', number, key))}: {lane.code}.{key}"
        for number, lane in enumerate(site.lane)
        for key in ("camera", "camera_nir")
        if has_default_login(getattr(lane, key) or "")
    ]
    for where in open_to_all:  # SEC-06: neither the name nor the password is shown
        print(
            f"{where}: 这是厂家手册上的用户名和密码，人人都知道；请先在设备上改，再改这里 / this is a login from the "
            "maker's manual, which everybody knows; change it in the device, then here",
            file=sys.stderr,
        )
    if open_to_all:
        return 2
    if site.face.backend == "dlib" and importlib.util.find_spec("face_recognition") is None:  # found, not imported
        print(
            f"{options.site}:{line_of(text, ('face', 'backend'))}: face.backend: dlib 的软件包没有装，请运行 python3 "
            'scripts/setup.py --face dlib，或改成 backend = "sface" / the packages of dlib are not installed; run '
            'python3 scripts/setup.py --face dlib, or write backend = "sface"',
            file=sys.stderr,
        )
        return 2
    over_osdp = [
        f"{options.site}:{line_of(text, ('lane', number, key))}: {lane.code}.{key}"
        for number, lane in enumerate(site.lane)
        for key in ("reader", "relay")
        if (getattr(lane, key) or "").startswith(("osdp+", "panel+osdp"))
    ]
    if over_osdp:
        from devices.reader.osdp_package import osdp_trouble

        if (trouble := osdp_trouble()) is not None:
            print(f"{', '.join(over_osdp)}: {' / '.join(trouble)}", file=sys.stderr)
            return 2
    from edge.lane.vehicle.display import would_show

    for lane in site.lane:
        if lane.board is not None and lane.barrier is not None:
            print(f"{lane.code}: 显示屏会说 / its board would say:")
            texts = would_show(lane.direction, lane.barrier.board_language, inner=lane.barrier.to_zone is not None)
            print(*(f"    {text}" for text in texts), sep="\n")
    from edge.commission.checklist import only_told

    for lane in site.lane:
        if only_told(lane.relay):
            print(
                f"{lane.code}: 这种板只听不答：接没接上、动没动，节点自己看不出，只有门磁看得出 / this board never "
                "answers: whether it is there and has moved the node cannot tell, only the door contact shows it"
            )
    nothing_opens = _tell_no_fire(options.site, text, site)
    unknown, floors = _tell_unknown(options.site, site, data), _tell_floors(options.site, text, site, data)
    beside = unknown or floors or nothing_opens
    lanes = ", ".join(lane.code for lane in site.lane)
    zh, en = ("文件可用，另见提醒", "can be used, but see above") if beside else ("没有问题", "in order")
    print(
        f"{options.site}: {zh}，{len(site.lane)} 条通道；没有去找设备，接没接上要到启动后看 / "
        f"{en}; lanes: {lanes}; no device was looked for: whether each answers shows once the node runs"
    )
    return 0


def _tell_unknown(path: Path, site: "Site", data: Path) -> bool:
    """That this node lets nobody in, because central does not know it; whether there was anything to tell."""
    from edge.enrolled import lack_here, why_nobody

    lack = lack_here(data, [lane.code for lane in site.lane], site.central is not None)
    if lack is not None:
        print(f"{path}: {' / '.join(why_nobody(lack, path, data))}", file=sys.stderr)
    return lack is not None


def _tell_no_fire(path: Path, text: str, site: "Site") -> bool:
    """The doors on an escape route that nothing opens on fire, because no lane of this node has a fire input; whether
    there was anything to tell. A fire at any lane opens all of them."""
    from edge.site_problem import line_of

    if any(lane.barrier.fire if lane.barrier is not None else lane.contacts.fire for lane in site.lane):
        return False
    doors = [number for number, lane in enumerate(site.lane) if lane.escape_route]
    for number in doors:
        print(
            f"{path}:{line_of(text, ('lane', number, 'contacts', 'fire'))}: {site.lane[number].code}.contacts.fire: "
            "在疏散通道上，而本节点没有接消防输入，火警时门不会自动打开；请接上，写它接在哪个输入 / on an escape "
            "route, and no fire input is wired at this node: nothing opens it on fire; wire one and write its input",
            file=sys.stderr,
        )
    return bool(doors)


def _tell_floors(path: Path, text: str, site: "Site", data: Path) -> bool:
    """Who lives on a floor that a lift here has no button for, by the rules of this node; whether there was anything to
    tell. A node without rules is told nothing: it is checked before it is enrolled, and again after."""
    if not any(lane.lift for lane in site.lane) or not (data / "node.json").exists():
        return False
    from edge.lift_floors import on_this_disk
    from edge.site_problem import line_of
    from edge.starting import STARTING_PROBLEMS

    try:
        lacking = on_this_disk(site, data)
    except STARTING_PROBLEMS as error:
        print(told("电梯的楼层没有核对", "The lifts' floors were not compared", error), file=sys.stderr)
        return True
    for place, floors in lacking.items():
        where = f"{path}:{line_of(text, ('lane', place, 'lift', 'floors'))}: {site.lane[place].code}.lift.floors"
        print(
            f"{where}: 中心给这部电梯的楼层里，{'、'.join(floors)} 没有按键，住户到不了；请补按键，或在中心的“楼层和"
            "电梯”里改成按键上的写法 / central names floors for this lift that have no button here: "
            f"{', '.join(floors)}. Nobody gets there by it: add the button, or write the floor at central as it is",
            file=sys.stderr,
        )
    return bool(lacking)


def _enrol(options: argparse.Namespace, site: "Site", data: Path) -> int:
    from edge.commands import enrol_node
    from edge.health.clock import Clock
    from edge.site import check_authority
    from edge.starting import STARTING_PROBLEMS
    from edge.sync.enrol import AlreadyEnrolled, refuse_second
    from edge.sync.enrol_words import told_beside
    from models.values.time import utc_now

    check_authority(site, options.site, utc_now())
    if site.central is None:
        print(
            f'{options.site}: 没有写中心的地址，请加上 [central] 和 url = "https://…"。 / names no central; add '
            '[central] with url = "https://…"',
            file=sys.stderr,
        )
        return 2
    try:
        refuse_second(data / "node.json")  # before anybody is asked for a token
    except AlreadyEnrolled as error:
        print(told("节点没有登记", "The node was not enrolled", error), file=sys.stderr)
        return 2
    token = options.token if options.token != "-" else _asked("注册码 token: ").strip()
    if not token:
        print(
            "没有读到注册码：请在终端里运行，或从标准输入送入一行。\n"
            "No token came: run this on a terminal, or hand it over as one line of the standard input.",
            file=sys.stderr,
        )
        return 2
    clock = Clock()
    try:
        node = enrol_node(site, site.central.url, data, token, clock)
    except STARTING_PROBLEMS as error:
        print(told("节点没有登记", "The node was not enrolled", error), file=sys.stderr)
        return exit_code(error)
    lanes = ", ".join(lane.code for lane in node.lanes)
    print(f"{node.name}: 已登记 / is enrolled: {node.node_id}; 通道 lanes: {lanes}")
    for said in (told_beside(node.beside) if node.beside else None, clock.finding()):
        if said is not None:
            print(said, file=sys.stderr)
    return 0


def exit_code(error: Exception) -> int:
    """1 where the same call may do another time; 2 where a person has to change something first."""
    from edge.sync.errors import SyncError, Untrusted

    return 1 if isinstance(error, SyncError) and error.retry_helps and not isinstance(error, Untrusted) else 2


def _asked(prompt: str) -> str:
    """A secret: from a person without showing it, or one line from a pipe. Empty when neither gives one."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    try:
        return getpass.getpass(prompt)
    except EOFError:
        return ""


def _face(options: argparse.Namespace, site: "Site", data: Path) -> int:
    from edge.faces import enrol_face
    from edge.starting import STARTING_PROBLEMS

    try:
        url = site.central.url if site.central is not None else None
        refused = enrol_face(
            data, options.weights, options.cardholder, options.photos, url, site.face.backend, ca=site.ca
        )
    except STARTING_PROBLEMS as error:
        print(told("没有制作模板", "No template was made", error), file=sys.stderr)
        return exit_code(error)
    if refused is not None:
        print(told("没有制作模板", "No template was made", refused), file=sys.stderr)
        return 1
    print(
        f"{options.cardholder}: 已制作模板，用的照片数：{len(options.photos)}；照片没有保留。 / A template was made, "
        f"photos used: {len(options.photos)}; none was kept."
    )
    return 0


def _forget(options: argparse.Namespace, _site: "Site", data: Path) -> int:
    from edge.faces import forget_person
    from edge.starting import STARTING_PROBLEMS
    from models.values.time import site_time

    try:
        forgotten = forget_person(data, options.cardholder)
    except STARTING_PROBLEMS as error:
        print(told("没有销毁任何东西", "Nothing was destroyed", error), file=sys.stderr)
        return 2
    if forgotten.destroyed:
        print(
            "模板、密钥和照片已销毁，被告警留住的除外。 / Template, key and pictures are destroyed, but for what an "
            "alarm holds."
            if forgotten.held
            else "模板、密钥和照片已销毁。 / Template, key and pictures are destroyed."
        )
    elif not forgotten.held:
        print(
            f"本节点没有 {options.cardholder} 的任何东西，请核对编号。 / This node held nothing of "
            f"{options.cardholder}; check the id."
        )
    for one in forgotten.held:
        until = f"{site_time(one.until):%Y-%m-%d %H:%M}"
        print(
            f"事件照片 {one.event_id} 被一条告警留到 {until}，到时自动销毁。 / An alarm holds the event picture "
            f"{one.event_id} until {until}; it is then destroyed by itself."
        )
    return 0 if forgotten.destroyed or forgotten.held else 1


def _set_aside(options: argparse.Namespace, _site: "Site", data: Path) -> int:
    from edge.commands import may_set_aside, set_journal_aside
    from edge.starting import STARTING_PROBLEMS

    try:
        may_set_aside(data)  # first: nobody is asked about what cannot be done
    except STARTING_PROBLEMS as error:
        print(told("没有改动", "Nothing was changed", error), file=sys.stderr)
        return 2
    print(
        "日志将被移开，节点从新的日志开始。会失去：尚未发送到中心的事件，以及通行证已使用次数（限次通行证可再次使用）。\n"
        "The journal is set aside and a new one begins. What is lost: events that central does not have yet, and how "
        "often each pass was used, so that passes with a number of uses may be used again."
    )
    if not options.yes:
        print(f"确认请输入 {ASIDE_WORD} / type {ASIDE_WORD} to go on: ", end="", flush=True)
        if sys.stdin.readline().strip() != ASIDE_WORD:
            print(
                f"没有改动。要继续请输入 {ASIDE_WORD}，脚本里用 --yes。 / Nothing was changed. Type {ASIDE_WORD} to go "
                "on; a script says --yes.",
                file=sys.stderr,
            )
            return 2
    try:
        kept = set_journal_aside(data)
    except STARTING_PROBLEMS as error:
        print(told("没有改动", "Nothing was changed", error), file=sys.stderr)
        return 2
    print(f"旧日志（如有）：{kept} / the old journal, if there was one: {kept}")
    return 0


def _letters(options: argparse.Namespace, site: "Site", data: Path) -> int:
    from edge.commands import letters_of, retry_letters
    from edge.starting import STARTING_PROBLEMS

    try:
        tried = retry_letters(site, data) if options.retry else None
        held = letters_of(data)
    except STARTING_PROBLEMS as error:
        what = ("没有发送", "The letters were not sent") if options.retry else ("没有读到", "The letters were not read")
        print(told(*what, error), file=sys.stderr)
        return exit_code(error)
    for letter, reason in tried if tried is not None else [(one, one.reason) for one in held.letters]:
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
    if not tried and not any(held):
        print("没有中心拒收的事件。 / There is no event that central would not take.")
    return 1 if tried and any(reason for _, reason in tried) else 0


def _commission(options: argparse.Namespace) -> int:
    from edge.commission.command import commission

    return commission(None if options.simulate else options.site, options.data, options.port)


def _site(_options: argparse.Namespace) -> int:
    from edge.commission.site_keys import explained

    print(explained())
    return 0


def _cameras(options: argparse.Namespace) -> int:
    from edge.cameras import list_cameras, list_streams

    if options.host is None:
        return list_cameras(options.seconds)
    password = _asked("摄像头密码 / the camera's password: ")
    if not password:
        print(
            f"没有读到 {options.host} 的密码：请在终端里运行，会问密码，不显示；或写进只有自己能读的文件，用 < FILE "
            "送入。\n"
            f"No password for {options.host} came: run this on a terminal, which asks for it and does not show it, or "
            "write it into a file that only you can read and hand that over with < FILE.",
            file=sys.stderr,
        )
        return 2
    return list_streams(options.host, options.user, password)


WITHOUT_SITE: dict[str, Callable[[argparse.Namespace], int]] = {
    "site": _site, "commission": _commission, "cameras": _cameras,
}  # fmt: skip
"""The site file may not be there yet: these help to write it."""

COMMANDS: dict[str, Callable[[argparse.Namespace, "Site", Path], int]] = {
    "serve": _serve, "check": _check, "enrol": _enrol, "face": _face, "forget": _forget, "letters": _letters,
    "set-aside": _set_aside,
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
