"""One demo site at a time: a lock in which the one that runs says where it is."""

import fcntl
import os
from pathlib import Path

from scripts.demo.site import DemoStopped


class Held:
    """Held for as long as this object lives. Raises DemoStopped while another process has it."""

    def __init__(self, path: Path):
        self._file = path.open("a+", encoding="utf-8")  # "w" would wipe what the other one says
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.seek(0)
            told = self._file.read().split()
            self._file.close()
            zh = "".join(f"，{what} {word}" for what, word in zip(("进程", "网址"), told, strict=False))
            en = "".join(f", {what} {word}" for what, word in zip(("process", "at"), told, strict=False))
            raise DemoStopped(
                f"演示站点已在运行{zh}。{_to_use(told, zh=True)}要另外启动，先在它的终端按 Ctrl-C 停止它\n"
                f"This demo site is running already{en}. {_to_use(told, zh=False)}To start it anew, stop that one "
                "first, with Ctrl-C on its terminal"
            ) from error
        self.tell()

    def tell(self, url: str = "") -> None:
        """Which process this is, and where its pages are once they are."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f"{os.getpid()} {url}")
        self._file.flush()


def _to_use(told: list[str], *, zh: bool) -> str:
    """Whoever only wants to look need stop nothing, once the one that runs has said where it is."""
    if len(told) < 2:
        return ""
    return "要用它，打开这个网址即可；" if zh else "To use it, open that address. "
