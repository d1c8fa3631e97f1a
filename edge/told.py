"""What an error says, told to a person: each language on a line of its own. Pure.

Our errors carry both as "中文 / English" in one text, because a log has one line for each.
"""

import re

BETWEEN = " / "


def told(zh: str, en: str, error: object) -> str:
    """`zh` and `en`, each followed by what the error says in that language; one that has a single language says it
    twice. A path in front of the error stands in front of both."""
    said_zh, _, said_en = str(error).partition(BETWEEN)
    where = re.match(r"/[^：:]*: ", said_zh)
    if where is not None and said_en and not said_en.startswith(where[0]):
        said_en = where[0] + said_en
    return f"{zh}：{said_zh}\n{en}: {said_en or said_zh}"
