"""Whom limits by source count together."""

from __future__ import annotations

import ipaddress


def source_of(address: str | None) -> str:
    """Whom an address stands for: itself, or the /64 of an IPv6 address, which one household has for itself."""
    try:
        known = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)
