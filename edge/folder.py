"""The node's own folder: who may use it, and what it must hold."""

import fcntl
import os
from pathlib import Path

from edge.journal.begin import was_begun
from edge.store.keys import KeyFault, KeyRing


class NodeError(Exception):
    """The node cannot start; the text says why and what to do."""


class FolderInUse(NodeError):
    """Another process is this node. Two of them would drive the same doors."""


def refuse_held(path: Path) -> None:
    """Raise FolderInUse where another process holds the folder now; makes nothing, and holds nothing itself."""
    try:
        lock = os.open(path / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return  # no folder, or none for us: nobody is told apart by it
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise _held(path) from error
    except OSError:
        return
    finally:
        os.close(lock)


def _held(path: Path) -> FolderInUse:
    return FolderInUse(
        f"{path} 正由另一个运行中的节点或现场调试页使用，请先停止它。 / {path} is in use by another node that is "
        "running, or by a commissioning page; stop that one first"
    )


class NodeFolder:
    """The node's own folder, locked for as long as this object lives. Raises FolderInUse, OSError."""

    def __init__(self, path: Path):
        self.path = path
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            if isinstance(error, BlockingIOError):
                raise _held(path) from error
            raise

    def keys(self) -> KeyRing:
        """The node's keys, minted on the first call. Raises KeyFault when they are gone from a node that had some."""
        folder = self.path / "keys"
        if was_begun(self.path / "journal.db") and not (folder / "node.key").exists():
            raise KeyFault(
                f"{folder}: 节点密钥丢失，请放回；若无副本，请在空文件夹重新登记。 / the node's keys are gone. "
                "Put them back; without a copy, enrol the node anew in an empty folder."
            )
        return KeyRing.open(folder)

    def close(self) -> None:
        os.close(self._lock)
