"""What an error says, told to a person: each language on a line of its own. Pure.

Our errors carry both as "中文 / English" in one text, because a log has one line for each.
"""

import re

BETWEEN = " / "
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def halves(text: str) -> tuple[str, str]:
    """The Chinese and the English of such a text; twice the same where it has one language. The first " / " may be
    within the Chinese: behind the right one there is none any more."""
    cuts = [found.start() for found in re.finditer(re.escape(BETWEEN), text)]
    if not cuts:
        return text, text
    cut = next((one for one in cuts if not _CHINESE.search(text, one)), cuts[0])
    return text[:cut], text[cut + len(BETWEEN) :]


def told(zh: str, en: str, error: object) -> str:
    """`zh` and `en`, each followed by what the error says in that language; one that has a single language says it
    twice. A path in front of the error stands in front of both."""
    said_zh, said_en = halves(str(error))
    where = re.match(r"/[^：:]*: ", said_zh)
    if where is not None and not said_en.startswith(where[0]):
        said_en = where[0] + said_en
    return f"{zh}：{said_zh}\n{en}: {said_en}"
