"""What is said of an intercom on trial, Chinese first; and what came of it in words. Pure."""

from typing import Any

from devices.fault_words import OTHER, cause_zh
from edge.commission.intercom_trial import IntercomTrial, State
from edge.console.words import Line
from edge.intercom.calls import Event
from edge.intercom.digest import REALM, Answer
from edge.intercom.serving import Asked

PAGE = {
    "intercom_fitted": Line("对讲机", "Intercom"),
    "intercom_none": Line("没有装", "none"),
    "intercom_by_contact": Line("干接点，输入 {n}", "dry contact, input {n}"),
    "intercom_by_network": Line("网络呼叫，来自 {address}", "calls by network, from {address}"),
    "contact_first": Line(
        "优先用干接点：对讲机自己的继电器接到一个输入，每闭合一次就请求开门。",
        "A dry contact first: the intercom's own relay on an input asks for the door each time it closes.",
    ),
    "contact_input": Line("接在哪个输入", "Input"),
    "contact_taken": Line("已接{what}", "wired: {what}"),
    "contact_free": Line("空", "free"),
    "contact_use": Line("用干接点", "Use the dry contact"),
    "network_or": Line(
        "没有继电器的，或经交换机转接的，用网络呼叫：HTTP 摘要认证，密钥不上线。",
        "Without a relay, or through an exchange, it calls by network: HTTP digest, and the secret is never sent.",
    ),
    "network_address": Line("对讲机的 IP 地址", "The intercom's IP address"),
    "network_user": Line("它登录用的名字", "The name by which it signs in"),
    "network_listen": Line("本机在对讲机那个网段的地址", "This machine's address on the intercom's network"),
    "network_listen_help": Line(
        "空着：用本机通往对讲机的那个地址。", "Empty: the one on this machine's way to the intercom."
    ),
    "alone": Line("127.0.0.1 只有本机自己叫得到。", "127.0.0.1 can be called by this machine alone."),
    "network_calls": Line(
        "它会告知通话的开始和结束：没有通话就不开门",
        "It tells when calls begin and end: without a call it opens nothing",
    ),
    "network_renew": Line("换一个新密钥（旧的就不能用了）", "Make a new secret (the old one is then no good)"),
    "network_use": Line("用网络呼叫", "Let it call"),
    "network_save": Line("保存", "Save"),
    "network_test": Line("测试呼叫", "Test a call"),
    "intercom_drop": Line("没有装对讲机", "No intercom is fitted"),
    "trial_title": Line("测试对讲机", "Test the intercom"),
    "call_this": Line("让对讲机呼叫（POST）：", "Let the intercom call, by POST:"),
    "sign_in": Line("登录名：", "Name:"),
    "secret": Line("密钥：", "Secret:"),
    "secret_hidden": Line(
        "密钥只在做成的那一次显示。忘了就回“站点文件”换一个新的。",
        'The secret was shown once, when it was made. If it is lost, make a new one on "Site file".',
    ),
    "how": Line(
        "认证方式 Digest，领域（realm）{realm}，SHA-256 或 MD5。没有通话编号也行；"
        "有就加在后面：?call=编号&answered=分机",
        "Digest, realm {realm}, SHA-256 or MD5. A call may be named behind it: ?call=ID&answered=EXTENSION",
    ),
    "by_hand": Line(
        "没有对讲机时，可在填写的那个地址的电脑上用 curl 试：",
        "Without an intercom, try it with curl on a computer at the address that you filled in:",
    ),
    "begin": Line("等它呼叫", "Wait for its call"),
    "stop": Line("停止", "Stop"),
    "waiting": Line("正在等。请在对讲机上按开门。", "Waiting: press the door button of the intercom."),
    "not_listening": Line(
        "不能在这个地址等：{why}。地址要是本机自己的；端口若正由本页使用，请换 --port 重新打开本页。",
        "It cannot be waited for here: {why}. The address must be this machine's own; where this page itself has the "
        "port, open the page anew with another --port.",
    ),
    "not_read": Line("不能开始：{why}", "It cannot begin: {why}"),
    "over": Line("已停止", "Stopped"),
    "nothing_yet": Line("还没有呼叫。", "No call yet."),
    "opens_nothing": Line("测试时什么都不会打开。", "While it is tested nothing opens."),
    "ago": Line("{n} 秒前", "{n} s ago"),
    "measured": Line("对讲机的呼叫已收到，证明正确", "a call of the intercom came, and its proof was right"),
    "stranger": Line(
        "{sender} 来呼叫，它不是填写的地址：没有理会。是对讲机的话，把地址改成它。",
        "{sender} called, which is not the address filled in: closed unread. If that is the intercom, fill it in.",
    ),
    "wrong_path": Line(
        "{sender} 呼叫了别的路径：拒绝。请核对上面的地址。",
        "{sender} called another path: refused. Compare the address above.",
    ),
    "unreadable": Line(
        "{sender} 呼叫，路径后面写的读不懂：拒绝。问号后面只能是 event、call、answered。",
        "{sender} called, and what stands behind the path makes no sense: refused. Only event, call and answered may.",
    ),
    "asked_to_prove": Line(
        "{sender} 来呼叫，没有带证明：已要求它证明（这是正常的第一步）。",
        "{sender} called without a proof, and was asked for one: that is how it begins.",
    ),
    "wrong_user": Line(
        "{sender} 的证明不对：登录名是“{user}”，应是“{right}”。",
        '{sender} proved nothing: its name is "{user}", not "{right}".',
    ),
    "wrong_secret": Line(
        "{sender} 的证明不对：登录名对，密钥不对。请重新填写，或换一个新密钥。",
        "{sender} proved nothing: its name is right, its secret is not. Type it anew, or make a new one.",
    ),
    "stale": Line(
        "{sender} 用了旧的质询：已要求它重来。", "{sender} answered an old challenge, and was asked once more."
    ),
    "no_call": Line(
        "{sender} 证明正确，但没有正在进行的通话：不开门。它要先告知通话开始（event=begin）。",
        "{sender} proved itself, and no call is in progress: nothing opens. It has to tell of the call first "
        "(event=begin).",
    ),
    "too_often": Line(
        "{sender} 太频繁，或错了 5 次：暂不接受。停止测试再开始，可马上重试。",
        "{sender} asked too often, or was wrong five times: not taken for now. Stop the test and begin anew.",
    ),
    "opens": Line(
        "✓ {sender} 证明正确，请求开门：正式运行时会开。",
        "✓ {sender} proved itself and asked for the door: in service it opens.",
    ),
    "begins": Line("✓ {sender} 证明正确，告知通话开始。", "✓ {sender} proved itself: a call begins."),
    "ends": Line("✓ {sender} 证明正确，告知通话结束。", "✓ {sender} proved itself: a call ends."),
    "with_call": Line("通话 {call}", "call {call}"),
    "answered_by": Line("接听 {who}", "answered by {who}"),
}
EVENTS = {Event.OPEN: "opens", Event.BEGIN: "begins", Event.END: "ends"}
REALM_SAID = REALM


