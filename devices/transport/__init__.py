"""Bytes in, bytes out: the wire itself."""
