"""How a mistake in the site file is told: file, line, key, what is wrong and what is allowed, in both languages.

Never shows what may be a password: an address is named by its own error, or not at all.
"""

import errno
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from devices.address import example_of
from devices.named_file import read_named
from devices.registry import KEYS
from edge.told import halves
from models.values.nearest import did_you_mean, nearest

Location = tuple[str | int, ...]
SITE_BYTES_MAX = 1_000_000
"""Far more than sixteen lanes need, comments and all."""
ADDRESSES = ("relay", "inputs", "camera", "camera_nir", "scanner", "reader")
CHINESE = re.compile(r"[\u4e00-\u9fff]")

SIGNS = {
    "code": ("只用小写字母、数字和 -，不超过 32 个", "must be a-z, 0-9 and - only, at most 32 of them"),
    "sha256": ("是 64 个十六进制数字（0-9、a-f）", "must be 64 hexadecimal digits (0-9, a-f)"),
    "from_zone": (
        "是平面图上区域的编号，只用字母、数字和 _ . -，不超过 16 个",
        "must be a zone's code on the floor plan: letters, digits and _ . -, at most 16",
    ),
    "to_zone": (
        "是平面图上区域的编号，只用字母、数字和 _ . -，不超过 16 个",
        "must be a zone's code on the floor plan: letters, digits and _ . -, at most 16",
    ),
    "[key]": (
        "按钮的写法只用大写字母、数字和 -，不超过 6 个，例如 B1",
        "must be a button's name: A-Z, 0-9 and - only, at most 6, such as B1",
    ),
    "user": ("只用字母、数字和 . _ -，不超过 40 个", "must be letters, digits and . _ - only, at most 40"),
}
"""What a pattern means, by its key."""


class Misplaced(ValueError):
    """A mistake that shows only when several keys are seen together. `where`: the key to point at, from the table.
    `beside`: from the whole file, the key that it contradicts."""

    def __init__(self, where: Location, text: str, beside: Location | None = None):
        super().__init__(text)
        self.where, self.beside = where, beside


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that does not fit. `where` it was written, in `line` (from 1); `kind` as pydantic names it; `said` in
    both languages; `found`: what was written, "" where that may be a secret; `beside`: a key that it contradicts."""

    where: Location
    line: int
    kind: str
    said: str
    found: str = ""
    beside: tuple[Location, int] | None = None

    def in_chinese(self) -> str:
        return halves(self.said)[0]

    def in_english(self) -> str:
        return halves(self.said)[1]

    def __str__(self) -> str:
        beside = ""
        if self.beside is not None:
            key, line = self.beside
            beside = f"（第 {line} 行 line {line}: {named(key)}）"
        found = f" (found: {self.found})" if self.found else ""
        return f"{self.line}: {named(self.where) or '站点文件 the file'}: {self.said}{beside}{found}"


class SiteError(Exception):
    """The site file cannot be used. `str()` is one line per mistake: file, line, what is wrong, what is allowed.

    `mistakes`: the same to be told in other words, where the file could be read."""

    def __init__(self, problems: tuple[str, ...], mistakes: tuple[Mistake, ...] = ()):
        super().__init__("\n".join(problems))
        self.problems, self.mistakes = problems, mistakes


def unreadable(path: Path, error: OSError, most: int) -> SiteError:
    """The file is not there, or not for us, or no site file at all: those have at most `most` bytes."""
    why = {
        errno.ENOENT: ("没有这个文件", "there is no such file"),
        errno.EACCES: ("本账户无权读取", "this account may not read it"),
        errno.EINVAL: ("是文件夹或设备，不是文件", "is a folder or a device and no file"),
        errno.EFBIG: (
            f"超过 {most // 1000} kB，不会是站点文件",
            f"has more than {most // 1000} kB and is no site file",
        ),
    }
    no_zh, no_en = why.get(error.errno or 0, (f"读不了（{error.strerror}）", f"cannot be read ({error.strerror})"))
    zh, en = (
        f"{no_zh}；请用 --site 指出站点文件，例如 site.toml",
        f"{no_en}; --site names the site file, such as site.toml",
    )
    return SiteError((f"{path}: {zh} / {en}",))


def no_text(path: Path, content: bytes, error: UnicodeDecodeError) -> SiteError:
    """The file was saved in another encoding."""
    line = content[: error.start].count(b"\n") + 1
    text = f"不是 UTF-8 文本，请用 UTF-8 重新保存 / is not UTF-8 text (byte {error.start}); save it as UTF-8"
    return SiteError((f"{path}:{line}: {text}",))


def text_of(path: Path) -> str:
    """What stands in the site file, whatever it means. Raises SiteError."""
    try:
        content = read_named(path, SITE_BYTES_MAX)
    except OSError as error:
        raise unreadable(path, error, SITE_BYTES_MAX) from error
    try:
        return content.decode("utf-8-sig")  # some editors begin a file with a mark
    except UnicodeDecodeError as error:
        raise no_text(path, content, error) from error


def tree_of(text: str, path: Path) -> dict[str, object]:
    """What `text`, which is the file `path`, says as TOML, whatever it means. Raises SiteError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise no_toml(path, text, error) from error
    except (ValueError, RecursionError) as error:
        raise not_read(path, error) from error