def word_of(asked: Asked, user: str) -> str:
    """Which of the words above tells this request. `user`: the name that is expected."""
    match asked.answer:
        case Answer.TAKEN:
            return EVENTS[asked.said.event] if asked.said is not None else "opens"
        case Answer.NO if not asked.lane:
            return "stranger"
        case Answer.NO:
            return "wrong_path"
        case Answer.UNREADABLE:
            return "unreadable"
        case Answer.NO_CALL:
            return "no_call"
        case Answer.TOO_OFTEN:
            return "too_often"
    if not asked.user:
        return "asked_to_prove"
    if asked.wrong:
        return "wrong_secret" if asked.user == user else "wrong_user"
    return "stale"


def told(trial: IntercomTrial, state: State, now: float, language: str) -> dict[str, Any]:
    """What the page of the test shows at this moment, fit for JSON."""

    def say(name: str, **facts: object) -> str:
        return str(getattr(PAGE[name], language)).format(**facts)

    came = []
    for asked in reversed(state.came):
        word = word_of(asked, trial.site.user)
        line = say(word, sender=asked.sender, user=asked.user[:40], right=trial.site.user)
        more = []
        if asked.said is not None and asked.said.call:
            more.append(say("with_call", call=asked.said.call))
        if asked.said is not None and asked.said.answered:
            more.append(say("answered_by", who=asked.said.answered))
        more.append(say("ago", n=max(0, round(now - asked.at))))
        taken, quiet = asked.answer is Answer.TAKEN, word == "asked_to_prove"
        came.append({"works": taken, "quiet": quiet, "what": line, "more": " · ".join(more)})
    why = ""
    if state.refused:
        cause = cause_zh(state.refused)
        text = state.refused if language == "en" or cause == OTHER else f"{cause}（{state.refused}）"
        why = say("not_read" if state.over else "not_listening", why=text)
    doing = say("over" if state.over else "waiting" if state.listening else "nothing_yet")
    return {"over": state.over, "doing": doing, "why": why, "came": came, "none": say("nothing_yet")}
