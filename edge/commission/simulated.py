"""Gates without hardware for trying the page: real serial ports that lead to simulated devices, labelled as such."""

import contextlib
import shutil
import threading
import time
from pathlib import Path

import cv2
import numpy as np

from devices.sim.door import Deed
from devices.sim.gate import SimulatedGate
from devices.sim.pty import PtyLine
from devices.sim.relay_board import Fault, RelayBoardSim
from devices.sim.serve import Serving
from edge.commission.found import Found, Plug
from edge.commission.simulated_cars import SimulatedCars
from edge.commission.simulated_more import CARD, FACILITY, MoreHardware
from edge.console.words import Line

PICTURE_S = 0.2
KEEP = 5
BLINK_S = 3.0


def _found(path: Path, zh: str, en: str, scheme: str = "modbus+serial", plug: Plug = Plug.SERIAL) -> Found:
    return Found(plug, str(path), Line(f"◇ 模拟：{zh}", f"◇ simulated: {en}"), scheme=scheme)


class BoardAtSpeed(RelayBoardSim):
    """A board that is set to `baud`, and understands nothing on a line with another speed."""

    def __init__(self, line: PtyLine, baud: int) -> None:
        super().__init__()
        self._line, self._baud = line, baud

    def answer(self, request: bytes, unit: int, pdu: bytes, number: int = 0) -> list[tuple[float, bytes]]:
        """See RelayBoardSim."""
        self.fault(*(() if self._line.baud == self._baud else (Fault.SPEED,)))
        return super().answer(request, unit, pdu, number)


class SimulatedHardware:
    """Every device of the list that a line or socket can be, and boards that show what trouble looks like."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.gate = SimulatedGate(folder, name="sim")
        self.gate.start()
        self._lines: list[PtyLine] = []
        self._serving: list[Serving] = []
        self.found = [
            _found(folder / "sim-board", "继电器板（waveshare-8）", "relay board (waveshare-8)"),
            _found(folder / "sim-scanner", "扫码器", "code scanner", "scanner+serial"),
            self._board("sim-other", "地址是 2 的板", "a board with number 2", 2),
            self._board("sim-echo", "会回显的转换器", "an adapter that echoes", 1, Fault.ECHOING),
            self._board("sim-crc", "受干扰的线路", "a noisy line", 1, Fault.GARBLED),
            self._at_speed("sim-speed", "速率不对的板", "a board at another speed", 19200),
            self._board("sim-stranger", "替别的板应答的板", "a board that answers for another", 1, Fault.ANOTHER),
            self._board("sim-two", "地址相同的两块板", "two boards of one number", 1, Fault.SECOND),
            self._board("sim-dead", "没有应答的板", "a board that is silent", 1, Fault.SILENT),
        ]
        self.pictures = folder / "camera"
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.found.append(_found(self.pictures, "摄像头", "camera", "camera+folder", Plug.VIDEO))
        self.more = MoreHardware(folder)
        self.found += self.more.found
        self.cars = SimulatedCars(folder)
        self.found += self.cars.found
        self._stop = threading.Event()
        self._draw(0)
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._film, self._people)]
        for thread in self._threads:
            thread.start()

    def _board(self, name: str, zh: str, en: str, unit: int, *faults: Fault) -> Found:
        line, board = PtyLine(self._folder / name), RelayBoardSim(unit=unit)
        board.fault(*faults)
        self._lines.append(line)
        self._serving.append(Serving(board, line, name=name))
        return _found(Path(line.path), zh, en)

    def _at_speed(self, name: str, zh: str, en: str, baud: int) -> Found:
        line = PtyLine(self._folder / name)
        self._lines.append(line)
        self._serving.append(Serving(BoardAtSpeed(line, baud), line, name=name))
        return _found(Path(line.path), zh, en)

    def _draw(self, number: int) -> None:
        pixels = np.full((360, 640, 3), (60, 70, 60), np.uint8)
        cv2.rectangle(pixels, (220, 60), (420, 350), (150, 160, 170), -1)
        cv2.putText(pixels, "SIMULATED", (200, 40), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 200, 255), 2)
        cv2.putText(pixels, time.strftime("%H:%M:%S"), (235, 220), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (20, 20, 20), 2)
        cv2.circle(pixels, (40 + number * 13 % 560, 320), 18, (80, 200, 120), -1)
        path = self.pictures / f"{number:06d}.png"
        draft = path.with_suffix(".part")
        draft.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
        draft.rename(path)
        (self.pictures / f"{number - KEEP:06d}.png").unlink(missing_ok=True)

    def _film(self) -> None:
        number = 0
        while not self._stop.wait(PICTURE_S):
            number += 1
            with contextlib.suppress(OSError):
                self._draw(number)

    def _people(self) -> None:
        """Somebody presses the exit button and shows a code, so that lights and numbers move."""
        number = 0
        while not self._stop.wait(BLINK_S):
            number += 1
            self.gate.do(Deed.PRESS_EXIT)
            self.gate.present(f"SIM-{number:06d}")
            self.gate.reader.card(FACILITY, CARD)
            self.more.turn()
            self.cars.turn(number)

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(5)
        self.gate.close()
        self.more.close()
        self.cars.close()
        for serving in self._serving:
            serving.close()
        for line in self._lines:
            line.close()
        shutil.rmtree(self._folder, ignore_errors=True)
