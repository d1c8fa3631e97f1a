"""The addresses of readers: cards and keys."""

from __future__ import annotations

from collections.abc import Mapping

from devices.address import Address, Choice, FilePath, Grammar, Parameter, Place, Whole
from devices.ports import Reader
from devices.reader.lines import KEYS_ONLY, LINES
from devices.reader.wiegand import FORMATS
from devices.rows import BAUD, Row, line
from devices.transport.memory import Cables


def _lines(address: Address, cables: Cables | None) -> Reader:
    from devices.reader.line_reader import LineReader
    from devices.reader.lines import Profile
    from devices.scanner.framing import End, Framing

    profile = Profile(
        line=address.word("line"),
        form=FORMATS[int(address.word("bits"))],
        lsb_first=address.word("order") == "lsb",
    )
    framing = Framing(
        end=End(address.word("end")), idle_s=address.whole("idle_ms") / 1000, stx=address.whole("stx") == 1
    )
    return LineReader(line(address, cables), framing, profile, repeat_s=address.whole("repeat_ms") / 1000)


def _osdp(address: Address, cables: Cables | None) -> Reader:
    from devices.reader.osdp_package import check_osdp

    check_osdp()
    from devices.reader.osdp_key import read_key
    from devices.reader.osdp_reader import OsdpReader

    key = read_key(address.word("key_file"))  # before the line: a reader without a good key is not even opened
    return OsdpReader(
        line(address, cables),
        address.whole("address"),
        key,
        proved=address.word("card") == "proved",
        silent_s=address.whole("silent_ms") / 1000,
        repeat_s=address.whole("repeat_ms") / 1000,
    )


_REPEAT: Mapping[str, Parameter] = {"repeat_ms": Whole(0, 10_000, default=2000)}
_LINES: Mapping[str, Parameter] = {
    "line": Choice((*LINES, KEYS_ONLY)),  # no default: how a reader writes must be said
    "bits": Choice(tuple(str(bits) for bits in FORMATS), default="26"),
    "order": Choice(("msb", "lsb"), default="msb"),
    "end": Choice(("cr", "lf", "crlf", "idle"), default="cr"),
    "idle_ms": Whole(5, 1000, default=50),
    "stx": Whole(0, 1, default=0),
    **_REPEAT,
}
_OSDP: Mapping[str, Parameter] = {
    "address": Whole(0, 126, default=0),
    "key_file": FilePath(),
    "card": Choice(("uid", "proved")),  # no default: whether a card proves itself must be said (ACC-28)
    "silent_ms": Whole(500, 30_000, default=1500),
    **_REPEAT,
}

READERS: Mapping[str, Row[Reader]] = {
    "wiegand+serial": Row(Grammar(Place.PATH, {**BAUD, **_LINES}), _lines),
    "wiegand+memory": Row(Grammar(Place.NAME, _LINES), _lines),
    "reader+hid": Row(Grammar(Place.BY_ID, _LINES), _lines),
    "osdp+serial": Row(Grammar(Place.PATH, {**BAUD, **_OSDP}), _osdp),
    "osdp+memory": Row(Grammar(Place.NAME, _OSDP), _osdp),
}
