"""Every finding in words: what it is, and what to do, in the order in which it is worth trying.

`[echo]` in them is the field that the page labels so; it is named as it stands there.
"""

import re
from collections.abc import Mapping

from devices.diagnose import Diagnosis, Finding
from devices.fault_words import OTHER, cause_zh
from edge.commission.problem_words import brief
from edge.commission.words import PAGE, PARAMETERS
from edge.console.words import Line, Said


def _said(what_zh: str, what_en: str, do_zh: str = "", do_en: str = "") -> Said:
    return Said(Line(what_zh, what_en), Line(do_zh, do_en) if do_zh else None)


FINDINGS: dict[Finding, Said] = {
    Finding.WORKS: _said("工作正常", "It works"),
    Finding.SILENT: _said(
        "{baud} 8N1 没有应答",
        "No answer at {baud} 8N1",
        "先看供电灯；再对调 A、B 两线；核对拨码地址。",
        "Check its power light; swap wires A and B; check its switches.",
    ),
    Finding.NOT_LISTENING: _said(
        "那台机器在，但拒绝连接：这个端口没有程序在听",
        "That machine is there and refuses the connection: nothing listens at this port",
        "核对“[where]”里的主机和端口；再看设备上有没有打开网络控制（Modbus TCP 常用 502）。",
        'Check host and port in "[where]", and whether the device has its control by network switched on (Modbus TCP '
        "is mostly at 502).",
    ),
    Finding.NO_WAY: _said(
        "到不了这台主机",
        "There is no way to this host",
        "先看网线和交换机；再核对“[where]”，以及本机与它是否在同一网段。",
        'Check cable and switch; then "[where]", and whether this machine is on the same network.',
    ),
    Finding.BUSY: _said(
        "端口被另一个程序占用",
        "Another program has this port open",
        "请先停止节点（systemctl stop）或串口工具，再试一次。",
        "Stop the node (systemctl stop) or the serial tool that uses it, then test again.",
    ),
    Finding.NO_PERMISSION: _said(
        "当前账户没有权限打开它",
        "This account may not open it",
        "串口：sudo usermod -aG dialout 用户名；摄像头加 video 组，键盘式读头加 input 组；重新登录后生效。",
        "Serial port: sudo usermod -aG dialout USER; camera: group video; keyboard: group input; then log in anew.",
    ),
    Finding.NO_PORT: _said(
        "这个端口不在了",
        "There is no such port",
        "请重新插好，再从“设备”里选它；/dev/ttyUSB 的编号会变，请选 by-id 的名称。手工填写的，请核对“[where]”。",
        'Plug it in again and choose it on "Devices"; /dev/ttyUSB numbers change, so choose its name by id. Where it '
        'was typed, check "[where]".',
    ),
    Finding.UNPLUGGED: _said(
        "测试中连接断了",
        "It was unplugged while it was tested",
        "检查 USB 线和供电，换一个插口再试。",
        "Check the USB cable and its power; try another socket.",
    ),
    Finding.BAD_CRC: _said(
        "有应答，但校验（CRC）不对",
        "It answers, and the check sum (CRC) is wrong",
        "多半是干扰：两端加 120 Ω 终端电阻，共地，远离电机线；也可能两块板用了同一个地址。",
        "Mostly noise: 120 Ω at both ends, a common ground, away from motor cables; or two boards share one number.",
    ),
    Finding.NOT_ITS_LANGUAGE: _said(
        "收到的字节读不懂",
        "The bytes that come make no sense",
        "多半是“[baud]”不对；也请核对所选的设备类型。",
        'Mostly a wrong "[baud]"; also check that the right kind of device is chosen.',
    ),
    Finding.ECHO: _said(
        "这个转换器会回显发出的内容",
        "This adapter repeats what is sent",
        "这还不算正常：坏板也会显得有应答。请把“[echo]”设为 1 再测。",
        'That is not "works": a dead board would look alive too. Set "[echo]" to 1 and test again.',
    ),
    Finding.NO_ECHO: _said(
        "这个转换器没有回显",
        "This adapter does not repeat what is sent",
        "请把“[echo]”设为 0 再测。",
        'Set "[echo]" to 0 and test again.',
    ),
    Finding.OTHER_UNIT: _said(
        "应答的是另一块板，地址 {unit}",
        "Another board answers, number {unit}",
        "核对拨码，或把“[unit]”改成 {unit}；确认它不是别的门的板。",
        'Check its switches, or set "[unit]" to {unit}; make sure that it is not the board of another door.',
    ),
    Finding.OTHER_ANSWER: _said(
        "答非所问",
        "It answers something that was not asked",
        "同一条线上可能还有另一个主机；请断开其他控制器再试。",
        "Perhaps another controller asks on this line: disconnect it and test again.",
    ),
    Finding.TWO_DEVICES: _said(
        "一个问题有两个应答：一条线上有两台设备",
        "Two answers to one question: two devices on one port",
        "只留一台再测；要并用时给每台不同的地址。",
        "Leave only one and test again; to use both, give each its own number.",
    ),
    Finding.REFUSES: _said(
        "设备应答了，但拒绝：{text}",
        "It answers and refuses: {text}",
        "先按设备说的原因查。",
        "Go by its own reason first.",
    ),
    Finding.NOT_SET_UP: _said(
        "这台机器上还差一样：{text}",
        "Something on this computer is not ready: {text}",
        "设备还没有被问过。改好以后再测。",
        "The device was not asked yet. Mend that, then test again.",
    ),
    Finding.NOT_CONFIRMED: _said(
        "设备接受了命令，但输出没有动",
        "It accepted, and the output did not move",
        "检查继电器供电；换一个输出再试。在查清之前不要用它。",
        "Check the relays' own supply; try another output. Do not use it before this is clear.",
    ),
    Finding.KEY_HELD: _said(
        "有个键一直按着",
        "A key is held down",
        "松开它；没有人按时，看看这个键是否卡住、进水或被塞住。",
        "Let it go; where nobody presses it, see whether the key is stuck, wet or jammed.",
    ),
    Finding.NO_CODE: _said(
        "还没有读到",
        "Nothing was read yet",
        "请把码或卡放到读头前 5–15 厘米。没有反应时看指示灯和波特率。",
        "Hold a code or card 5 to 15 cm before it. No reaction: check its light and the speed.",
    ),
    Finding.NO_END: _said(
        "收到了内容，但没有结束符",
        "Something came, and its end did not",
        "再出示一次；常这样时核对“[end]”，或按说明书让扫码器加回车。",
        'Show it again; where it happens often, check "[end]", or let the scanner add a carriage return.',
    ),
    Finding.TOO_LONG: _said(
        "太长，不是通行码",
        "Too long for a pass",
        "请出示门庭的码；还是太长时，看看有没有两个码连在一起。",
        "Show a pass of this system; where it is still too long, see whether two codes arrive as one.",
    ),
    Finding.NOT_A_CODE: _said(
        "夹有控制字符，不是通行码",
        "It holds control signs and is no pass",
        "核对“[stx]”和扫码器的前后缀。",
        'Check "[stx]", and the prefix and suffix that the scanner adds.',
    ),
    Finding.NO_PICTURE: _said(
        "没有画面：{text}",
        "No picture comes: {text}",
        "核对地址、用户名和密码；确认节点能连到摄像头的网络。",
        "Check address, user and password, and that this node reaches the camera's network.",
    ),
    Finding.OLD_PICTURE: _said(
        "画面停在 {age} 秒前",
        "The picture stands still since {age} s",
        "检查网线和交换机；摄像头可能死机，请断电重启。",
        "Check cable and switch; the camera may hang: take its power away and give it back.",
    ),
    Finding.DARK: _said(
        "画面几乎全黑",
        "The picture is almost black",
        "取下镜头盖，检查补光。",
        "Take the lens cap off; check the light.",
    ),
    Finding.FLAT: _said(
        "画面没有内容，镜头可能被遮住",
        "The picture shows nothing; the lens may be covered",
        "看看镜头前面。",
        "Look at what is before the lens.",
    ),
    Finding.ONLY_SENT: _said(
        "线路打开了；继电器或门会不会动，还没有证明：它自己不报告",
        "The line is open. Whether a relay or a door moves is not proved: it never reports that itself",
        "请吸合一个输出，听一听、看一看，再说它动了没有。",
        "Switch an output on, listen and look, and then say whether it moved.",
    ),
    Finding.MOVED: _said(
        "指令发出后，您说它动了；它自己不报告",
        "An order was sent, and you say that it moved; it reports nothing itself",
    ),
    Finding.NOT_MOVED: _said(
        "指令发出了，您说它没有动",
        "An order was sent, and you say that it did not move",
        "先看供电灯；再核对“[where]”是不是这块板的端口，输出接在哪一路。",
        'Check its power light; whether "[where]" is the port of this board; and which output is wired.',
    ),
    Finding.NO_PUSH: _said(
        "还没有推送",
        "No push yet",
        "把下面的地址填进相机的推送设置，再开一辆车过来，或在相机页面手动触发一次。",
        "Type the address below into the camera's push settings; then drive a car up, or trigger the camera by hand.",
    ),
    Finding.PORT_TAKEN: _said(
        "本机的这个端口已有程序在用",
        "Another program of this machine has this port already",
        "可能是节点，或另一台相机。先停止它；或把“[listen]”换一个，相机里也一样改。",
        'Perhaps the node, or another camera. Stop it first; or choose another "[listen]", in the camera too.',
    ),
    Finding.TEXT_SENT: _said(
        "线路打开了；显示屏显示了没有，它自己不报告",
        "The line is open. Whether the board shows anything it never reports",
        "点“显示测试文字”，看一看、听一听，再说有没有。",
        'Press "Show a test text", look and listen, and then say whether it did.',
    ),
    Finding.TEXT_SEEN: _said(
        "文字发出后，您说看到或听到了；它自己不报告",
        "A text was sent, and you say that it was seen or heard; it reports nothing itself",
    ),
    Finding.TEXT_UNSEEN: _said(
        "文字发出了，您说没有看到也没有听到",
        "A text was sent, and you say that nothing was seen or heard",
        "先看供电；再对调 A、B 两线；核对“[baud]”和显示屏的型号。",
        'Check its power; swap wires A and B; then compare "[baud]", and the make of the board.',
    ),
    Finding.ADDRESS: _said("地址不能用：{text}", "This address cannot be used: {text}"),
    Finding.UNKNOWN: _said(
        "打不开",
        "It cannot be opened",
        "请核对设备类型和地址，再看节点的日志。",
        "Check kind and address, then the node's log.",
    ),
}
"""Complete: a test compares it with the closed list."""

