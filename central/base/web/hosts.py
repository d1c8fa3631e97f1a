"""By which names central answers (SEC-08).

A page of somebody else's, whose name was made to lead here, then sees nothing of what is said to our own (DNS
rebinding), and whatever is made of the name that was asked by is made of one of ours.

Answered are: the names that the call gives, those of the certificate in use, and the very address that a connection
came to, which no other name can bring about. On plain HTTP, which is served on this machine only, also localhost.
Behind a proxy that passes on the name it was asked by, that name is given with `--host-name`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9._-]{1,253}))(?::[0-9]{1,5})?")


def _no_names() -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Hosts:
    """names: lower case, without port or brackets. certificate: what the one in use names, now. public: an address that
    the call gives for others to ask by, "https://central.example.cn"; "" where it gives none."""

    names: frozenset[str] = LOCAL
    certificate: Callable[[], Iterable[str]] = _no_names
    public: str = ""

    def answers(self, header: str, came_to: str | None) -> bool:
        """header: of the request's one Host. came_to: the address at this end of its connection."""
        name = host_in(header)
        if name is None:
            return False
        address = _address(name)
        if address is not None and came_to is not None and address == _address(came_to):
            return True
        return name in self.names or any(_stands_for(one, name, address) for one in self.certificate())

    def told(self) -> str:
        """For people: "central.example.cn, 192.0.2.1"."""
        return ", ".join(sorted({*self.names, *self.certificate()}))


def host_in(header: str) -> str | None:
    """The name or address in a Host header or a call, in one spelling; None when it is neither."""
    match = _HOST.fullmatch(header)
    if match is None:
        return None
    if match["six"]:
        address = _address(match["six"])
        return None if address is None else str(address)
    return match["name"].lower().removesuffix(".") or None


def _stands_for(certified: str, name: str, address: object) -> bool:
    """As a browser reads a certificate: `*.` stands for exactly one label, and for no address."""
    if address is not None:
        return address == _address(certified)
    certified = certified.lower()
    if certified.startswith("*."):
        label, _, rest = name.partition(".")
        return bool(label) and rest == certified[2:]
    return name == certified


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An IPv4 address that came over a socket of IPv6 is the same address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
