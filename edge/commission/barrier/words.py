"""What is said of a vehicle lane on trial, Chinese first."""

from enum import StrEnum

from devices.ports import PushTrouble
from edge.commission.barrier.deeds import No
from edge.commission.barrier.evidence import EndFault
from edge.console.words import Line, Said
from edge.lane.vehicle.loops import LoopFault, Wrong
from edge.lane.vehicle.states import Arm, Phase

NAMES = {
    "arming": Line("触发地感", "arming loop"),
    "safety": Line("防砸地感", "safety loop"),
    "closing": Line("过车地感", "closing loop"),
    "up": Line("抬到位", "arm is up"),
    "down": Line("落到位", "arm is down"),
    "fire": Line("消防", "fire"),
}
LEVELS = {
    "loop": (Line("有车", "occupied"), Line("无车", "free")),
    "end": (Line("到位", "reached"), Line("未到", "not reached")),
    "fire": (Line("火警", "fire"), Line("正常", "normal")),
}
UNKNOWN, NOT_WIRED = Line("不知道", "not known"), Line("未接", "not wired")
ARMS = {
    Arm.UP: Line("杆在上面", "The arm is up"),
    Arm.DOWN: Line("杆在下面", "The arm is down"),
    Arm.MOVING: Line("杆在动", "The arm moves"),
    Arm.UNKNOWN: Line("杆的位置不明", "It is not known where the arm is"),
    Arm.NOT_REPORTED: Line("没有到位触点，不知道杆在哪里", "No end contact says where the arm is"),
}
PHASES = {
    Phase.STARTING: Line("正在打开", "opening"),
    Phase.RESTING: Line("没有命令", "nothing is asked of it"),
    Phase.RAISED: Line("已抬杆", "told to rise"),
    Phase.LOWERING: Line("正在落杆：松手就抬起", "coming down: let go and it rises"),
    Phase.LIFTED: Line("不是本页抬的", "up, and not by this page"),
    Phase.HELD: Line("已抬杆，保持", "told to rise, and to stay"),
    Phase.FIRE: Line("火警，保持抬起", "held up for fire"),
}


def _said(what_zh: str, what_en: str, do_zh: str, do_en: str) -> Said:
    return Said(Line(what_zh, what_en), Line(do_zh, do_en))


