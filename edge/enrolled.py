"""Why a node lets nobody in, however well its site file is written: every rule comes from central, and central sends
them to nodes that it knows. Only exit button and fire work without.
"""

import shlex
import sys
from collections.abc import Collection
from enum import StrEnum
from pathlib import Path

from edge.store.files import FileExposed
from edge.sync.enrol import Node, NotEnrolled, load_node


class Lack(StrEnum):
    """What is missing between this node and central."""

    NO_CENTRAL = "no_central"
    NOT_ENROLLED = "not_enrolled"
    DAMAGED = "damaged"
    NEW_LANES = "new_lanes"


def lack_of(node: Node | None, lanes: Collection[str], names_central: bool) -> Lack | None:
    """What keeps a node with these lanes (codes) from letting anybody in; None: nothing. `names_central`: the site
    file does; an enrolled node goes by the address of its enrolment otherwise. Pure."""
    if node is None:
        return Lack.NOT_ENROLLED if names_central else Lack.NO_CENTRAL
    return None if set(lanes) <= {lane.code for lane in node.lanes} else Lack.NEW_LANES


def lack_here(data: Path, lanes: Collection[str], names_central: bool) -> Lack | None:
    """The same for the node whose folder is `data`."""
    try:
        node = load_node(data / "node.json") if (data / "node.json").exists() else None
    except (NotEnrolled, FileExposed, OSError):
        return Lack.DAMAGED
    return lack_of(node, lanes, names_central)


def enrol_command(site_file: Path, data: Path) -> str:
    """What is typed to enrol this node, on the terminal that the commissioning page was started from."""
    python, site = Path(sys.executable), site_file.absolute()
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    words = [str(python), "-m", "edge", "enrol", "--site", str(site)]
    if data.absolute() != site.parent / "node":
        words += ["--data", str(data.absolute())]
    return shlex.join([*words, "--token", "-"])


WORDS = {
    Lack.NO_CENTRAL: (
        "没有写中心的地址，节点也没有登记：规则都从中心来，谁也进不来，只有出门按钮和消防有效。请加上 [central] 和 "
        'url = "https://…"，再登记：{command}',
        "names no central, and the node is not enrolled: every rule comes from central, so nobody is let in, and only "
        'exit button and fire work. Add [central] with url = "https://…", then enrol the node: {command}',
    ),
    Lack.NOT_ENROLLED: (
        "节点还没有在中心登记：规则都从中心来，登记之前谁也进不来，只有出门按钮和消防有效。请在中心的“节点”页生成注册码，"
        "再运行 {command}",
        "the node is not enrolled at central: every rule comes from there, so nobody is let in before, and only exit "
        "button and fire work. Make a token on central's page Nodes, then run {command}",
    ),
    Lack.DAMAGED: (
        "{data} 里节点的身份（node.json）读不了，节点起不来，谁也进不来。请从备份放回，或核对它的权限",
        "who the node is (node.json in {data}) cannot be read, so that it does not start and lets nobody in. Put the "
        "file back from a backup, or look after its permissions",
    ),
    Lack.NEW_LANES: (
        "有通道是登记以后加的，中心不认识，节点起不来，谁也进不来。请重新登记：先在中心的“节点”页停用这个节点，移开整个"
        "文件夹 {data}，生成新的注册码，再运行 {command}",
        "central does not know every lane of this file, because it was enrolled before one was added: the node does "
        "not start and lets nobody in. Enrol it anew: retire it on central's page Nodes, move the whole folder {data} "
        "aside, make a new token, then run {command}",
    ),
}


def why_nobody(lack: Lack, site_file: Path, data: Path) -> tuple[str, str]:
    """The lack in words, Chinese and English, with what to do."""
    zh, en = WORDS[lack]
    facts = {"command": enrol_command(site_file, data), "data": str(data)}
    return zh.format(**facts), en.format(**facts)
