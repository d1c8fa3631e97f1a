"""Templates with words in the reader's language. A word that is missing is an error, not an empty place."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from edge.commission import words
from edge.console.words import Line

HERE = Path(__file__).parent
LANGUAGES = ("zh", "en")
_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


def page(template: str, language: str, **facts: Any) -> str:
    """The page `template` in `language`, "zh" or "en"."""

    def say(line: Line | str) -> str:
        return line if isinstance(line, str) else str(getattr(line, language))

    told = {name: say(line) for name, line in words.PAGE.items()}
    return _TEMPLATES.get_template(template).render(
        language=language, t=told, line=words.PAGE, words=words, say=say, **facts
    )
