"""The rest of the device list without hardware: boards that never answer, panels, readers, what hangs on a network.

What a pseudo-terminal or a socket cannot be is not here: pins (gpio), readers that type (hid) and this machine's own
cameras (v4l2) need a kernel's device, and rtsps the camera's certificate.
"""

import secrets
import threading
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from devices.errors import Unreachable
from devices.reader.wiegand import FORMATS, encode
from devices.sim.lcus import LcusSim
from devices.sim.osdp_panel import OsdpPanelSim
from devices.sim.osdp_reader import OsdpReaderSim
from devices.sim.pty import PtyLine
from devices.sim.relay_board import RelayBoardSim
from devices.sim.rtsp_camera import RtspCameraSim
from devices.sim.serve import Played, Serving
from devices.sim.tcp import TcpServerLine
from devices.transport.port import Transport
from edge.commission.found import Found, Plug
from edge.console.words import Line
from edge.store.files import write_private

FACILITY, CARD = 123, 45678


class ConverterPanelSim:
    """A panel behind a Wiegand converter: takes what is sent and says nothing."""

    def serve(self, wire: Transport, stop: threading.Event) -> None:
        """Listen until stopped. Raises Unreachable when the wire is gone."""
        while not stop.is_set():
            wire.read(256, 0.05)


class MoreHardware:
    """Each on a line of its own; `found` lists them. `turn`: somebody holds a card to the readers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines: list[PtyLine | TcpServerLine] = []
        self._serving: list[Serving] = []
        key = secrets.token_bytes(16)
        for name, content in {"sim-osdp.key": key.hex(), "sim-panel.card": f"{FACILITY},{CARD}"}.items():
            write_private(folder / name, content.encode())
        self.lcus, self.dead_lcus = LcusSim(), LcusSim()
        self.dead_lcus.dead = True
        self._served("sim-lcus", self.lcus)
        self._served("sim-lcus-dead", self.dead_lcus)
        self._served("sim-panel", ConverterPanelSim())
        self.reader = OsdpReaderSim(self._line("sim-osdp-reader"), key=key)
        self._key, self._panel_line = key, self._line("sim-osdp-panel")
        self.panel = OsdpPanelSim(self._panel_line, key=key)
        self.reader.start()
        self.panel.start()
        tcp = TcpServerLine()
        self._lines.append(tcp)
        self._serving.append(Serving(RelayBoardSim(tcp=True), tcp, name="sim-tcp"))
        pictures = [_drawn(number) for number in range(25)]
        self.camera = RtspCameraSim(pictures, fps=5)
        _film(folder / "sim-film.avi", pictures)
        keyed = (("key_file", str(folder / "sim-osdp.key")), ("address", "0"))
        card = ("card_file", str(folder / "sim-panel.card"))
        self.found = [
            self._at("sim-lcus", "LCUS 继电器板（只听不答）", "an LCUS board, which never answers", "lcus+serial"),
            self._at("sim-lcus-dead", "没有通电的 LCUS 板", "an LCUS board without power", "lcus+serial"),
            self._at("sim-panel", "韦根转换器后的门禁主机", "a panel behind a Wiegand converter", "panel+serial", card),
            self._at("sim-osdp-panel", "OSDP 门禁主机", "an OSDP panel", "panel+osdp", card, *keyed),
            self._at("sim-reader", "韦根读卡器", "a Wiegand reader", "wiegand+serial", ("line", "hex")),
            self._at("sim-osdp-reader", "OSDP 读卡器", "an OSDP reader", "osdp+serial", ("card", "uid"), *keyed),
            _found(Plug.NETWORK, f"127.0.0.1:{tcp.port}", "网络继电器板", "a board on the network", "modbus+tcp"),
            _found(Plug.NETWORK, f"127.0.0.1:{self.camera.port}/live", "网络摄像头", "a network camera", "rtsp"),
            _found(Plug.VIDEO, str(folder / "sim-film.avi"), "视频文件", "a video file", "camera+file"),
        ]

    def _line(self, name: str) -> PtyLine:
        line = PtyLine(self._folder / name)
        self._lines.append(line)
        return line

    def _served(self, name: str, device: Played) -> None:
        self._serving.append(Serving(device, self._line(name), name=name))

    def _at(self, name: str, zh: str, en: str, scheme: str, *given: tuple[str, str]) -> Found:
        return _found(Plug.SERIAL, str(self._folder / name), zh, en, scheme, *given)

    def turn(self) -> None:
        """Somebody holds a card to the OSDP reader. A panel asks again for a reader that it lost: libosdp's own would
        sit that out for minutes."""
        if not self.panel.online():
            self.panel.close()
            self.panel = OsdpPanelSim(self._panel_line, key=self._key)
            self.panel.start()
        with suppress(Unreachable):
            self.reader.card(encode(FACILITY, CARD, FORMATS[26]), 26)

    def close(self) -> None:
        self.reader.close()
        self.panel.close()
        self.camera.close()
        for serving in self._serving:
            serving.close()
        for line in self._lines:
            line.close()


def _found(plug: Plug, where: str, zh: str, en: str, scheme: str, *given: tuple[str, str]) -> Found:
    return Found(plug, where, Line(f"◇ 模拟：{zh}", f"◇ simulated: {en}"), scheme=scheme, given=given)


def _drawn(number: int) -> np.ndarray:
    pixels = np.full((240, 320, 3), (60, 70, 60), np.uint8)
    cv2.rectangle(pixels, (110, 40), (210, 230), (150, 160, 170), -1)
    cv2.circle(pixels, (20 + number * 11, 210), 14, (80, 200, 120), -1)
    return pixels


def _film(path: Path, pictures: list[np.ndarray]) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 5.0, (320, 240))
    for picture in pictures:
        writer.write(picture)
    writer.release()
