"""From a plug to an address: which schemes could be at its other end, and what has to be asked. Pure.

Everything is read off the registry's grammars, so a new row of `devices/*/rows.py` can be chosen the moment it is
there; only its name in words (`words.SCHEMES`) falls back to the scheme itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from devices.address import Address, Choice, Grammar, Number, Parameter, Place, Whole, in_chinese, redact
from devices.catalogue import Kind, compose, rows_of
from edge.commission.found import Found, Plug
from edge.console.words import Line


@dataclass(frozen=True, slots=True)
class Option:
    """One scheme that may be chosen."""

    kind: Kind
    scheme: str
    grammar: Grammar


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in. `words`: a closed list; else a `number` or text, with what is allowed in `allowed`."""

    name: str
    value: str
    words: tuple[str, ...]
    allowed: Line
    number: bool


def options() -> tuple[Option, ...]:
    """Everything that can be chosen, in the order of the registry."""
    return tuple(Option(kind, scheme, row.grammar) for kind in Kind for scheme, row in rows_of(kind).items())


def options_for(plug: Plug | None) -> tuple[Option, ...]:
    """What may hang on such a plug; None: an address is typed, and may be anything."""
    return tuple(each for each in options() if _fits(each, plug))


def _fits(option: Option, plug: Plug | None) -> bool:
    scheme = option.scheme
    parameters = option.grammar.parameters
    match plug:
        case Plug.SERIAL:
            return option.grammar.place is Place.PATH and ("baud" in parameters or "serial" in scheme)
        case Plug.VIDEO:
            return "v4l2" in scheme
        case Plug.KEYS:
            return option.grammar.place is Place.PATH and re.search(r"hid|evdev|keyboard", scheme) is not None
        case Plug.NETWORK:
            return option.kind is Kind.PLATES or (option.kind is Kind.CAMERA and option.grammar.place is Place.HOST)
        case None:
            return True


def fields(option: Option, given: Mapping[str, str]) -> tuple[Field, ...]:
    """What to ask, filled with what was typed before or the default."""
    return tuple(_field(name, parameter, given.get(name)) for name, parameter in option.grammar.parameters.items())


def _field(name: str, parameter: Parameter, given: str | None) -> Field:
    words = parameter.words if isinstance(parameter, Choice) else ()
    value = (
        given if given is not None else str(parameter.default) if parameter.default is not None else "".join(words[:1])
    )
    return Field(name, value, words, Line(in_chinese(parameter), str(parameter)), isinstance(parameter, Whole | Number))


def given_by(address: Address) -> dict[str, str]:
    """What the form for this address would be sent with. Of a camera's address neither user nor password is shown."""
    known = next(each.grammar for each in options() if each.scheme == address.scheme)
    where = address.where
    if known.place is Place.HOST:
        where = redact(address.secret_url()).partition("://")[2].removeprefix("***@")
    said = {name: ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            for name, value in address.options.items()}  # fmt: skip
    plug = next((each for each in (Plug.SERIAL, Plug.VIDEO, Plug.KEYS)
                 if any(one.scheme == address.scheme for one in options_for(each))), None)  # fmt: skip
    return {"plug": plug.value if plug else "", "scheme": address.scheme, "where": where, **said}


def can_search(scheme: str) -> bool:
    """Its speed and number can be looked for."""
    return any(
        each.kind is Kind.RELAY and "baud" in each.grammar.parameters for each in options() if each.scheme == scheme
    )


def address_of(option: Option, where: str, given: Mapping[str, str]) -> str:
    """The address that was chosen. Raises AddressError."""
    known = option.grammar.parameters
    return compose(option.scheme, where.strip(), {name: given[name].strip() for name in known if name in given})


def where_for(found: Found, option: Option) -> str:
    """What the place of the form holds at first."""
    if option.grammar.place is not Place.HOST and option.kind is not Kind.PLATES:
        return found.where
    return urlsplit(found.where).hostname or found.where if "://" in found.where else found.where