def no_toml(path: Path, text: str, error: tomllib.TOMLDecodeError) -> SiteError:
    """The file does not have the shape `key = value`."""
    found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
    line = int(found[1]) if found else max(1, len(text.splitlines()))
    if wide := _full_width("".join(text.splitlines()[line - 1 : line])):
        half = "".join(dict.fromkeys(wide.translate(HALF_WIDTH)))
        use = f"这里有全角符号 {wide}，请用半角 {half} / these signs are full-width: {wide}; use plain {half}"
        return SiteError((f"{path}:{line}: {use}",))
    if hint := _broken_table(text.splitlines(), line) or _twice(text.splitlines(), line, str(error)):
        return SiteError((f"{path}:{line}: {hint}",))
    if hint := _bare_word("".join(text.splitlines()[line - 1 : line])):
        return SiteError((f"{path}:{line}: {hint}",))
    said = (
        "这里看不懂：一行一个 名称 = 值，文字放在一对双引号里，每个表只写一次 / "
        "cannot be understood: one key = value a "
        f"line, words in a pair of double quotes, each table once; {error}"
    )
    return SiteError((f"{path}:{line}: {said}",))


_HEADER = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+")
_KEY = re.compile(r"""^\s*([A-Za-z0-9_."'-]+)\s*=""")


def _broken_table(lines: list[str], line: int) -> str | None:
    """What to do about a `{ … }` that goes on in the next line: in TOML it ends where its line does."""
    written = re.sub(r"#.*", "", lines[line - 1]) if line <= len(lines) else ""
    if (key := _KEY.match(written)) is None or not re.search(r"=\s*\{[^}]*$", written):
        return None
    own = f"[{_header_before(lines, line)}{key[1]}]"
    return (
        f"{{ … }} 只能写在一行里：写成一行，或另写一张表 {own}，每行一个 / {{ … }} stands on one line: write it so, "
        f"or as a table of its own, {own}, with one key a line"
    )


def _header_before(lines: list[str], line: int) -> str:
    """`lane.lift.` for a key below `[lane.lift]`; "" for one below no table."""
    found = (match for written in reversed(lines[: line - 1]) if (match := _HEADER.match(written)))
    header = next(found, None)
    return f"{header[1]}." if header is not None else ""


def _twice(lines: list[str], line: int, error: str) -> str | None:
    """Which key or table stands there for a second time, and where for the first."""
    written = lines[line - 1] if line <= len(lines) else ""
    if (inner := re.search(r"Duplicate inline table key '([^']+)'", error)) is not None:
        return f"{inner[1]} 在同一个 {{ … }} 里写了两次，留一个 / {inner[1]} is written twice in one {{ … }}: keep one"
    if ("Cannot overwrite" not in error and "twice" not in error) or written.lstrip().startswith("[["):
        return None
    same, name = (_HEADER, "[{}]") if (found := _HEADER.match(written)) else (_KEY, "{}")
    if found is None and (found := _KEY.match(written)) is None:
        return None
    if same is _HEADER and found[1] in ("lane", "interlock"):
        return (
            f"每一个都以 [[{found[1]}]] 开头，两层方括号 / each of them begins with [[{found[1]}]], in double brackets"
        )
    first = 0
    for number, each in enumerate(lines[: line - 1], 1):
        if same is _KEY and _HEADER.match(each):
            first = 0  # another table may have a key of this name too
        elif (before := same.match(each)) is not None and before[1] == found[1]:
            first = first or number
    named_ = name.format(found[1])
    zh, en = (f"，第 {first} 行已有", f"; it stands in line {first} already") if first else ("", "")
    return f"{named_} 写了两次{zh}，只留一个 / {named_} is written twice{en}: keep one"