PERHAPS_PROFILE = Line(
    "“[profile]”可能选错了：核对输出和输入的数量。", 'Perhaps the "[profile]" is wrong: compare outputs and inputs.'
)
"""Behind what to do with a board that refuses, where it has a profile."""
OTHER_KEY = Line(
    "核对“[key_file]”：读卡器里的密钥要和它一样；换过读卡器就重新配对。",
    'Compare "[key_file]": the reader must have the very key that it holds; a reader that was replaced is paired anew.',
)
"""The same of a reader that is talked to under a key."""
OTHER_ADDRESS = Line(
    "先看供电灯；再对调 A、B 两线；核对“[address]”和波特率。",
    'Check its power light; swap wires A and B; check "[address]" and the speed.',
)
"""What to do with a silent reader: it has a number on its line, and no switches."""
THEN_SEARCH = Line("再点“寻找设备”，试其他速率和地址。", '"Search" then tries other speeds and numbers.')
"""Behind what to do, where the device can be searched for."""
SEARCHED = Line("常见的速率和地址都没有应答", "No answer at any of the usual speeds and numbers")
SEARCHED_IN_PART = Line(
    "{planned} 个常见的速率和地址试了 {tried} 个，没有应答",
    "No answer at {tried} of {planned} usual speeds and numbers",
)
NONE_MAKES_SENSE = Line(
    "{planned} 个常见的速率和地址试了 {tried} 个，都读不懂：核对所选的设备类型；它须是 8N1；再看接线和干扰。",
    "{tried} of {planned} usual speeds and numbers were tried, and none makes sense: check that the right kind of "
    "device is chosen and that it is set to 8N1; then its wiring, and noise.",
)
"""What to do where the speed is not to be guessed any more."""
ENDS = {"cr": "CR", "lf": "LF", "crlf": "CR LF"}
SET_END = Line(
    "听到的结束符是 {end}：请把“[end]”设为 {ended} 再测。",
    'Its codes end with {end}: set "[end]" to {ended}, and test again.',
)
NO_END_HEARD = Line(
    "没有听到任何结束符：请把“[end]”设为 idle，或按说明书让扫码器加回车。",
    'No end was heard at all: set "[end]" to idle, or let the scanner add a carriage return, as its manual says.',
)
COMES_BACK = Line(
    "用同一个名称插回后，会自己接着测。", "Once it is plugged in under the same name, the test goes on by itself."
)
HEARD = Line(
    "寻找时没有一个地址正常。在 {speed}、地址 {asked} 听到：", "Search: no address works. At {speed}, number {asked}: "
)
"""Before what was heard, where a search found nothing that works."""
UNREACHED = Said(
    Line("没有应答", "No answer"),
    Line("先看供电灯和线；再核对“[where]”。", 'Check its power light and its cable; then "[where]".'),
)
SEARCH_AFTER = frozenset({Finding.SILENT, Finding.NOT_ITS_LANGUAGE})

