"""The child's side of `child.py`: opens one camera and answers with its newest picture, until the pipe ends."""

from __future__ import annotations

import json
import mmap
import os
import signal
import sys
from typing import IO, Any

import numpy as np

from devices.camera.rows import open_here
from devices.errors import AddressError, DeviceError, Garbled
from devices.ports import Camera

WAIT_S = 0.25


def main() -> None:
    """Serve one node."""
    for number in (signal.SIGINT, signal.SIGTERM):  # typed at the node's terminal, or sent to all it started
        signal.signal(number, signal.SIG_IGN)  # a stopping node ends this process by the pipe, and raises no alarm
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a decoder prints is no answer
    code = 1
    try:
        _serve(sys.stdin.buffer, answers)
        code = 0
    except OSError:
        code = 0  # the node is gone
    finally:
        os._exit(code)  # a decoder's thread may hang in native code for ever


def _serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    call = json.loads(asked.readline())
    memory = mmap.mmap(call["memory"], 0)
    try:
        camera = open_here(call["address"])
    except (DeviceError, AddressError) as error:
        _say(answers, {"error": _told(error)})
        return
    _say(answers, {"opened": True})
    try:
        while asked.readline():
            _say(answers, _look(camera, memory))
    finally:
        camera.close()


def _look(camera: Camera, memory: mmap.mmap) -> dict[str, Any]:
    frame = camera.read(WAIT_S)
    told = _told(camera.error)
    if frame is None:
        return {"frame": None, "error": told}
    height, width = frame.pixels.shape[:2]
    if frame.pixels.size > len(memory):
        return {"frame": None, "error": _told(Garbled(f"a picture of {width} × {height} is too large"))}
    np.frombuffer(memory, np.uint8, frame.pixels.size)[:] = frame.pixels.reshape(-1)
    return {"frame": [height, width, frame.taken_at, frame.seq], "error": told}


def _told(error: Exception | None) -> list[str] | None:
    return None if error is None else [type(error).__name__, str(error)]


def _say(answers: IO[bytes], answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main()
