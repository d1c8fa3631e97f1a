"""Device addresses: one line of the site file, parsed strictly into one frozen value.

    scheme://[user:password@][host[:port]][/path][?name=value&name=value]

    modbus+serial:///dev/ttyUSB0?baud=9600&unit=1&profile=waveshare-8
    scanner+memory://gate-1
    modbus+tcp://192.168.1.5:502?profile=waveshare-8
    rtsp://user:password@host/live        everything after the host is the camera's own and is passed on untouched
    rtsps://user:password@host/live#ca=/etc/menting/camera.pem        what is ours stands after #, which no camera sees

What a scheme accepts is a `Grammar`; the table of them is in `registry.py`. An unknown scheme, an unknown or
repeated parameter, or a value out of range is an AddressError that lists what is allowed: a typing mistake in a
site file must never end in another device than the one meant. A password is reachable only by `secret_url()`; it is
in no repr, error or log.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from devices.errors import AddressError
from models.values.nearest import did_you_mean, nearest

Value = int | float | str | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """A parameter that is a whole number from `least` to `most`."""

    least: int
    most: int
    default: int

    def parse(self, text: str) -> int | None:
        """The number, or None when it is none or out of range."""
        if not re.fullmatch(r"[0-9]{1,9}", text):
            return None
        return value if self.least <= (value := int(text)) <= self.most else None

    def __str__(self) -> str:
        return f"{self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class Number:
    """A parameter that is a decimal number from `least` to `most`."""

    least: float
    most: float
    default: float

    def parse(self, text: str) -> float | None:
        """The number, or None when it is none or out of range."""
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
            return None
        return value if self.least <= (value := float(text)) <= self.most else None

    def __str__(self) -> str:
        return f"{self.least:g} to {self.most:g}"


@dataclass(frozen=True, slots=True)
class Choice:
    """A parameter that is one of a few words. Without a default it must be given."""

    words: tuple[str, ...]
    default: str | None = None

    def parse(self, text: str) -> str | None:
        """The word, or None when it is not one of them."""
        return text if text in self.words else None

    def __str__(self) -> str:
        return "|".join(self.words)


@dataclass(frozen=True, slots=True)
class Wholes:
    """A parameter that is a list of different whole numbers joined by commas, each from `least` to `most`."""

    least: int
    most: int
    default: tuple[int, ...] = ()

    def parse(self, text: str) -> tuple[int, ...] | None:
        """The numbers in their order, or None when one is none, out of range or there twice."""
        numbers = tuple(Whole(self.least, self.most, 0).parse(part) for part in text.split(","))
        whole = tuple(number for number in numbers if number is not None)
        return whole if len(whole) == len(numbers) == len(set(whole)) else None

    def __str__(self) -> str:
        return f"numbers from {self.least} to {self.most} joined by commas, each once"


@dataclass(frozen=True, slots=True)
class Serial:
    """A parameter that is a device's own serial number, as it stands on its label. It must be given."""

    default: None = None

    def parse(self, text: str) -> str | None:
        """The number, or None when no device is numbered like that."""
        return text if re.fullmatch(r"[A-Za-z0-9._:\-]{4,64}", text) else None

    def __str__(self) -> str:
        return "4 to 64 letters, digits, '.', ':', '_' or '-'"


@dataclass(frozen=True, slots=True)
class FilePath:
    """A parameter that is the absolute path of a file. Without a default it must be given."""

    default: str | None = None

    def parse(self, text: str) -> str | None:
        """The path, or None when it is not absolute."""
        return text if text.startswith("/") and len(text) > 1 and "\0" not in text else None

    def __str__(self) -> str:
        return "/absolute/path"


@dataclass(frozen=True, slots=True)
class HostName:
    """A parameter that is the name in a certificate: letters, digits, dots, hyphens and underscores."""

    default: str = ""

    def parse(self, text: str) -> str | None:
        """The name, or None when it is none."""
        return text if re.fullmatch(r"[A-Za-z0-9._\-]{1,64}", text) else None

    def __str__(self) -> str:
        return "a name of letters, digits, '.', '_' or '-'"


