"""Drivers: address -> transport -> codec (pure) -> driver, behind a port."""
