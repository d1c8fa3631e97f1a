"""A command line that speaks both languages: its help, and what is wrong with a call. Opens nothing.

It stands here because edge, central and scripts all speak to a person and have no other floor in common. Standard
library alone: a fresh clone answers with the system's own Python, before anything is set up.

Texts are written as "中文 · English"; each language then begins on a line of its own.
"""

import argparse
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NoReturn

from models.values.nearest import did_you_mean, nearest

GAP = " · "
INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells count it: 128 and the signal's number."""
UNREAD = 141
"""The exit code when whoever read the output has gone (`| head`), counted alike: 128 and SIGPIPE."""

CAUSED_BY_ANOTHER = re.compile("required|invalid choice")
"""What argparse complains of first where an option was mistyped."""

KINDS = {"int": ("整数", "a whole number"), "float": ("数字", "a number")}
"""What argparse calls by a name of Python's."""


class Parser(argparse.ArgumentParser):
    """argparse, with everything that it says itself in Chinese and in English."""

    def __init__(self, prog: str, description: str, epilog: str | None = None, **more: Any):
        more = {"formatter_class": _Lines, **more, "add_help": False}
        super().__init__(prog=prog, description=description, epilog=epilog, **more)
        self._positionals.title, self._optionals.title = "参数 arguments", "选项 options"
        self.add_argument("-h", "--help", action="help", help="显示本说明 · show this and exit")
        self._given: tuple[str, ...] = ()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does it; what was given is kept, so that a complaint can name what caused it."""
        _say_what_can_be_shown()
        given = sys.argv[1:] if args is None else list(args)
        self._given = tuple(given)
        return super().parse_known_args(given, namespace)

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        """As argparse does it, but for a value that is empty, which a script leaves where a variable of its own is not
        set: as a path it would mean the folder one stands in. What a command is given it looks
        at itself, what `*` takes is another program's, and argparse asks this of a default too."""
        elsewhere = action.nargs in ("*", argparse.PARSER) or arg_string == action.default
        if not arg_string.strip() and not elsewhere:
            raise argparse.ArgumentError(
                action, f"不能为空，请写出值，或去掉这一项{GAP}must not be empty; give it a value, or leave it out"
            )
        return super()._get_value(action, arg_string)

    def error(self, message: str) -> NoReturn:
        """End with exit code 2, after saying what is wrong with the call, in both languages, and what would do."""
        self.print_usage(sys.stderr)
        if CAUSED_BY_ANOTHER.search(message) and (unknown := self._mistyped()) is not None:
            message = f"unrecognized arguments: {unknown}"
        zh, en = said(message, tuple(self._words()))
        self.exit(2, f"{self.prog}: {zh}\n{self.prog}: {en}\n说明 help: {self.prog} --help\n")

    def _mistyped(self) -> str | None:
        """The first option of the call that nobody knows: its value was taken for something else, and it is missing."""
        own, anywhere = tuple(self._option_string_actions), set(self._words())
        for word in self._given:
            name = word.partition("=")[0]
            if name == "--":
                return None
            if name.startswith("--") and name not in anywhere and not any(one.startswith(name) for one in own):
                return word
        return None

    def _words(self) -> Iterator[str]:
        """Every option and command that may stand in a call, those of the commands included."""
        for action in self._actions:
            yield from action.option_strings
            if isinstance(action, argparse._SubParsersAction):
                for name, command in action.choices.items():
                    yield name
                    yield from command._words()