def not_read(path: Path, error: ValueError | RecursionError) -> SiteError:
    """TOML that no site file needs, and that this machine does not take: brackets in brackets, thousands of digits."""
    zh, en = (
        ("括号套得太深，站点文件用不着", "has too many brackets within brackets; no site file needs that")
        if isinstance(error, RecursionError)
        else (
            "有一个数太长，站点文件里的数最多几位",
            "has a number with thousands of digits; no site file needs more than a few",
        )
    )
    return SiteError((f"{path}: {zh} / {en}",))


YES, NO = ("true", "yes", "on", "y", "是", "开"), ("false", "no", "off", "n", "否", "关")
NOTHING = ("none", "null", "nil", "nan", "undefined", "无")
"""What is written for true, for false and for nothing in other languages, whatever its capitals."""


def _bare_word(line: str) -> str | None:
    """What to do about a value that is a word without quotes: TOML knows true and false alone, in small letters."""
    found = re.match(r"""^\s*([A-Za-z0-9_."'-]+)\s*=\s*([^\W\d]\w*)\s*(?:#.*)?$""", line)
    if found is None or found[2] in ("true", "false", "inf", "nan"):
        return None
    key, word = found[1], found[2]
    plain = word.lower()
    if plain in NOTHING:
        return f"{key} = {word}: 没有值就不要写这一行 / a key without a value is left out: delete this line"
    near = nearest(plain, ("true", "false"))
    meant = "true" if plain in YES else "false" if plain in NO else near
    if meant is not None:
        return (
            f"{key} = {word}: 是与否写作 true 或 false，全小写，不加引号；这里多半是 {meant} / yes and no are written "
            f"true or false, in small letters and without quotes; here most likely {meant}"
        )
    return (
        f'{key} = {word}: 文字要放在双引号里，例如 {key} = "{word}" / words stand in double quotes, as in '
        f'{key} = "{word}"'
    )


HALF_WIDTH = str.maketrans("“”„＂‘’＇：＝［］｛｝，．＃", '""""\'\'\'==[]{},.#')
"""What a Chinese keyboard writes in place of the signs of TOML; where it writes a colon, `=` is meant."""


def _full_width(line: str) -> str:
    """The full-width signs of a line, each once, that stand outside of proper quotes and comments."""
    bare = re.sub(r"""\"[^"]*\"|'[^']*'|#.*""", "", line)
    return "".join(dict.fromkeys(sign for sign in bare if ord(sign) in HALF_WIDTH))


def misfits(path: Path, text: str, error: ValidationError, whole: type[BaseModel]) -> SiteError:
    """The file says something that `whole` does not allow: every mistake found."""
    found = error.errors()
    # "too short" of a list whose entries are what is wrong: they were written, and not counted
    inner = {e["loc"][: len(loc)] for e in found for loc in (o["loc"] for o in found) if len(e["loc"]) > len(loc)}
    told = (e for e in found if e["type"] != "too_short" or e["loc"] not in inner)
    mistakes = tuple(sorted((_mistake(text, dict(e), whole) for e in told), key=lambda one: one.line))
    return SiteError(tuple(f"{path}:{each}" for each in mistakes), mistakes)