FIELDS = {
    Finding.NOT_ITS_LANGUAGE: ("baud", ""),
    Finding.ECHO: ("echo", "1"),
    Finding.NO_ECHO: ("echo", "0"),
    Finding.OTHER_UNIT: ("unit", ""),
    Finding.REFUSES: ("profile", ""),
    Finding.NO_END: ("end", ""),
    Finding.TOO_LONG: ("end", ""),
    Finding.NOT_A_CODE: ("stx", ""),
    Finding.NO_PICTURE: ("where", ""),
    Finding.NO_PORT: ("where", ""),
    Finding.SILENT: ("where", ""),
    Finding.NOT_LISTENING: ("where", ""),
    Finding.NO_WAY: ("where", ""),
    Finding.NOT_MOVED: ("where", ""),
    Finding.PORT_TAKEN: ("listen", ""),
    Finding.TEXT_UNSEEN: ("profile", ""),
}
"""The field that a finding speaks of, and what is to stand there where that is sure."""


def label(name: str) -> Line:
    """A field as the page labels it, without what it explains behind the name."""
    return brief(PARAMETERS.get(name) or (PAGE["where"] if name == "where" else Line(name, name)))


def end_to_set(diagnosis: Diagnosis, options: Mapping[str, object]) -> str:
    """What the field for the end of a code is to hold by what was heard; "": it holds that, or nothing is known."""
    ended = diagnosis.facts.get("ended", "") if diagnosis.finding in (Finding.NO_END, Finding.TOO_LONG) else ""
    return ended if "end" in options and options["end"] != ended else ""