FAULTS: dict[StrEnum, Said] = {
    LoopFault.SWAPPED: _said(
        "{a}和{b}接反了：车先压到了后面那个",
        "{a} and {b} are swapped: the car was on the later one first",
        "对调这两个输入的线，或在下面“接线”里对调编号，再开一辆车过一次。",
        "Swap the two wires, or their numbers under Wiring below; then drive a car through once more.",
    ),
    LoopFault.REVERSED: _said(
        "车是从{a}往{b}走的：两个地感接反，或者车开反了方向",
        "The car came from {a} to {b}: these two are swapped, or it drove the wrong way",
        "按本车道方向再开一次；还是这样，就对调这两个输入。",
        "Drive once more in this lane's direction; if it says so again, swap the two inputs.",
    ),
    LoopFault.MISSED: _said(
        "车过去了，{a}没有反应",
        "A car went by and {a} saw nothing",
        "看地感控制器的灯：灯亮而这里不变，查到这个输入的线；灯不亮，查线圈和灵敏度。车若中途退回，请整辆开过去再看。",
        "Look at the detector's lamp: lit and no change here, check the wire to this input; dark, check coil and "
        "sensitivity. If the car turned back, drive it all the way through.",
    ),
    LoopFault.STUCK_ON: _said(
        "{a}一直报有车",
        "{a} says occupied all the time",
        "地感上没有车：把地感控制器复位；仍然这样，查常开常闭接法，防砸和过车要用常闭。",
        "With no car on it: reset the detector; if it stays, check its contact. Safety and closing are wired normally "
        "closed.",
    ),
    LoopFault.INVERTED: _said(
        "{a}反了：有车报无车，无车报有车",
        "{a} is inverted: free with a car on it, occupied without",
        "换到控制器的另一个触点：触发地感用常开，防砸和过车用常闭。",
        "Take the detector's other contact: normally open for arming, normally closed for safety and closing.",
    ),
    EndFault.SWAPPED: _said(
        "到位触点接反了：命令抬杆，却报落到位",
        "The end contacts are swapped: told to rise, the arm says down",
        "对调两个输入的线，或在“接线”里对调编号。改好之前不能落杆。",
        "Swap the two wires, or their numbers under Wiring. The arm is not lowered before.",
    ),
    EndFault.BOTH: _said(
        "两个到位触点同时报到位",
        "Both end contacts say that they are reached",
        "有一根线短路，或限位没有调好；改好之前不能落杆。",
        "One wire is shorted, or a limit is set wrongly. The arm is not lowered before.",
    ),
    EndFault.SILENT: _said(
        "两个到位触点都没有反应",
        "Neither end contact ever said anything",
        "看杆动了没有：动了，查道闸的限位输出和公共线；没动，查抬杆输出的线。",
        "Look whether the arm moved. It did: check the barrier's limit outputs and their common. It did not: check the "
        "output that raises.",
    ),
    EndFault.NEVER: _said(
        "杆离开了，但一直不报{a}",
        "The arm left, and never says: {a}",
        "看杆到头没有：到了，查这个触点的线和限位；没到，查机械和道闸的行程时间。",
        "Look whether it got there. It did: check this contact and its limit. It did not: check mechanics and running "
        "time.",
    ),
    EndFault.NOT_MOVED: _said(
        "命令发出后触点没有变化，不报{a}",
        "After the order no contact changed; it never says: {a}",
        "看杆。没动：查这个输出到道闸的线和道闸的手自动开关。动了：查到位触点。本来就在那一头：到位触点接反了，对调。",
        "Look at the arm. It did not move: check the wire from this output and the barrier's manual switch. It moved: "
        "check the end contacts. It stood there already: the end contacts are swapped.",
    ),
}
NO = {
    No.UNHEARD: Line("继电器板没有应答，不落杆。", "The board does not answer: the arm stays up."),
    No.OCCUPIED: Line("杆下或杆后有车，不落杆。", "Something is under the arm or just behind it: the arm stays up."),
    No.UNKNOWN: Line("地感状态不明，不落杆。", "A loop is not known: the arm stays up."),
    No.ENDS_WRONG: Line("到位触点接错了，先改好再落杆。", "The end contacts are wired wrongly: mend them first."),
    No.FIRE: Line("火警时不落杆。", "For a fire the arm stays up."),
    No.NO_OUTPUT: Line("没有接落杆输出：道闸自己落杆。", "No output lowers it: the barrier comes down by itself."),
}
PUSHES = {
    PushTrouble.STRANGER: Line("别的地址发来的", "from another address"),
    PushTrouble.WRONG_PATH: Line(
        "路径不对，请核对相机里填的密钥", "wrong path: compare the secret typed into the camera"
    ),
    PushTrouble.WRONG_SERIAL: Line("序列号不对", "another serial number"),
    PushTrouble.TOO_LARGE: Line("超过 2 MB，请调小相机图片", "over 2 MB: make the camera's picture smaller"),
    PushTrouble.TOO_MANY: Line("太频繁", "too many at once"),
    PushTrouble.UNREADABLE: Line("读不懂，请核对相机型号和推送格式", "unreadable: compare make and push format"),
    PushTrouble.TWICE: Line("重复", "sent twice"),
    PushTrouble.UNANSWERED: Line("没来得及应答", "not answered in time"),
}
CLOCK_OFF = Said(
    Line("相机的钟{how}", "The camera's clock is {how}"),
    Line("把相机的校时设为本机所用的时间服务器；差得多时，开始几辆车只能问保安，补传的旧记录会排错时间。",
         "Point the camera's time service at the node's own; a guard is asked about the first cars, and records that "
         "it sends later would stand at a wrong time."),
)  # fmt: skip
NO_TIME = Said(
    Line("相机没有给出时间", "The camera tells no time"),
    Line("请在相机的推送格式里打开时间。", "Switch the time on in its push format."),
)
PAGE = {
    "title": Line("道闸", "Barrier"),
    "none": Line(
        "还没有车道。先在“站点文件”建一条通道，选好继电器板，再回这里填接线。",
        'There is no vehicle lane yet. Make a lane on "Site file", give it its board, then say its wiring here.',
    ),
    "make": Line("作为车道接线", "Wire as a vehicle lane"),
    "begin": Line("开始测试", "Begin the test"),
    "stop": Line("停止测试", "Stop the test"),
    "one_at_a_time": Line("测试时请站在能看到杆的地方。", "Stand where you see the arm while you test."),
    "contacts": Line("触点", "Contacts"),
    "ago": Line("{s}前变化", "changed {s} ago"),
    "never": Line("还没变化过", "has not changed yet"),
    "raise": Line("抬杆", "Raise"),
    "lower": Line("按住落杆", "Hold to lower"),
    "lower_help": Line(
        "按住才落，松手就抬起。杆下和杆后的地感都空着才会落。",
        "It comes down only while you hold, and rises when you let go; and only with the loop under the arm and the "
        "one behind it free.",
    ),
    "came_up": Line("又抬起了：松了手，或者有东西到了杆下。", "It rose again: you let go, or something came under it."),
    "fire_over": Line("火警已解除", "The fire is over"),
    "travel_up": Line("抬杆 {s} 秒", "up in {s} s"),
    "travel_down": Line("落杆 {s} 秒", "down in {s} s"),
    "no_travel": Line("抬一次、落一次，就知道行程时间。", "Raise and lower once to see how long it takes."),
    "drive": Line("开一辆车整个过去，看三个地感依次亮起。", "Drive a car through and watch the three loops in turn."),
    "rest_unknown": Line(
        "测试开始时就有地感亮着。有车停在上面：等它开走，地感都灭了，再开一辆车整个过去。没有车：等一分钟，再开。",
        "A loop was lit as the test began. With a car on it: once it has gone and all loops are free, drive a car "
        "through. Without one: wait a minute, then drive.",
    ),
    "driven": Line("✓ 车依次压过了三个地感", "✓ A car was on the three loops in turn"),
    "lost": Line("继电器板没有应答：{why}", "The board does not answer: {why}"),
    "pulse_fault": Line("抬杆命令没有执行：{why}", "The order to rise was not carried out: {why}"),
    "display": Line("显示屏和语音", "Driver's board"),
    "show": Line("显示测试文字", "Show a test text"),
    "shown": Line("应显示并读出：{text}", "It should show and say: {text}"),
    "camera": Line("车牌相机", "Plate camera"),
    "no_push": Line("还没有推送。开一辆车过来，或在相机页面手动触发一次。",
                    "No push yet. Drive a car up, or trigger the camera by hand."),
    "plate": Line("车牌", "Plate"),
    "no_plate": Line("没有读到车牌", "no plate read"),
    "age": Line("{s}前", "{s} ago"),
    "score": Line("把握 {n}%", "{n} % sure"),
    "trigger": Line("触发代码 {code}", "trigger code {code}"),
    "clock_ok": Line("✓ 相机的钟与本机相差 {s} 秒", "✓ The camera's clock is within {s} s of this machine's"),
    "fast": Line("快了 {s}", "{s} ahead"),
    "slow": Line("慢了 {s}", "{s} behind"),
    "answered": Line(
        "本机的应答：收到；没有命令任何东西打开", "Answered: taken; nothing was told to open"
    ),
    "answered_late": Line(
        "应答晚了，相机会再推送一次", "The answer came too late: the camera will push it once more"
    ),
    "stored": Line("相机里还有 {n} 条旧记录，留给正式运行", "The camera keeps {n} older records for the gate"),
    "push_refused": Line("不接受 {n} 次：{why}", "Not taken, {n}: {why}"),
    "not_wired": Line("这条车道没有配置它。", "This lane has none."),
    "wiring": Line("接线", "Wiring"),
    "wiring_help": Line("板上的编号，从 1 数起；0 = 没有。", "Numbers on the board, from 1 on; 0 = none."),
    "save": Line("保存接线", "Save the wiring"),
    "saved": Line("已存入草稿。", "Saved in the draft."),
    "not_in_order": Line("这条车道还不能测试：", "This lane cannot be tested yet:"),
    "seconds": Line("{n} 秒", "{n} s"),
    "minutes": Line("{n} 分钟", "{n} min"),
    "measured_travel": Line("抬 {up} 秒，落 {down} 秒", "up {up} s, down {down} s"),
    "measured_loops": Line("三个地感依次有反应", "the three loops in turn"),
    "measured_plates": Line("收到推送，时钟差 {s} 秒", "a push came, clock {s} s apart"),
    "measured_display": Line("显示屏已收到文字", "the board took the text"),
}  # fmt: skip


def in_words(wrong: Wrong, language: str) -> tuple[str, str]:
    """What is wrong, and what to do."""
    said = FAULTS[wrong.fault]
    names = [getattr(NAMES[name], language) for name in (*wrong.about, *wrong.about)[:2]] or ["", ""]
    what = getattr(said.what, language).format(a=names[0], b=names[1])
    return what[:1].upper() + what[1:], getattr(said.do, language) if said.do else ""