def _mistake(text: str, error: dict[str, Any], whole: type[BaseModel]) -> Mistake:
    loc: Location = error["loc"]
    context: dict[str, Any] = error.get("ctx", {})
    given = error["input"]
    beside = None
    if "error" in context:
        said = str(context["error"])
        if isinstance(misplaced := context["error"], Misplaced):
            loc = (*loc, *misplaced.where)
            if misplaced.beside is not None:
                beside = (misplaced.beside, line_of(text, misplaced.beside))
    else:
        zh, en = _said(error["type"], loc, context, given, whole) or ("不符合要求", error["msg"])
        said = f"{zh} / {en}"
    # an address may hold a password, in whatever key it was written by mistake; its own error names it safely
    secret = (loc and loc[-1] in ADDRESSES) or "://" in str(given) or "@" in str(given)
    shown = "" if secret or isinstance(given, dict | list) else _as_written(given)
    return Mistake(loc, line_of(text, loc), str(error["type"]), said, shown, beside)


def _as_written(given: object) -> str:
    """As the file has it: a number in quotes is a text there."""
    return str(given).lower() if isinstance(given, bool | int | float) else repr(str(given)[:60])


def named(loc: Location) -> str:
    """A location as a person counts: `lane.1.relay`."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in loc)


def _said(
    kind: str, loc: Location, context: dict[str, Any], given: Any, whole: type[BaseModel]
) -> tuple[str, str] | None:
    """What is wrong and what is allowed, in Chinese and English, for pydantic's kinds of mistake."""
    field = _field_at(whole, loc)
    match kind:
        case "extra_forbidden":
            table = _table_at(whole, loc[:-1])
            known = list(table.model_fields) if table is not None else []
            zh, en = did_you_mean(guess := nearest(str(loc[-1]), known))
            names = ", ".join(known)
            more = (f"，可写：{names}", f"; known here: {names}") if guess is None else ("", "")
            return f"没有这一项{zh}{more[0]}", f"there is no such key{en}{more[1]}"
        case "missing":
            if _table_at(whole, loc) is not None:  # a whole table, written as it begins
                begins = f"[[{named(loc)}]]" if "tuple" in str(field and field.annotation) else f"[{named(loc)}]"
                return f"缺少这个表，写作 {begins}", f"is missing: a table that begins with {begins}"
            zh, en = _example(str(loc[-1])) or _allowed(field)
            return f"缺少这一项{zh}", f"is missing{en}"
        case "literal_error" | "enum":
            words = re.findall(r"'([^']*)'", str(context["expected"]))
            zh, en = did_you_mean(nearest(str(given), words))
            return f"可写 {'、'.join(words)}{zh}", f"must be {context['expected']}{en}"
        case "greater_than_equal" | "less_than_equal" | "greater_than" | "less_than":
            return _between(field, loc)
        case "string_pattern_mismatch" if loc[-1] in SIGNS:
            return SIGNS[str(loc[-1])]
        case "string_too_short":
            return "不能为空", "must not be empty"
        case "string_too_long":
            return f"不超过 {context['max_length']} 个字", f"must have at most {context['max_length']} signs"
        case "too_short":
            return f"至少要有 {context['min_length']} 项", f"must have at least {context['min_length']} of them"
        case "too_long":
            return f"不超过 {context['max_length']} 项", f"must have at most {context['max_length']} of them"
    return KINDS.get(kind)


KINDS: dict[str, tuple[str, str]] = {
    "string_type": ("是文字，放在双引号里", "must be text, in double quotes"),
    "path_type": ("是文件路径，放在双引号里", "must be a file's path, in double quotes"),
    "int_type": ("是整数，不加引号", "must be a whole number, without quotes"),
    "int_parsing": ("是整数，不加引号", "must be a whole number, without quotes"),
    "int_from_float": ("是整数，没有小数", "must be a whole number, without a fraction"),
    "float_type": ("是数字，不加引号", "must be a number, without quotes"),
    "float_parsing": ("是数字，不加引号", "must be a number, without quotes"),
    "finite_number": ("是有限的数字", "must be a finite number"),
    "bool_type": ("是 true 或 false，不加引号", "must be true or false, without quotes"),
    "bool_parsing": ("是 true 或 false，不加引号", "must be true or false, without quotes"),
    "tuple_type": (
        "可以有多个：表写作 [[名称]]，值写作 [ … , … ]",
        "is a list: a table as [[name]], values as [ … , … ]",
    ),
    "model_type": ("是一个表，写作 [名称] 或 { … }", "must be a table: [name], or { … }"),
    "dict_type": ('是一个表，写作 { "1" = 1 }', 'must be a table, as in { "1" = 1 }'),
}
"""What pydantic says in one way whatever the key."""


