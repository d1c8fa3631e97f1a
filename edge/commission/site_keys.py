"""Every key of the site file in words, for who writes one in an editor: `python -m edge site`. Pure.

The keys and their limits are read off the models of `edge.site`, and the words are those of the commissioning page, so
that neither is told twice.
"""

from collections.abc import Iterator

from edge.commission.setting_words import MEANINGS, OTHERS, SETTINGS
from edge.commission.settings import YES_OR_NO, Setting, every_setting
from edge.console.words import Line

HEAD = """\
# 站点文件（TOML）的全部键。# 后面是说明；“必填”是指写了这张表就要写它；[node] 和一个 [[lane]] 必须有。
# 一边试设备一边写：python -m edge commission --site site.toml；写好后检查：python -m edge check --site site.toml
# Every key of the site file (TOML). What follows # explains. "required" is what a table cannot do without, where
# it is there at all; [node] and one [[lane]] must be. To write it while trying devices:
# python -m edge commission --site site.toml; to look through it: python -m edge check --site site.toml
"""
MANY = ("lane", "interlock")
"""Tables of which there may be several."""


def explained() -> str:
    """The whole file's keys, each with its words in Chinese and in English, on a line each."""
    return HEAD + "\n".join(_lines())


def _lines() -> Iterator[str]:
    words = SETTINGS | OTHERS
    table = ""
    for setting in every_setting():
        if setting.table != table:
            table = setting.table
            yield ""
            yield f"[[{table}]]" if table in MANY else f"[{table}]"
        yield f"{setting.name} = {_value(setting)}"
        zh, en = _limits(setting)
        said = _in_file(words[setting.key]) if setting.required else words[setting.key]
        yield f"    # {said.zh}{zh}"
        yield f"    # {said.en}{en}"
        if (means := MEANINGS.get(setting.key)) is not None:
            yield f"    # {means.zh}"
            yield f"    # {means.en}"


def _in_file(line: Line) -> Line:
    """What the page says of an empty field holds of a file without the table: there the key is required."""
    return Line(line.zh.replace("（空着：", "（不写这张表："), line.en.replace("(empty: ", "(without this table: "))


def _value(setting: Setting) -> str:
    """What holds without it, as TOML writes it; "…" for nothing."""
    usual = setting.usual
    if not usual:
        return "…"
    if usual == "()":
        return "[]"
    return usual if setting.number or setting.words == YES_OR_NO else f'"{usual}"'


def _limits(setting: Setting) -> tuple[str, str]:
    zh, en = [], []
    if setting.required:
        zh.append("必填")
        en.append("required")
    if setting.words and setting.words != YES_OR_NO:
        zh.append("可写 " + "、".join(setting.words))
        en.append("one of " + ", ".join(setting.words))
    if setting.least and setting.most:
        zh.append(f"{setting.least} 到 {setting.most}")
        en.append(f"{setting.least} to {setting.most}")
    return (f"（{'；'.join(zh)}）" if zh else "", f" ({'; '.join(en)})" if en else "")
