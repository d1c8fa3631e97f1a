"""How this machine is reached by what calls it: the address to type into a camera or an intercom."""

import socket
from ipaddress import ip_address

from devices.catalogue import Kind, parse
from edge.commission.trial import Trial


def own_address(towards: str) -> str:
    """This machine's address on the way to another, named by its number; "" where there is no way. Sends nothing, and
    asks nobody for a name."""
    family = socket.AF_INET6 if ":" in towards else socket.AF_INET
    try:
        ip_address(towards)
        with socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((towards, 9))
            return str(way.getsockname()[0])
    except (OSError, ValueError):
        return ""


def push_to(trial: Trial | None, secret: str) -> str:
    """Where the plate camera on trial has to push; "" for any other device. Its secret path stands in it once, right
    after it was made, and else "…"."""
    if trial is None or trial.kind is not Kind.PLATES:
        return ""
    address = parse(trial.address)
    host = own_address(address.where.strip("[]")) or "?"
    return f"http://{f'[{host}]' if ':' in host else host}:{address.options['listen']}/{secret or '…'}"
