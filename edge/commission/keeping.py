"""The commissioning's own folder within the node's: what was tried, ticked and photographed, and recordings.

commissioning/state.json      points done, devices that worked, the site file in the making (mode 0600: it may hold
                              a camera's password, as the site file does)
commissioning/photos/         JPEG, made anew from what was sent: no place, no camera's number in it
commissioning/captures/       redacted recordings
"""

import contextlib
import hashlib
import json
import os
import re
import secrets
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2

from edge.commission.checklist import Done
from edge.commission.draft import to_toml
from edge.site import Site, site_of
from edge.site_problem import text_of, tree_of
from edge.store.files import make_folder, move_aside, write_private
from edge.verify.face.photo import BadPhoto, decode
from models.values.time import utc_now

PHOTOS_MAX = 60
CAPTURES_MAX = 40


class Full(Exception):
    """As many photos or recordings as one commissioning may keep."""


@dataclass(slots=True)
class Kept:
    """Everything that outlives the page."""

    tree: dict[str, Any] = field(default_factory=dict)
    done: dict[str, Done] = field(default_factory=dict)
    earlier: dict[str, tuple[Done, ...]] = field(default_factory=dict)
    """What was noted of a point when the file said something else of it, or of a lane that is gone; oldest first."""
    worked: dict[str, str] = field(default_factory=dict)
    """Device, without its secret -> when it last worked, as shown."""
    measured: dict[str, str] = field(default_factory=dict)
    """What a trial of a vehicle lane proved -> in words, with when."""
    read: str = ""
    """Digest of the site file as the page last read or wrote it; "" for none."""


class FileChanged(Exception):
    """Somebody has changed the site file since the page read or wrote it: whose it is to be is for a person to say."""


