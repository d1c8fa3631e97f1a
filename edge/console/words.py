"""What a lane's screen says: one short line, and one that says what to do, Chinese first.

Read from a metre away by everybody who passes: no name, no score, and nothing that accuses.
"""

import re
from dataclasses import dataclass, replace

from edge.lane.says import Say
from models.access.credential import Kind
from models.access.decision import Reason


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said in both languages. `zh` in `phrases`, where it may go on in the next line: Chinese has no spaces
    that tell a browser so."""

    zh: str
    en: str
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """`what` in the largest type and by voice; `do`: what helps now, or nothing; spoken where somebody must do it."""

    what: Line
    do: Line | None = None


def _line(zh: str, en: str) -> Line:
    """`zh` with a stroke between its phrases, and a comma or colon ends one by itself."""
    phrases = re.split(r"/|(?<=[，：])", zh)
    return Line("".join(phrases), en, tuple(phrases) if len(phrases) > 1 else ())


def _said(what_zh: str, what_en: str, do_zh: str = "", do_en: str = "") -> Said:
    return Said(_line(what_zh, what_en), _line(do_zh, do_en) if do_zh else None)


COME_CLOSER = _said("请走近，看镜头", "Come closer and look here", "也可以出示通行码", "Or show your pass")
LOOK_OR_SHOW = _said(
    "请走近，看镜头", "Come closer and look here", "也可以出示通行码/或刷卡", "Or show your pass or your card"
)
SHOW_PASS = _said("请出示通行码", "Show your pass", "对准镜头/或扫码窗", "To the camera or the scanner")
SCAN_PASS = _said("请在扫码窗/出示通行码", "Show your pass to the scanner")
SHOW_EITHER = _said(
    "请出示通行码/或刷卡", "Show your pass or your card", "有键盘的可按：房号 # 密码 #", "With a keypad: unit # PIN #"
)
SHOW_CARD = _said("请刷卡", "Show your card", "有键盘的可按：房号 # 密码 #", "With a keypad: unit # PIN #")
WELCOME = _said("请进", "Welcome", "门已解锁，请推门", "The door is unlocked")
GOODBYE = _said("请慢走", "Goodbye", "门已解锁，请推门", "The door is unlocked")
SENT_TO_PANEL = _said(
    "已识别，已通知/门禁主机",
    "You were recognised; the door's panel was told",
    "请推门，推不开/请联系保安",
    "Try the door; if it stays shut, call the guard",
)
"""Where an existing panel drives the lock: whether it opens is its word, and nobody here hears it."""
CONSENT_ENDED = _said("请进", "Welcome", "刷脸同意已到期，照常通行", "Your consent to face checks has ended")
"""To whoever goes through without the face check that they once agreed to. That they never did is said to nobody."""
DOOR_OPEN = _said("请随手/关门", "Please close the door behind you")
LOOK_HERE: dict[Kind, Said] = {
    Kind.PASS: _said(
        "请看镜头", "Look at the camera", "通行码已读到，再核对一下本人", "Your pass was read; one look more"
    ),
    Kind.CARD: _said("请看镜头", "Look at the camera", "卡已读到，再核对一下本人", "Your card was read; one look more"),
    Kind.PIN: _said(
        "请看镜头", "Look at the camera", "密码已收到，再核对一下本人", "Your PIN was taken; one look more"
    ),
}
"""By what was shown: everything that can wait for its holder's face."""

MORE: dict[Say, Said] = {
    Say.COME_CLOSER: _said("请靠近一点", "Come a little closer", "脸进到椭圆里", "Your face inside the oval"),
    Say.LOOK_STRAIGHT: _said("请正对镜头", "Look straight ahead", "保持不动", "And hold still"),
    Say.MORE_LIGHT: _said("光线太暗", "It is too dark", "请站到亮处", "Stand where there is light"),
    Say.LESS_LIGHT: _said("光线太强", "It is too bright", "请避开直射光", "Step out of direct light"),
    Say.HOLD_STILL: _said("请不要动", "Hold still, please"),
    Say.ONE_AT_A_TIME: _said(
        "请一个人/站到镜头前", "One person before the camera, please", "其他人请退后一步", "Others one step back"
    ),
    Say.TURN_LEFT: _said("请向左转头", "Turn your head to the left", "再转回来看镜头", "Then look back here"),
    Say.TURN_RIGHT: _said("请向右转头", "Turn your head to the right", "再转回来看镜头", "Then look back here"),
}
"""What a lane asks of somebody whom it looks at. Who showed no pass may show one all the same."""