def _say_what_can_be_shown() -> None:
    """An output that knows no Chinese (PYTHONIOENCODING=ascii) shows it escaped; the English is whole."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)  # what stands in its place may have none
    if reconfigure is not None and sys.stdout.errors == "strict":
        reconfigure(errors="backslashreplace")


def said(message: str, words: tuple[str, ...] = ()) -> tuple[str, str]:
    """What argparse complains of, in Chinese and English. `words`: what may stand in a call, for "did you mean"."""
    found = re.fullmatch(r"(?:argument (?P<where>[^:]+): )?(?P<what>.*)", message, re.DOTALL)
    assert found is not None  # the pattern takes any text
    where, what = found["where"], found["what"]
    before = f"{where}：" if where else "", f"{where}: " if where else ""
    zh, gap, en = what.partition(GAP)
    if not gap:
        zh, en = _translated(what, words)
    return before[0] + zh, before[1] + en


def _translated(what: str, words: tuple[str, ...]) -> tuple[str, str]:
    for pattern, told in COMPLAINTS:
        if found := re.fullmatch(pattern, what, re.DOTALL):
            return told(found.groups(), words)
    return f"用法不对（{what}）", what


Told = Callable[[tuple[str, ...], tuple[str, ...]], tuple[str, str]]


def _unknown(parts: tuple[str, ...], words: tuple[str, ...]) -> tuple[str, str]:
    given = [word.partition("=")[0] for word in parts[0].split()]
    meant = nearest(next((word for word in given if word.startswith("-")), given[0]), words)
    return f"不认识：{parts[0]}{did_you_mean(meant)[0]}", f"not known here: {parts[0]}{did_you_mean(meant)[1]}"


def _no_choice(parts: tuple[str, ...], _words: tuple[str, ...]) -> tuple[str, str]:
    given, choices = parts[0].strip("'"), [word.strip("' ") for word in parts[1].split(",")]
    zh, en = did_you_mean(nearest(given, choices))
    return (
        f"没有“{given}”{zh}；可选：{'、'.join(choices)}",
        f"there is no '{given}'{en}; there are {', '.join(choices)}",
    )


def _wrong_kind(parts: tuple[str, ...], _words: tuple[str, ...]) -> tuple[str, str]:
    zh, en = KINDS.get(parts[0], (parts[0], parts[0]))
    given = parts[1].strip("'")
    return f"“{given}”不是{zh}", f"'{given}' is not {en}"


COMPLAINTS: tuple[tuple[str, Told], ...] = (
    ("the following arguments are required: (.*)", lambda p, _: (f"缺少：{p[0]}", f"missing: {p[0]}")),
    ("unrecognized arguments: (.*)", _unknown),
    (r"invalid choice: (.*?) \(choose from (.*)\)", _no_choice),
    ("invalid (.*?) value: (.*)", _wrong_kind),
    ("expected one argument", lambda *_: ("后面要有一个值", "takes one value, which is missing")),
    ("expected at least one argument", lambda *_: ("后面至少要有一个值", "takes one value or more, and has none")),
    (r"expected (\d+) arguments?", lambda p, _: (f"后面要有 {p[0]} 个值", f"takes {p[0]} values")),
    ("not allowed with argument (.*)", lambda p, _: (f"不能与 {p[0]} 同用", f"cannot be given together with {p[0]}")),
    (
        "one of the arguments (.*) is required",
        lambda p, _: (f"缺少其中一个：{p[0]}", f"missing: one of {p[0]}"),
    ),
    (
        "ambiguous option: (.*?) could match (.*)",
        lambda p, _: (f"{p[0]} 不完整，可以是 {p[1]}", f"{p[0]} is cut short and could be {p[1]}"),
    ),
    (
        "ignored explicit argument (.*)",
        lambda p, _: (f"不带值，而这里写了 {p[0]}", f"takes no value, and {p[0]} was given"),
    ),
)
"""What argparse of Python 3.11 to 3.14 says, and how we say it. What is not here is passed on as it is."""


def number_between(least: int, most: int, zh: str, en: str) -> Callable[[str], int]:
    """A type for `add_argument`: a whole number in these bounds, called `zh` and `en`."""

    def number(text: str) -> int:
        if re.fullmatch(r"[0-9]{1,9}", text) and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(
            f"“{text}”不对：{zh}是 {least} 到 {most} 的数字{GAP}'{text}' will not do: {en} is a number from {least} to "
            f"{most}"
        )

    return number


def port_number(least: int = 0) -> Callable[[str], int]:
    """A type for `add_argument`: a TCP port. `least` 0 where any free one may be taken."""
    return number_between(least, 65535, "端口", "a port")


def plain_text(text: str) -> str:
    """A type for `add_argument`: a name, which is stored and shown. A byte that is no UTF-8 arrives as half a
    surrogate, which no table and no terminal takes."""
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in text):
        raise argparse.ArgumentTypeError(
            f"{text!a} 里有显示不了的字符，请只用普通文字（UTF-8）{GAP}{text!a} holds what cannot be shown; "
            "write it in plain text (UTF-8)"
        )
    return text


def until_interrupted(run: Callable[[], int]) -> int:
    """The exit code of `run`; a Ctrl-C is told in words instead of a traceback, and an output that nobody reads any
    more ends quietly."""
    try:
        code = run()
        sys.stdout.flush()  # what still waits finds out here whether anybody reads it, not when Python ends
        return code
    except KeyboardInterrupt:
        print(f"\n已中断{GAP}interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        if not _nobody_reads():
            raise
        return UNREAD


def _nobody_reads() -> bool:
    """Whether the standard output has lost its reader. What waits in it is dropped: Python would complain at exit.

    A text larger than the buffer is lost in the very write that breaks, and a flush behind it has nothing to do: one
    more line is written, to whoever is there.
    """
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except BrokenPipeError:
        with suppress(BrokenPipeError):
            sys.stdout.close()
        return True
    return False


class _Lines(argparse.HelpFormatter):
    """Each language on its own lines, wrapped by columns: a terminal gives a Chinese sign two."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "用法 usage: " if prefix is None else prefix)

    def _format_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None) -> str:
        first, *more = super()._format_usage(usage, actions, groups, prefix).split("\n")
        indent = " " * (columns(prefix or "") - len(prefix or ""))
        return "\n".join([first, *(f"{indent}{line}" if line else "" for line in more)])

    def _split_lines(self, text: str, width: int) -> list[str]:
        return [line for part in text.split(GAP) for line in wrapped(part, width)]

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:  # laid out by hand
            return "\n".join(f"{indent}{line}".rstrip() for line in text.strip("\n").split("\n"))
        return "\n".join(indent + line for line in self._split_lines(text, width))


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns. English breaks between words, Chinese anywhere but before 。，；：）."""
    lines = [""]
    for piece in re.findall(r"\s*(?:[\u2e80-\uffef][。，；：、）”？]*|[^\s\u2e80-\uffef]+)", text):
        if columns(lines[-1] + piece) > width and lines[-1]:
            lines.append(piece.lstrip())
        else:
            lines[-1] += piece
    return lines