class Keeping:
    """Reads and writes one folder. One process, one user."""

    def __init__(self, data: Path, site_file: Path) -> None:
        self.data = data
        self.folder = data / "commissioning"
        self.site_file = site_file
        for each in (self.folder, self.folder / "photos", self.folder / "captures"):
            make_folder(each)

    def load(self) -> Kept:
        """What was kept, or a beginning from the site file that is there. A damaged file is moved aside."""
        path = self.folder / "state.json"
        try:
            told = json.loads(path.read_text("utf-8"))
            done = {key: _done(value) for key, value in told["done"].items()}
            earlier = {key: tuple(map(_done, values)) for key, values in told.get("earlier", {}).items()}
            if "read" not in told and self._edited_since(path):  # kept by a version that knew no digest
                told |= {"tree": self._from_site_file()}
            tree, read = dict(told["tree"]), str(told.get("read", self.digest()))
            worked, measured = (
                {str(key): str(value) for key, value in told.get(name, {}).items()} for name in ("worked", "measured")
            )
            return Kept(tree, done, earlier, worked, measured, read)
        except FileNotFoundError:
            return Kept(tree=self._from_site_file(), read=self.digest())
        except (ValueError, KeyError, TypeError, AttributeError):
            move_aside(path, utc_now())
            return Kept(tree=self._from_site_file(), read=self.digest())

    def digest(self) -> str:
        """Of the site file as it is on disk; "" where there is none, a sign of its own where it cannot be read."""
        try:
            return hashlib.sha256(self.site_file.read_bytes()).hexdigest()
        except FileNotFoundError:
            return ""
        except OSError:
            return "unreadable"

    def changed(self, kept: Kept) -> bool:
        """The file is neither what the page knows nor the draft itself. One that was taken away asks for nothing."""
        drafted = hashlib.sha256(to_toml(kept.tree).encode()).hexdigest()
        return self.digest() not in ("", kept.read, drafted)

    def read_site(self) -> tuple[dict[str, Any], str]:
        """What the file says now, whatever it means, and its digest. Raises SiteError for what is no TOML."""
        digest = self.digest()
        return tree_of(text_of(self.site_file), self.site_file), digest

    def _edited_since(self, path: Path) -> bool:
        """Somebody changed the site file by hand after the page last kept anything: the file counts."""
        with contextlib.suppress(OSError):
            return self.site_file.stat().st_mtime_ns > path.stat().st_mtime_ns
        return False

    def _from_site_file(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.site_file.read_text("utf-8-sig"))
        except (OSError, ValueError, RecursionError):
            return {}

    def save(self, kept: Kept) -> None:
        """Whole or not at all. Raises OSError."""
        told = {
            "tree": kept.tree,
            "done": {key: asdict(value) for key, value in kept.done.items()},
            "earlier": {key: [asdict(each) for each in values] for key, values in kept.earlier.items()},
            "worked": kept.worked,
            "measured": kept.measured,
            "read": kept.read,
        }
        text = json.dumps(told, ensure_ascii=False, indent=1, default=str)
        write_private(self.folder / "state.json", text.encode())

    def is_written(self, tree: dict[str, Any]) -> bool:
        """The site file says what the draft says."""
        return bool(tree) and to_toml(self._from_site_file()) == to_toml(tree)

    def check(self, tree: dict[str, Any]) -> Site:
        """The site that would be written. Raises SiteError with line and what is allowed."""
        return site_of(to_toml(tree), self.site_file)

    def write_site(self, tree: dict[str, Any], read: str, over: str = "") -> Path | None:
        """Write the site file whole or not at all; where the one from before lies. `read`, `over`: the digests of the
        file as the page knows it, and of one changed by hand that a person has said may be replaced. Raises SiteError,
        FileChanged, OSError."""
        self.check(tree)
        kept = None
        mode, owner = 0o600, None
        with contextlib.suppress(FileNotFoundError):
            before, content = self.site_file.stat(), self.site_file.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            if digest not in (read, over) and content != to_toml(tree).encode():
                raise FileChanged
            mode, owner = before.st_mode & 0o777, (before.st_uid, before.st_gid)
            kept = self._beside(own=digest != over and _by_this_page(content))
            write_private(kept, content)
        write_private(self.site_file, to_toml(tree).encode())
        self.site_file.chmod(mode)  # the node may run under another account than the technician
        if owner is not None:
            with contextlib.suppress(PermissionError):
                os.chown(self.site_file, *owner)
        return kept

    def _beside(self, own: bool) -> Path:
        """Where the file from before is kept: a person's own under a name that nothing replaces, the page's as .bak."""
        if own:
            return self.site_file.with_name(f"{self.site_file.name}.bak")
        return self.site_file.with_name(f"{self.site_file.name}.by-hand-{utc_now():%Y%m%dT%H%M%S.%fZ}")

    def new_secret(self, what: str) -> Path:
        """Where a secret is written next: beside the site file, for a node's own folder is moved aside when it is
        enrolled anew."""
        name = re.sub(r"[^a-z0-9-]", "", what)  # a draft may hold a code that is none
        return self.site_file.absolute().parent / "secrets" / f"{name}-{secrets.token_hex(4)}.key"

    def write_secret(self, path: Path, secret: str) -> None:
        """For the account that owns the site file, and no other. Raises OSError."""
        make_folder(path.parent)
        write_private(path, secret.encode())
        with contextlib.suppress(FileNotFoundError, PermissionError):
            owner = self.site_file.stat()
            for made in (path, path.parent):
                os.chown(made, owner.st_uid, owner.st_gid)

    def kept_file(self, name: str) -> str:
        """The name, where it is that of a file from before; else ""."""
        before = (f"{self.site_file.name}.bak", f"{self.site_file.name}.by-hand-")
        beside = self.site_file.with_name(name) if name.startswith(before) and "/" not in name else None
        return name if beside is not None and beside.is_file() else ""

    def add_photo(self, content: bytes) -> str | BadPhoto:
        """Keep a picture; its name, or why it is none. Raises Full, OSError."""
        if len(self.photos()) >= PHOTOS_MAX:
            raise Full
        pixels = decode(content)
        if isinstance(pixels, BadPhoto):
            return pixels
        jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
        name = f"{utc_now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}.jpg"
        write_private(self.folder / "photos" / name, jpeg)
        return name

    def drop_photo(self, name: str) -> None:
        """A picture that no point came to hold."""
        with contextlib.suppress(OSError):
            (self.folder / "photos" / name).unlink()

    def add_capture(self, text: str) -> str:
        """Keep a redacted recording; its name. Raises Full, OSError."""
        folder = self.folder / "captures"
        if len(list(folder.glob("*.jsonl"))) >= CAPTURES_MAX:
            raise Full
        name = f"{utc_now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}.jsonl"
        write_private(folder / name, text.encode())
        return name

    def photos(self) -> tuple[Path, ...]:
        return tuple(sorted((self.folder / "photos").glob("*.jpg")))

    def captures(self) -> tuple[Path, ...]:
        return tuple(sorted((self.folder / "captures").glob("*.jsonl")))

    def photo(self, name: str) -> Path | None:
        """A photo by its name; only names that lie here."""
        return next((path for path in self.photos() if path.name == name), None)


def _done(value: dict[str, Any]) -> Done:
    return Done(**{**value, "photos": tuple(value["photos"])})


def _by_this_page(content: bytes) -> bool:
    """It holds no sign that this page would not write: no comment, no order of a person's own."""
    try:
        text = content.decode()
        return to_toml(tomllib.loads(text)) == text
    except (ValueError, RecursionError):
        return False