FIRE = _said("门已打开，请撤离", "The door is open, please leave", "跟随疏散指示", "Follow the escape signs")
FIRE_UNSURE = _said(
    "火警：请推门撤离", "Fire: push the door and leave", "推不开/就走别的出口", "If it stays shut, use another exit"
)
FIRE_LOCKED = _said(
    "火警：门可能锁着",
    "Fire: this door may be locked",
    "推不开就走别的出口，叫保安",
    "Stuck? Use another exit, call the guard",
)
LOCK_STUCK = _said(
    "已识别，门锁没有反应",
    "You were recognised; the lock is stuck",
    "推不开/请联系保安",
    "If it stays shut, call the guard",
)
STARTING = _said("这扇门/正在启动", "This door is starting", "请等几秒再试", "Wait some seconds and try again")
AGAIN = _said("这扇门/刚启动好", "This door has only just started", "请再出示一次", "Please show it once more")
"""To whom showed something while it started: nothing that is wrong with it, and nobody has to be called."""
OUT_OF_ORDER = _said("这扇门/暂时不能识别", "This door cannot check you now", "请联系保安", "Please call the guard")

EBIKE = _said(
    "电动车/请勿进入", "No e-bikes here, please", "请把车推出去，停到充电棚", "Take it out, to the charging shed"
)
CLOSED = _said(
    "现在只出不进",
    "Closed for entry just now",
    "获准进入的人员/请出示通行码/或刷卡",
    "Who is still let in: show your pass or card",
)
"""In a lock-down, to whom has not shown anything yet: some are let in all the same."""

GUARD_ASKED = _said("已请值班人员，请稍等", "A guard was asked, please wait")
"""To whom was referred: a guard has it before them. What else opens here meanwhile is said with it."""
MEANWHILE: dict[tuple[bool, bool], Line] = {
    (True, True): _line("也可出示通行码、/刷卡或输密码", "Or show a pass or card, or key in a PIN"),
    (True, False): _line("也可以出示通行码", "You can also show your pass"),
    (False, True): _line("也可以刷卡或输密码", "You can also show a card or key in a PIN"),
}
"""By whether passes and whether cards are read here."""
ANOTHER_GATE = _line("着急可以走别的门", "In a hurry? Use another gate")

_CALL_HOST = ("请联系/邀请您的住户", "Ask the person who invited you")
_CALL_GUARD = ("请联系保安", "Please call the guard")
CALL_GUARD = _line(*_CALL_GUARD)
_ONE_PASS = ("请出示通行码", "Show your pass")
_PASS_OR_CARD = _line("请出示通行码/或刷卡", "Show your pass or your card")

REFUSED: dict[Reason, Said] = {
    Reason.OK: WELCOME,
    Reason.NO_CONSENT: WELCOME,
    Reason.CONSENT_ENDED: CONSENT_ENDED,
    Reason.UNKNOWN: _said("没有认出您", "You were not recognised", *_ONE_PASS),
    Reason.MALFORMED: _said(
        "这不是通行码", "This is not a pass", "请打开通行码/页面再试", "Open your pass and try again"
    ),
    Reason.UNKNOWN_KEY: _said("这个通行码/不属于这里", "This pass is not for here", *_CALL_HOST),
    Reason.FORGED: _said("这个通行码/不能使用", "This pass cannot be used", *_CALL_GUARD),
    Reason.REVOKED: _said("通行码已取消", "This pass was cancelled", *_CALL_HOST),
    Reason.BLOCKED: _said("暂时不能通行", "Entry is not possible now", *_CALL_GUARD),
    Reason.HOUSEHOLD_BLOCKED: _said("暂时不能通行", "Entry is not possible now", *_CALL_GUARD),
    Reason.EXPIRED: _said("通行码已过期", "This pass has ended", "请联系住户/重新邀请", "Ask for a new one"),
    Reason.NOT_YET: _said(
        "还没到/通行时间", "This pass is not valid yet", "请按通行码上/的时间再来", "Come at the time shown on it"
    ),
    Reason.WRONG_POINT: _said("请走另一个门", "Please use another gate", "通行码上写着/可走的门", "Your pass names it"),
    Reason.WRONG_TIME: _said("这个时段/不能通行", "Not open to you at this hour", *_CALL_GUARD),
    Reason.NO_RULE: _said("这扇门/没有对您开放", "This door is not open to you", *_CALL_GUARD),
    Reason.USED_UP: _said("通行码/次数已用完", "This pass is used up", "请联系住户/重新邀请", "Ask for a new one"),
    Reason.PASSBACK: _said("记录显示/您已在里面", "You are already inside by our record", *_CALL_GUARD),
    Reason.TAILGATE: _said(
        "请一人/一次通行", "One person at a time, please", "请退后，再出示一次", "Step back and show it again"
    ),
    Reason.WRONG_ATTEMPTS: _said("请稍候/几分钟", "Please wait a few minutes", *_CALL_GUARD),
    Reason.SECOND_FACTOR: _said(
        "还差一步", "One more step", "请看镜头，或出示通行码", "Look at the camera, or show your pass"
    ),
    Reason.NO_FACE: _said("没有看到您", "We did not see you", "请正对镜头再试", "Face the camera and try again"),
    Reason.SEVERAL_FACES: _said(
        "请一个人/站到镜头前", "One person before the camera, please", "其他人请退后一步", "Others one step back"
    ),
    Reason.LOW_QUALITY: _said(
        "看不清楚", "The picture is not clear", "请正对镜头再试", "Face the camera and try again"
    ),
    Reason.LOW_SCORE: _said("没有核对上", "We could not match you", *_CALL_GUARD),
    Reason.AMBIGUOUS: _said("需要/再核对一下", "One more check is needed", *_ONE_PASS),
    Reason.SPOOF: _said("需要/再核对一下", "One more check is needed", *_ONE_PASS),
    Reason.NO_REFERENCE: _said("还没有/登记人脸", "No face is registered", *_CALL_GUARD),
    Reason.FACE_ALONE: _said("还差一步", "One more step", *_ONE_PASS),
    Reason.LOCKDOWN: _said("现在只出不进", "Closed for entry just now", *_CALL_GUARD),
    Reason.FIRE: FIRE,
    Reason.FAULT: OUT_OF_ORDER,
    Reason.STALE_RULES: _said("需要/保安核对", "The guard has to check", *_CALL_GUARD),
    Reason.INTERLOCK: _said("请等/另一扇门关好", "Wait for the other door to close"),
    Reason.EBIKE: EBIKE,
    Reason.LATE: _said("请再试一次", "Please try again"),
    Reason.REPLAYED: _said("请再试一次", "Please try again"),
    Reason.NOT_PERMITTED: _said("请联系保安", "Please call the guard"),
}
"""Complete: a test compares it with the closed list. A suspected attack reads like any other further check."""