Parameter = Whole | Number | Choice | Wholes | Serial | FilePath | HostName


class Place(Enum):
    """What stands between `//` and `?`."""

    PATH = "an absolute path"
    BY_ID = "the device's own id"
    NAME = "a name of letters, digits, '.', '_' or '-'"
    HOST = "a host"
    HOST_PORT = "a host and its port if not the usual one"


PLACES_ZH = {
    Place.PATH: "完整路径",
    Place.BY_ID: "设备自己的编号",
    Place.NAME: "由字母、数字、.、_ 或 - 组成的名称",
    Place.HOST: "主机",
    Place.HOST_PORT: "主机，端口不是常用的才写",
}
"""What stands there, in Chinese."""

EXAMPLES = {
    Place.PATH: "/dev/ttyUSB0",
    Place.BY_ID: "/dev/input/by-id/usb-MAKER_MODEL-event-kbd",
    Place.NAME: "gate-1",
    Place.HOST: "user:password@camera.example/live",
    Place.HOST_PORT: "192.168.1.5",
}
"""What may stand there, where a scheme has none of its own."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """What one scheme accepts. In HOST schemes the query is the device's own: our parameters stand after `#`."""

    place: Place
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    example: str = ""
    """What may stand between `//` and `?`, where that of the place would mislead."""


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed address. `where` is the path or name; for hosts, the host and the port if one was written.

    `options` holds every parameter of the scheme, defaults filled in.
    """

    scheme: str
    where: str
    options: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    _secret: str = field(default="", repr=False)
    _device: str = field(default="", repr=False)

    def whole(self, name: str) -> int:
        """A whole-number option of this scheme."""
        value = self.options[name]
        assert isinstance(value, int)
        return value

    def wholes(self, name: str) -> tuple[int, ...]:
        """A list option of this scheme."""
        value = self.options[name]
        assert isinstance(value, tuple)
        return value

    def number(self, name: str) -> float:
        """A decimal option of this scheme."""
        value = self.options[name]
        assert isinstance(value, int | float)
        return float(value)

    def word(self, name: str) -> str:
        """A word option of this scheme."""
        return str(self.options[name])

    def secret_url(self) -> str:
        """What the library that opens the device is given, password included: never for a log."""
        return self._device or self._secret

    def secret_text(self) -> str:
        """The address as written, password and all: for a process of our own that parses it again."""
        return self._secret

    def __str__(self) -> str:
        # With options the text passed a strict grammar that has no user part; without, the query is not ours to show.
        return self._secret if self.options and not self._device else redact(self._secret)

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"


def host_and_port(where: str, usual: int) -> tuple[str, int]:
    """A host as an `Address` holds it, taken apart; the port is the `usual` one where none was written."""
    parts = urlsplit(f"//{where}")
    assert parts.hostname is not None
    return parts.hostname, usual if parts.port is None else parts.port


def redact(text: str) -> str:
    """`text` in one line, without user, password or query (network cameras hide passwords there too)."""
    masked = re.sub(r"://.*@", "://***@", text, flags=re.DOTALL)
    shown = re.split(r"[?#]", masked, maxsplit=1)[0]
    return "".join(letter if letter.isprintable() else "?" for letter in shown)


def parse_address(text: str, grammars: Mapping[str, Grammar], offered: Collection[str] | None = None) -> Address:
    """Parse strictly, or raise AddressError. `grammars` is scheme -> what it accepts.

    `offered`: those of them that are named to whoever wrote another; without it, all.
    """
    scheme, colon, rest = text.partition("://")
    if not colon or scheme not in grammars:
        offered = grammars if offered is None else offered
        meant = nearest(scheme, _fitting(rest, grammars, offered)) or nearest(scheme, offered)
        shown, (zh, en) = _shown_scheme(scheme, colon), did_you_mean(meant)
        schemes = ", ".join(offered)
        raise AddressError(
            f"没有这种设备地址{zh}，可写：{schemes} / unknown device scheme {shown}{en}; allowed: {schemes}"
        )
    if " " in text or not text.isprintable():
        raise AddressError(
            f"{redact(text)}: 不能有空格，请写成 %20 / spaces and control characters are not allowed; write %20 for a "
            "space"
        )
    grammar = grammars[scheme]
    try:
        parts = urlsplit(f"//{rest}", allow_fragments=False)
        where = _where(parts, grammar.place)
    except ValueError:  # urlsplit quotes what it dislikes, which may be a password
        where = None
    if grammar.place is Place.HOST and _cut_by_its_own_password(rest, grammar):
        raise AddressError(
            f"{redact(text)}: 用户名或密码里的 @ 写成 %40，# 写成 %23，/ 写成 %2F，? 写成 %3F，: 写成 %3A，% 写成 %25 "
            "/ in a user or a password @ is written %40, # is %23, / is %2F, ? is %3F, : is %3A and % is %25"
        )
    if where is None and grammar.place in (Place.HOST, Place.HOST_PORT) and _has_wrong_port(rest):
        raise AddressError(f"{redact(text)}: 端口是 1 到 65535 的数字 / port must be 1–65535")
    if where is None:
        zh, en, example = PLACES_ZH[grammar.place], grammar.place.value, example_of(scheme, grammar)
        raise AddressError(f"{redact(text)}: 地址不完整，要写{zh}，例如 {example} / needs {en}, as in {example}")
    if grammar.place is Place.HOST and not grammar.parameters:
        return Address(scheme, where, MappingProxyType({}), text)
    if grammar.place is Place.HOST:
        device, _, ours = text.partition("#")
        return Address(scheme, where, MappingProxyType(_options(text, ours, grammar)), text, device)
    if "#" in rest:
        raise AddressError(f"{redact(text)}: 不能有 # / '#' is not allowed")
    return Address(scheme, where, MappingProxyType(_options(text, parts.query, grammar)), text)


def example_of(scheme: str, grammar: Grammar) -> str:
    """A whole address that is right as it stands, with what must be given and nothing else."""
    must = [f"{name}={_any(one)}" for name, one in grammar.parameters.items() if one.default is None]
    return f"{scheme}://{grammar.example or EXAMPLES[grammar.place]}{'?' if must else ''}{'&'.join(must)}"


def _any(parameter: Parameter) -> str:
    match parameter:
        case Choice(words):
            return words[0]
        case Serial():
            return "A1B2C3D4"
    return "/etc/menting/device.key"  # of the others only a file has no default


def _fitting(rest: str, grammars: Mapping[str, Grammar], offered: Collection[str]) -> list[str]:
    """Of the schemes that are offered, those that take a path where one is written, and the others where none is."""
    paths = (Place.PATH, Place.BY_ID)
    return [scheme for scheme in offered if (grammars[scheme].place in paths) == rest.startswith("/")]


def _shown_scheme(scheme: str, colon: str) -> str:
    # Without "://" the whole text, secrets and all, would be the "scheme".
    return repr(scheme) if colon and re.fullmatch(r"[A-Za-z0-9+.\-]{1,40}", scheme) else "(none)"


def _where(parts: SplitResult, place: Place) -> str | None:
    """The path, name or host; None when it is not what `place` asks for."""
    match place:
        case Place.PATH:
            path = unquote(parts.path)
            return path if not parts.netloc and path.startswith("/") and len(path) > 1 and "\0" not in path else None
        case Place.BY_ID:
            path = unquote(parts.path)
            # event7 is whatever was plugged in seventh: only the id names one keyboard and no other
            return path if not parts.netloc and re.fullmatch(r"/dev/input/by-id/[^/\0]*[^/.\0]", path) else None
        case Place.NAME:
            named = re.fullmatch(r"[A-Za-z0-9._\-]{1,64}", parts.netloc) and parts.path in ("", "/")
            return parts.netloc if named else None
        case Place.HOST_PORT if "@" in parts.netloc or parts.path not in ("", "/"):
            return None  # nobody logs in there: such a part was meant for something else
        case Place.HOST | Place.HOST_PORT:
            if not parts.hostname:
                return None
            port = parts.port  # raises ValueError when out of range
            if port == 0:
                return None
            host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
            return host if port is None else f"{host}:{port}"


def _cut_by_its_own_password(rest: str, grammar: Grammar) -> bool:
    """Whether a `/`, `?` or `#` of the password ends the host too early: an @ stands behind it, and either there was
    one before, or what stands before is no host with a port, or what follows looks like the real host."""
    ours = "|".join(grammar.parameters)
    camera = re.split(rf"#(?=(?:{ours})=)", rest, maxsplit=1)[0] if ours else rest
    host = re.split(r"[/?#]", camera, maxsplit=1)[0]
    behind = camera[len(host) :]
    return "@" in behind and ("@" in host or _has_wrong_port(rest) or HOST_AGAIN.search(behind) is not None)


HOST_AGAIN = re.compile(r"@(?:\[|[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+|[^/?#@]+:[0-9]{1,5}(?:[/?#]|$))")


def _has_wrong_port(rest: str) -> bool:
    """Whether what follows the host's last colon is no port. It is never shown: without an @ it may be a password."""
    written = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    found = re.fullmatch(r"(?:\[[^\]]*\]|[^:\[\]]+):(.*)", written, re.DOTALL)
    return found is not None and not (re.fullmatch("[0-9]{1,5}", found[1]) and 1 <= int(found[1]) <= 65535)


