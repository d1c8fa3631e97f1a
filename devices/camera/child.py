"""A camera whose decoder runs in a process of its own: when native code crashes or hangs, it takes no gate with it.

    node                                            child: python -m devices.camera.child_main
    stdin   {"address": "rtsp://…", "memory": 7}
                                                    {"opened": true} or {"error": ["Unreachable", "…"]}
            {}                                      waits up to WAIT_S for a newer picture, writes it to the memory
                                                    {"frame": [height, width, taken_at, seq] or null, "error": …}
            {}                                      …

One line of JSON each way. The address, password and all, goes through the pipe: arguments and environment of a process
are for every user of the machine to read. Pictures go through memory that both map and nobody else can name; it belongs
to the node from an answer to its next question, so a picture is never half another one, and pictures that nobody asks
for are not copied. `taken_at` needs no translation: CLOCK_MONOTONIC is one clock for all processes of a machine.

Each answer is the child's sign of life. A child that is dead, or owes an answer for HUNG_S, is an Unreachable camera,
which the camera's thread opens again. The child in turn ends when the pipe does: whoever kills the node, even by
SIGKILL, ends its children too.

Measured with a simulated camera of 1280 × 720 at 25 a second, on two shared cores: opening 0.6 s; the child 75 MB
(51 MB where shared pages are counted by share) and a fifth of a core, nearly all of it decoding; on the node's side
1.6 % of a core for the copies. Linux only (memfd).
"""

from __future__ import annotations

import json
import mmap
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

import numpy as np

import devices
from devices import errors
from devices.address import Address
from devices.errors import DeviceError, Unreachable
from devices.ports import Frame

PIXELS_MAX = 40_000_000
"""As in `folder.py`. Only what is written to is ever real memory."""
START_S = 20.0
HUNG_S = 5.0
END_S = 1.0
ANSWER_MAX = 65_536


class ChildCamera:
    """A Camera in another process. Raises whatever opening it there raises."""

    def __init__(self, address: Address) -> None:
        self._name = str(address)
        self._lock = threading.Lock()
        self._heard = b""
        self._asked_at: float | None = None
        self._newest_at: float | None = None
        self._closed = False
        self.error: DeviceError | None = None
        """See Camera."""
        try:
            file = os.memfd_create("camera")
            try:
                os.ftruncate(file, PIXELS_MAX * 3)
                self._memory = mmap.mmap(file, PIXELS_MAX * 3)
                self._process = _started(file)
            finally:
                os.close(file)
        except OSError as error:  # no memory, no process, no file left: for now
            raise Unreachable(f"{self._name}: its process cannot be started ({error.strerror})") from None
        try:
            self._begin({"address": address.secret_text(), "memory": file})
        except DeviceError:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The child's number."""
        return self._process.pid

    def read(self, timeout_s: float) -> Frame | None:
        """See Camera. Raises Unreachable when closed, and when the child has died or hangs.

        A question that was not answered in time stays asked: the next call gets its answer.
        """
        deadline = time.monotonic() + timeout_s
        with self._lock:
            while True:
                if self._closed:
                    raise Unreachable(f"{self._name} is closed")
                if self._asked_at is None:
                    self._ask({})
                    self._asked_at = time.monotonic()
                answer = self._answer(deadline)
                now = time.monotonic()
                if answer is not None:
                    self._asked_at = None
                    if (frame := self._taken(answer)) is not None:
                        return frame
                elif now - self._asked_at > HUNG_S:
                    self._process.kill()
                    raise Unreachable(f"{self._name}: its decoder hangs and was ended")
                if now >= deadline:
                    return None

    def age_s(self) -> float:
        """See Camera; of the newest frame that `read` returned."""
        return float("inf") if self._newest_at is None else time.monotonic() - self._newest_at

    def close(self) -> None:
        """See Camera. The child lets go of the camera by itself, or is ended."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            _pipe(self._process.stdin).close()
            try:
                self._process.wait(END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            _pipe(self._process.stdout).close()
            self._memory.close()

    def _begin(self, call: dict[str, object]) -> None:
        self._ask(call)
        answer = self._answer(time.monotonic() + START_S)
        if answer is None:
            raise Unreachable(f"{self._name}: its process did not start in {START_S:.0f} s")
        if (error := _error(answer.get("error"))) is not None:
            raise error

    def _taken(self, answer: dict[str, Any]) -> Frame | None:
        self.error = _error(answer.get("error"))
        if answer["frame"] is None:
            return None
        height, width, self._newest_at, seq = answer["frame"]
        pixels = np.frombuffer(self._memory, np.uint8, height * width * 3).reshape(height, width, 3).copy()
        return Frame(pixels, self._newest_at, seq)

    def _ask(self, question: dict[str, object]) -> None:
        try:
            _pipe(self._process.stdin).write(json.dumps(question).encode() + b"\n")
        except OSError:
            raise self._ended() from None

    def _answer(self, deadline: float) -> dict[str, Any] | None:
        """One line; None when it is not there by the deadline."""
        pipe = _pipe(self._process.stdout).fileno()
        ready = select.poll()
        ready.register(pipe, select.POLLIN)
        while b"\n" not in self._heard:
            if not ready.poll(max(0.0, deadline - time.monotonic()) * 1000):
                return None
            data = os.read(pipe, ANSWER_MAX)
            if not data:
                raise self._ended()
            self._heard += data
        line, _, self._heard = self._heard.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _ended(self) -> Unreachable:
        """The child is gone: in words."""
        try:
            code = self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        try:
            how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with code {code}"
        except ValueError:
            how = f"by signal {-code}"
        return Unreachable(f"{self._name}: its decoder ended {how}")


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _started(memory: int) -> subprocess.Popen[bytes]:
    """A child that finds the same `devices`; one thread for numpy's products, of which there are none."""
    root = str(Path(devices.__file__).resolve().parent.parent)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "devices.camera.child_main"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # decoders print addresses there, passwords and all
        pass_fds=(memory,),
        env={**os.environ, "PYTHONPATH": root, "OPENBLAS_NUM_THREADS": "1"},
        bufsize=0,
    )


def _error(told: list[str] | None) -> DeviceError | None:
    if told is None:
        return None
    kind, text = told
    made = getattr(errors, kind, Unreachable)
    return made(text) if issubclass(made, DeviceError) else Unreachable(text)
