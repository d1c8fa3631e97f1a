"""Why central enrols no node, and that the gate has one already: in both languages, for who stands at the node.

Central says a word (`EnrolRefusal`) and its own sentence, in one language: the node has no reader who chose one. A
central older than these words says only a status; two of those mean one thing each.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.sync.errors import Problem
from models.values.text import printable
from models.wire.commands import EnrolRefusal

_WORDS = {
    EnrolRefusal.TOKEN_UNKNOWN: (
        "注册码不正确，请从中心的“节点”页整段复制",
        "central does not know this token; copy the whole of it from the page Nodes",
    ),
    EnrolRefusal.TOKEN_USED: (
        "注册码已用过或已过期（15 分钟内有效，只用一次），请在中心的“节点”页重新生成",
        "the token was used or is too old (it works once, within 15 minutes); make a new one on central's page Nodes",
    ),
    EnrolRefusal.KEY_TAKEN: (
        "这台机器的密钥已登记为另一个节点：数据文件夹多半是复制来的。请给它一个新的空文件夹（data = …）再登记；"
        "要换下那个节点，先在中心的“节点”页停用它",
        "this machine's key belongs to another node: its data folder was most likely copied. Give it a new, empty "
        "folder (data = ...) and enrol again; to replace that node, retire it on central's page Nodes first",
    ),
    EnrolRefusal.LANE_TWICE: (
        "站点文件里有两条通道的 code 相同，请改成不同的",
        "two lanes of the site file have the same code; give each its own",
    ),
    EnrolRefusal.LANE_ELSEWHERE: (
        "中心里通道 {lane} 属于另一个大门：请核对站点文件的 code，或在那个大门下生成注册码",
        "at central the lane {lane} belongs to another gate: check its code in the site file, or make the token for "
        "that gate",
    ),
    EnrolRefusal.LANE_DIRECTION: (
        "通道 {lane} 的方向与中心登记的不同：请核对站点文件的 direction，方向真的改了就换一个 code",
        "the lane {lane} has another direction at central: check its direction in the site file; if it really changed, "
        "give the lane a new code",
    ),
}
_BY_STATUS = {401: EnrolRefusal.TOKEN_UNKNOWN, 410: EnrolRefusal.TOKEN_USED}


def why_not_taken(problem: Problem) -> str:
    """What central's refusal means and what to do now. What has no words here keeps central's own behind ours."""
    said = problem.extra.get("why", _BY_STATUS.get(problem.status))
    if said in set(EnrolRefusal):
        lane = printable(str(problem.extra.get("lane", "?")))[:60]
        zh, en = _WORDS[EnrolRefusal(said)]
        return f"{zh.format(lane=lane)} / {en.format(lane=lane)}"
    return (
        "中心没有接受这次登记，请核对中心地址和站点文件，再看中心的原话 / central did not take this enrolment; check "
        f"its address and the site file, and read its own words: {problem}"
    )


def told_beside(names: Sequence[str]) -> str:
    """The gate has these nodes besides."""
    listed = [printable(name) for name in names]
    return (
        f"注意：这个大门已有节点：{'、'.join(listed)}。同名通道在中心已改由本节点负责，旧设备却还会自行开门。"
        "请先断开旧设备，再到中心的“节点”页停用它。\n"
        f"Attention: this gate has a node already: {', '.join(listed)}. At central, lanes of the same code are this "
        "node's now, but the old machine goes on opening doors by itself. Take it off the doors, then retire it on "
        "central's page Nodes."
    )