def _options(text: str, query: str, grammar: Grammar) -> dict[str, Value]:
    allowed = ", ".join(f"{name}={parameter}" for name, parameter in grammar.parameters.items()) or "none"
    may = "、".join(f"{name}={in_chinese(parameter)}" for name, parameter in grammar.parameters.items()) or "无"
    given: dict[str, Value] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError:
        raise AddressError(
            f"{redact(text)}: 参数用 & 连接，可写：{may} / parameters are name=value joined by '&'; allowed: {allowed}"
        ) from None
    for name, written in pairs:
        parameter = grammar.parameters.get(name)
        if parameter is None:
            zh, en = did_you_mean(nearest(name, grammar.parameters))
            raise AddressError(
                f"{redact(text)}: 没有参数 {name!r}{zh}，可写：{may} / unknown parameter {name!r}{en}; "
                f"allowed: {allowed}"
            )
        if name in given:
            raise AddressError(
                f"{redact(text)}: 参数 {name!r} 写了两次，每个只写一次，可写：{may} / parameter {name!r} is given "
                f"twice; allowed: {allowed}"
            )
        value = parameter.parse(written)
        if value is None:
            # where a file is asked for, what was written may be the secret that belongs into it
            shown = "…" if isinstance(parameter, FilePath) else repr(written)
            zh, en = did_you_mean(nearest(written, parameter.words) if isinstance(parameter, Choice) else None)
            raise AddressError(
                f"{redact(text)}: {name} 写得不对{zh}，可写：{name}={in_chinese(parameter)} / {name}={shown} is not "
                f"allowed{en}; allowed: {name}={parameter}",
                name,
            )
        given[name] = value
    for name, parameter in grammar.parameters.items():
        if name not in given:
            if parameter.default is None:
                raise AddressError(
                    f"{redact(text)}: 缺少参数 {name!r}，可写：{name}={in_chinese(parameter)} / parameter {name!r} is "
                    f"missing; allowed: {name}={parameter}",
                    name,
                )
            given[name] = parameter.default
    return given


def in_chinese(parameter: Parameter) -> str:
    """What may be written for a parameter, as `str` says it in English: what is typed stands as it is."""
    match parameter:
        case Whole(least, most) | Number(least, most):
            return f"{least:g} 到 {most:g}"
        case Wholes(least, most):
            return f"{least} 到 {most} 的数字，用逗号隔开，各写一次"
        case Serial():
            return "设备标签上的编号"
        case FilePath():
            return "/完整/路径"
        case HostName():
            return "由字母、数字、.、_ 或 - 组成的名称"
        case Choice():
            return str(parameter)