_CHECKED = _said("需要/再核对一下", "One more check is needed", *_CALL_GUARD)
_SHOWN = {Reason.AMBIGUOUS: _CHECKED, Reason.SPOOF: _CHECKED}

OF_KIND: dict[Kind, dict[Reason, Said]] = {
    Kind.PASS: _SHOWN,
    Kind.CARD: _SHOWN
    | {
        Reason.UNKNOWN: _said("没有认出/这张卡", "This card is not known here", *_CALL_GUARD),
        Reason.REVOKED: _said("这张卡已停用", "This card was cancelled", *_CALL_GUARD),
        Reason.EXPIRED: _said("这张卡已过期", "This card has ended", "请联系/物业续期", "Ask the office to renew it"),
        Reason.NOT_YET: _said("这张卡/还没到启用时间", "This card is not valid yet", *_CALL_GUARD),
    },
    Kind.PIN: _SHOWN
    | {
        Reason.UNKNOWN: _said(
            "房号或密码/不对", "Unit or PIN does not match", "再输一次：房号 # 密码 #", "Again: unit # PIN #"
        ),
        Reason.REVOKED: _said("这个密码已停用", "This PIN was cancelled", *_CALL_GUARD),
        Reason.EXPIRED: _said(
            "这个密码已过期", "This PIN has ended", "请联系住户/或保安", "Ask your host or the guard"
        ),
        Reason.NOT_YET: _said("这个密码/还没到启用时间", "This PIN is not valid yet", *_CALL_GUARD),
        Reason.WRONG_ATTEMPTS: _said(
            "密码/暂时不能使用",
            "PINs are not taken just now",
            "几分钟后再试，或联系保安",
            "Try in some minutes, or call the guard",
        ),
    },
    Kind.FACE: {
        Reason.EXPIRED: _said("您的/通行期限已到", "Your time here has ended", *_CALL_GUARD),
        Reason.NOT_YET: _said("还没到/您的通行时间", "Not open to you yet", *_CALL_GUARD),
    },
}
"""Where what was shown has a word of its own. Nobody is told whether it was the unit or the PIN that is wrong."""


def or_a_card(said: Said) -> Said:
    """The same where cards are read: whoever is told to show a pass may hold up a card as well."""
    return replace(said, do=_PASS_OR_CARD) if said.do == _line(*_ONE_PASS) else said


def refused(reason: Reason, kind: Kind) -> Said:
    """What a refusal says to somebody who showed a credential of this kind."""
    return OF_KIND.get(kind, {}).get(reason, REFUSED[reason])