def say(
    diagnosis: Diagnosis, options: Mapping[str, object], searchable: bool = False,
    searched: tuple[int, int] | None = None,
) -> Said:  # fmt: skip
    """The words for one finding, with the facts of what was tried. `searched`: it was a search that found nothing, and
    tried so many addresses of so many."""
    facts = {"baud": str(options.get("baud", "")), "unit": "?", "text": "", "age": "?", "bytes": "?", **diagnosis.facts}
    facts |= {"tried": str((searched or (0, 0))[0]), "planned": str((searched or (0, 0))[1])}
    facts |= {"end": ENDS.get(facts.get("ended", ""), "")}
    said = FINDINGS[diagnosis.finding]
    if diagnosis.finding is Finding.SILENT and not facts["baud"]:
        said = UNREACHED
    elif diagnosis.finding is Finding.SILENT and searched:
        said = Said(SEARCHED if searched[0] >= searched[1] else SEARCHED_IN_PART, said.do)
    elif diagnosis.finding is Finding.NOT_ITS_LANGUAGE and searched:
        said = Said(said.what, NONE_MAKES_SENSE)
    if diagnosis.finding is Finding.SILENT and "address" in options:
        said = Said(said.what, OTHER_ADDRESS)
    if diagnosis.finding is Finding.REFUSES and said.do is not None:
        more = PERHAPS_PROFILE if "profile" in options else OTHER_KEY if options.get("key_file") else Line("", "")
        said = Said(said.what, Line(said.do.zh + more.zh, f"{said.do.en} {more.en}".strip()))
    if ended := end_to_set(diagnosis, options):
        said = Said(said.what, NO_END_HEARD if ended == "idle" else SET_END)
    if diagnosis.finding is Finding.NO_PICTURE and not facts["text"]:
        said = Said(Line("没有画面", "No picture comes"), said.do)
    if searched and "speed" in facts:
        said = Said(Line(HEARD.zh + said.what.zh, HEARD.en + said.what.en), said.do)
    if searchable and not searched and diagnosis.finding in SEARCH_AFTER and said.do is not None:
        said = Said(said.what, Line(said.do.zh + THEN_SEARCH.zh, f"{said.do.en} {THEN_SEARCH.en}"))
    cause = cause_zh(facts["text"])
    text_zh = facts["text"] if cause == OTHER else f"{cause}（{facts['text']}）"
    filled = [
        None
        if line is None
        else Line(_fill(_named(line.zh, "zh"), facts | {"text": text_zh}), _fill(_named(line.en, "en"), facts))
        for line in (said.what, said.do)
    ]
    assert filled[0] is not None
    return Said(filled[0], filled[1])


def _named(text: str, language: str) -> str:
    return re.sub(r"\[([a-z_]+)\]", lambda found: str(getattr(label(found[1]), language)), text)


def _fill(text: str, facts: Mapping[str, str]) -> str:
    for name, value in facts.items():
        text = text.replace("{" + name + "}", value)
    return text
