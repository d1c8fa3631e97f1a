"""Contacts bounce. A level counts once two reads in a row agree on it: at 30 ms between reads that is 30 to 60 ms."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Debounced:
    """The level that counts (None before the first agreement) and the last raw read."""

    level: tuple[bool, ...] | None = None
    raw: tuple[bool, ...] | None = None

    def read(self, raw: tuple[bool, ...]) -> "Debounced":
        if self.raw is None or self.level is None:
            return Debounced(level=raw if raw == self.raw else None, raw=raw)
        level = tuple(
            now if now == before else held for now, before, held in zip(raw, self.raw, self.level, strict=True)
        )
        return Debounced(level=level, raw=raw)
