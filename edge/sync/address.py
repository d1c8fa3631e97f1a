"""Which hosts are this very machine: the only ones that plain http may lead to."""

from ipaddress import ip_address


def is_this_machine(host: str) -> bool:
    """`host`: a name or an address, an IPv6 one without its brackets."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
