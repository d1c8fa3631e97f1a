"""A lane board at the other end of the wire: what it would show and speak. Frames are read by hand here."""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.transport.port import Transport


@dataclass
class LaneBoardSim:
    """`hear` takes what has come. `shown`: the lines of the last picture; `spoken`: everything, oldest first.

    `deaf`: the board lost its power; the line takes the bytes all the same. `damaged` counts what was no frame.
    """

    line: Transport
    shown: tuple[str, ...] = ()
    spoken: list[str] = field(default_factory=list)
    damaged: int = 0
    deaf: bool = False
    _held: bytes = b""

    def hear(self, timeout_s: float = 0.0) -> None:
        came = self.line.read(4096, timeout_s)
        if self.deaf:
            return
        self._held += came
        while len(self._held) >= 8:
            whole = 8 + self._held[5]
            if self._held[1:4] != b"\x64\xff\xff":
                self._held, self.damaged = self._held[1:], self.damaged + 1
                continue
            if len(self._held) < whole:
                return
            frame, self._held = self._held[:whole], self._held[whole:]
            self._obey(frame)

    def _obey(self, frame: bytes) -> None:
        crc = 0xFFFF
        for byte in frame[:-2]:
            crc ^= byte
            for _ in range(8):
                crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
        if crc != int.from_bytes(frame[-2:], "little"):
            self.damaged += 1
            return
        order, data = frame[4], frame[6:-2]
        if order == 0x30:
            self.spoken.append(data[1:].decode("gbk"))
        elif order == 0x6F:
            self.shown = tuple(data.decode("gbk").split("\r\n")[:-1])