def _example(key: str) -> tuple[str, str] | None:
    """A line with a device's address as it may be written; None for what is no device."""
    if key not in KEYS:
        return None
    scheme, row = next(iter(KEYS[key].items()))
    line = f'{key} = "{example_of(scheme, row.grammar)}"'
    return f"，例如 {line}", f", as in {line}"


def _allowed(field: FieldInfo | None) -> tuple[str, str]:
    """What may stand there, for a key that is missing; empty where that is no short list."""
    words = _words(field.annotation) if field is not None else []
    return (f"，可写 {'、'.join(words)}", f"; write one of {', '.join(words)}") if words else ("", "")


def _words(annotation: Any) -> list[str]:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(one.value) for one in annotation]
    return [str(word) for word in get_args(annotation)] if get_origin(annotation) is Literal else []


def _between(field: FieldInfo | None, loc: Location) -> tuple[str, str] | None:
    """The whole range, whichever end was passed."""
    bounds = {}
    for rule in _rules(field):
        for name in ("ge", "gt", "le", "lt"):
            if getattr(rule, name, None) is not None:
                bounds[name] = getattr(rule, name)
    least, most = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
    if least is None or most is None:
        return None
    if loc[-1] == "port":
        return f"端口是 {least} 到 {most} 的数字", f"port must be {least}–{most}"
    open_zh = "，不含两端" if "gt" in bounds else ""
    open_en = ", both ends excluded" if "gt" in bounds else ""
    return f"是 {least:g} 到 {most:g} 之间的数字{open_zh}", f"must be from {least:g} to {most:g}{open_en}"


def _rules(field: FieldInfo | None) -> Iterator[Any]:
    """What bounds a value: written at its key, or at the type of a table's values."""
    if field is None:
        return
    pending = [*field.metadata, field.annotation]
    while pending:
        one = pending.pop()
        yield one
        inner = getattr(one, "metadata", None)
        pending += [*get_args(one), *(inner if isinstance(inner, list | tuple) else ())]


def _field_at(whole: type[BaseModel], loc: Location) -> FieldInfo | None:
    """The field that a location names, or the one whose values it is among."""
    for end in range(len(loc), 0, -1):
        table = _table_at(whole, loc[: end - 1])
        if table is not None and isinstance(loc[end - 1], str):
            return table.model_fields.get(str(loc[end - 1]))
    return None


def _table_at(whole: type[BaseModel], loc: Location) -> type[BaseModel] | None:
    """The table that a location names; None where it is no table with keys of its own."""
    table: type[BaseModel] | None = whole
    for part in loc:
        if table is None or isinstance(part, int):
            continue
        field = table.model_fields.get(part)
        table = _table_in(field.annotation) if field is not None else None
    return table


def _table_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _table_in(part)) is not None), None)


def line_of(text: str, loc: Location) -> int:
    """The line (from 1) that a location such as ("lane", 1, "relay") was written on; its table's header if missing.

    Understands the shape of site files: one table or key per line, small tables also in line or with dots.
    """
    names = [str(part) for part in loc if isinstance(part, str)]
    index = next((part for part in loc if isinstance(part, int)), 0)
    indexed = any(isinstance(part, int) for part in loc)  # else it is a table of which there is one
    found, seen, header = 1, -1, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"^\s*\[+\s*([^\]]+?)\s*\]+", line):
            header = _dotted(match.group(1))
            seen += header == names[:1]
            here = header
        elif match := re.match(r"""^\s*([A-Za-z0-9_."' -]+?)\s*=""", line):
            here = [*header, *_dotted(match.group(1))]
        else:
            continue
        inside = seen == index or not header or not indexed
        common = here[: len(names)]
        if names and inside and names[: len(common)] == common:
            found = number
            if common == names:
                return number
    return found


def _dotted(written: str) -> list[str]:
    return [part.strip(" \"'") for part in written.split(".")]
