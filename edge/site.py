"""The site file: one TOML file says what stands at this gate. A wrong one is refused at start, with the line.

[node]
name = "East gate"                 # what the guard reads
[central]
url = "https://central.example"    # leave the table out for a gate that works alone
ca = "/etc/menting/ca.pem"         # the authority (PEM) that signed central's certificate, where it is no public one

[console]
port = 8090                        # the lanes' screens, for a browser on this machine; leave the table out for none

[face]
backend = "sface"                  # sface | dlib (one to one only: with a pass; its package is set up with --face dlib)

[intercoms]
listen = "127.0.0.1"               # this machine's address on the intercoms' network; 127.0.0.1 hears nobody else
port = 8091

[[lane]]
code = "east-in"                   # a-z 0-9 -, unique; never re-used for another door
name = "东门 进"
direction = "in"                   # in | out
fail = "secure"                    # safe | secure: the door without power
escape_route = false               # true demands fail = "safe"
relay = "modbus+serial:///dev/ttyUSB0?profile=waveshare-8"   # fail = "secure": one that times the pulse itself
# relay = "panel+serial:///dev/ttyUSB0?card_file=/etc/menting/panel.card"   an existing panel is shown a card instead
inputs = "modbus+serial:///dev/ttyUSB2?profile=inputs-8"     # the contacts, where the relay board has none
camera = "camera+v4l2:///dev/video0"
scanner = "scanner+serial:///dev/ttyUSB1"
reader = "osdp+serial:///dev/ttyUSB2?address=1&key_file=/etc/menting/osdp.key&card=proved"     # cards and keys
release_s = 5.0                    # how long the lock stays released for one grant
held_open_s = 30.0                 # a door open for longer raises an alarm
second_factor_s = 10.0             # how long a pass waits for its holder's face
wrong_max = 5                      # 3 to 5: as many wrong attempts within 10 min raise an alarm; as many PINs that
                                   # nobody has lock this keypad, and their unit at every entrance of this node
pin_lock_s = 300                   # for so long, 60 to 3600; never where direction = "out"
face_alone = "off"                 # off | refer: tell the guard of faces without a pass | open: a living face opens
liveness = "none"                  # none | challenge: turn the head as asked | nir | model; "open" demands one
camera_nir = "rtsp://…"            # liveness = "nir": the near-infrared camera beside the first
  [lane.liveness_model]            # liveness = "model": a network of your own
  file = "/etc/menting/live.onnx"
  sha256 = "…"                     # another file than this one is not used, and an alarm is raised
  threshold = 0.9                  # this and above is alive
  input_px = 80                    # the square that the network takes
  crop = 2.7                       # how much of the picture it sees, in face sizes
  live_class = 1                   # which of its outputs means alive
  [lane.contacts]
  lock = 1                         # output of the relay board
  door = 1                         # inputs of the relay board, or of the board named by inputs
  exit = 2                         # 0 = there is none
  fire = 3                         # 0 = there is none here; a fire at any lane of this node opens all of them
  tamper = 0                       # box or reader opened; normally closed, so that a cut cable tells too
  beam = 0                         # behind the door, normally closed: who follows without a grant is told
  passed = 0                       # a turnstile's own contacts: somebody went through, nobody did; then door = 0
  timeout = 0
  intercom = 0                     # the intercom's own relay: closing it asks for the door, under a reason of its own
  [lane.intercom]                  # or it asks by HTTP digest: POST /intercom/CODE; edge/intercom/digest.py
  address = "192.168.1.50"         # nobody else is answered
  user = "east"
  secret_file = "/etc/menting/east.intercom"       # 16 to 80 signs, mode 600
  [lane.lift]                      # this lane is a lift: floors instead of a door (door = 0, exit = 0, fail = "safe")
  restrict = 8                     # on: the lift obeys the floor contacts; off, and without us: every button works
  common = ["1"]                   # floors of everybody who is let in here
  floors = { "1" = 1, "2" = 2 }    # each button and the output that frees it

[[interlock]]
lanes = ["outer", "inner"]         # never both released, except on fire
"""

import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from devices.door.facts import BoardFacts
from devices.errors import AddressError
from devices.registry import check_address, relay_board_facts
from edge.hands import IntercomSite, IntercomsSite, LiftSite, timed_profiles, why_no_lift
from edge.sync.address import is_this_machine
from edge.sync.trust import TrustFault, refuse_unusable
from edge.verify.face.backend import model_of, why_no_search
from models.site.topology import Direction, FailState

Location = tuple[str | int, ...]
RELAY_BOARDS_BEGIN = ("modbus+", "lcus+", "panel+", "gpio:")


def _device_address(text: str) -> str:
    if "+memory:" in text:
        raise ValueError("memory is the cable of the tests, and leads to no device here")
    check_address(text)
    return text


DeviceAddress = Annotated[str, AfterValidator(_device_address)]


class Misplaced(ValueError):
    """A mistake that shows only when several keys are seen together. `where`: the key to point at, from the table."""

    def __init__(self, where: Location, text: str):
        super().__init__(text)
        self.where = where


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NodeSite(_Table):
    name: str = Field(min_length=1, max_length=60)


def _safe_url(text: str) -> str:
    """Plain http would carry passes and revocations in the open; a loopback address leaves no machine."""
    text = text.rstrip("/")
    if not re.fullmatch(r"https?://[^/?#\s@]+", text) or not _has_port(text):
        raise ValueError(
            "只写协议、主机和端口，例如 https://central.example / must be scheme, host and port only, such as "
            "https://central.example"
        )
    parts = urlsplit(text)
    if parts.scheme == "http" and not is_this_machine(parts.hostname or ""):
        raise ValueError("必须使用 https；http 只允许连接本机。 / must be https; plain http only to this very machine")
    return text


def _has_port(url: str) -> bool:
    """False for a port beyond 65535 or one that is no number."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _whole_path(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("请写完整路径，以 / 开头。 / must be the whole path, from / on")
    return path


class CentralSite(_Table):
    url: Annotated[str, AfterValidator(_safe_url)]
    ca: Annotated[Path, AfterValidator(_whole_path)] | None = None


class ConsoleSite(_Table):
    port: int = Field(default=8090, ge=1, le=65535)


class FaceSite(_Table):
    backend: Literal["sface", "dlib"] = "sface"


class Contacts(_Table):
    lock: int = Field(default=1, ge=1, le=32)
    door: int = Field(default=1, ge=0, le=32)
    exit: int = Field(default=2, ge=0, le=32)
    fire: int = Field(default=3, ge=0, le=32)
    tamper: int = Field(default=0, ge=0, le=32)
    beam: int = Field(default=0, ge=0, le=32)
    passed: int = Field(default=0, ge=0, le=32)
    timeout: int = Field(default=0, ge=0, le=32)
    intercom: int = Field(default=0, ge=0, le=32)


class LivenessModel(_Table):
    """How the network is fed is told in edge/verify/face/liveness/model.py."""

    file: Path
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    threshold: float = Field(gt=0, lt=1)
    input_px: int = Field(default=80, ge=32, le=512)
    crop: float = Field(default=2.7, ge=1, le=6)
    live_class: int = Field(default=1, ge=0, le=9)


class LaneSite(_Table):
    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    name: str = Field(min_length=1, max_length=60)
    direction: Direction
    fail: FailState
    escape_route: bool = False
    relay: DeviceAddress
    inputs: DeviceAddress | None = None
    camera: DeviceAddress | None = None
    scanner: DeviceAddress | None = None
    reader: DeviceAddress | None = None
    release_s: float = Field(default=5.0, ge=1, le=60)
    held_open_s: float = Field(default=30.0, ge=5, le=600)
    second_factor_s: float = Field(default=10.0, ge=2, le=30)
    wrong_max: int = Field(default=5, ge=3, le=5)
    pin_lock_s: float = Field(default=300.0, ge=60, le=3600)
    face_alone: Literal["off", "refer", "open"] = "off"
    liveness: Literal["none", "challenge", "nir", "model"] = "none"
    camera_nir: DeviceAddress | None = None
    liveness_model: LivenessModel | None = None
    contacts: Contacts = Contacts()
    lift: LiftSite | None = None
    intercom: IntercomSite | None = None

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.escape_route and self.fail is not FailState.SAFE:
            text = 'a door on an escape route must have fail = "safe" (it opens when power is gone)'
            raise Misplaced(("fail",), text)
        relay, contacts = self._boards()
        if self.escape_route and self.relay.startswith("panel+"):
            text = "the panel drives this lock, and nobody here could hold it open for fire: not on an escape route"
            raise Misplaced(("relay",), text)
        if self.fail is FailState.SECURE and not relay.timed:
            raise Misplaced(
                ("relay",),
                f'{relay.name} cannot end a pulse by itself, and with fail = "secure" a crash would leave the door '
                f"unlocked; allowed here: modbus+serial or modbus+tcp with profile={timed_profiles()}; "
                f'{relay.name} is allowed where fail = "safe"',
            )
        if self.camera is not None and not self.camera.startswith(("camera+", "rtsp")):
            raise Misplaced(("camera",), "camera must be a camera: rtsp://…, camera+v4l2, camera+file or camera+folder")
        if self.scanner is not None and not self.scanner.startswith("scanner+"):
            raise Misplaced(("scanner",), "scanner must be a code scanner: scanner+serial:///DEVICE")
        if self.reader is not None and not self.reader.startswith(("osdp+", "reader+", "wiegand+")):
            text = "reader must be a reader of cards or keys: osdp+serial, wiegand+serial or reader+hid"
            raise Misplaced(("reader",), text)
        if self.camera is None and self.scanner is None and self.reader is None:
            # None of them reads faces alone, so that no lane is left with the face as its only way in (ACC-07).
            raise Misplaced((), "a lane needs a camera, a scanner or a reader: nobody could present anything here")
        if (
            self.lift is not None
            and (wrong := why_no_lift(self.lift, self.fail, relay, self.contacts.model_dump())) is not None
        ):
            raise Misplaced(*wrong)
        self._wired(relay, contacts)
        self._faces()
        return self

    def _faces(self) -> None:
        """A face opens only where it was shown to be alive (promise 6), and what shows it is there."""
        if self.face_alone == "open" and self.liveness == "none":
            text = (
                'face_alone = "open" needs a proof of liveness: liveness = "challenge", "nir" or "model"; without one '
                'only "off" and "refer" are allowed'
            )
            raise Misplaced(("face_alone",), text)
        if self.liveness != "none" and self.camera is None:
            raise Misplaced(("liveness",), f'liveness = "{self.liveness}" needs a camera at this lane')
        if (self.liveness == "nir") != (self.camera_nir is not None):
            where = "camera_nir" if self.camera_nir is not None else "liveness"
            raise Misplaced((where,), 'liveness = "nir" and camera_nir = "ADDRESS" are written both or not at all')
        if self.camera_nir is not None and not self.camera_nir.startswith(("camera+", "rtsp")):
            raise Misplaced(("camera_nir",), "camera_nir must be a camera: rtsp://…, camera+v4l2, camera+folder")
        if (self.liveness == "model") != (self.liveness_model is not None):
            where = "liveness_model" if self.liveness_model is not None else "liveness"
            raise Misplaced((where,), 'liveness = "model" and [lane.liveness_model] are written both or not at all')

    def _boards(self) -> tuple[BoardFacts, BoardFacts]:
        """The board with the lock's relay and the board with the contacts, which is mostly the same one."""
        found = []
        for key in ("relay", "inputs"):
            address = getattr(self, key)
            if address is None:
                continue
            try:
                found.append(relay_board_facts(address))
            except AddressError as error:
                if not address.startswith(RELAY_BOARDS_BEGIN):
                    known = "modbus+serial:///DEVICE?profile=NAME, modbus+tcp://HOST?profile=NAME, lcus+serial or gpio"
                    raise Misplaced((key,), f"{key} must be a relay board: {known}") from error
                raise Misplaced((key,), str(error)) from error
        relay, contacts = found[0], found[-1]
        if not relay.outputs:
            raise Misplaced(("relay",), f"{relay.name} has no output that could release a lock")
        if not contacts.inputs:
            text = (
                f"{contacts.name} has no inputs, and nobody would see whether the door is shut; "
                'name the board of the contacts: inputs = "modbus+serial:///DEVICE?profile=NAME" or "gpio://…"'
            )
            raise Misplaced(("relay" if self.inputs is None else "inputs",), text)
        if self.inputs is not None and relay.lines & contacts.lines:
            shared = ", ".join(sorted(relay.lines & contacts.lines))
            raise Misplaced(("inputs",), f"{shared} is the relay's already; leave inputs out where one board has both")
        return relay, contacts

    def board_lines(self) -> frozenset[str]:
        """What of this computer the boards of this lane take."""
        addresses = (self.relay, *((self.inputs,) if self.inputs is not None else ()))
        return frozenset[str]().union(*(relay_board_facts(address).lines for address in addresses))

    def _wired(self, relay: BoardFacts, contacts: BoardFacts) -> None:
        """Every contact is a terminal that the board has, and no two share one."""
        if self.contacts.lock > relay.outputs:
            text = f"{relay.name} has outputs 1 to {relay.outputs}, not {self.contacts.lock}"
            raise Misplaced(("contacts", "lock"), text)
        taken: dict[int, str] = {}
        if self.lift is None and bool(self.contacts.door) == bool(self.contacts.passed):
            text = (
                "one contact tells who went through: a door's (door = INPUT) or a turnstile's (passed = INPUT and "
                "door = 0), not both and not neither"
            )
            raise Misplaced(("contacts", "passed" if self.contacts.passed else "door"), text)
        for name, only_with in (("beam", "door"), ("timeout", "passed")):
            if getattr(self.contacts, name) and not getattr(self.contacts, only_with):
                text = f"{name} says nothing here without {only_with}"
                raise Misplaced(("contacts", name), text)
        for name in ("door", "exit", "fire", "tamper", "beam", "passed", "timeout", "intercom"):
            terminal = getattr(self.contacts, name)
            if terminal > contacts.inputs:
                text = f"{contacts.name} has inputs 1 to {contacts.inputs}, not {terminal}"
                raise Misplaced(("contacts", name), text)
            if terminal and terminal in taken:
                raise Misplaced(("contacts", name), f"input {terminal} is wired to {taken[terminal]} already")
            taken[terminal] = name


class Interlock(_Table):
    lanes: tuple[str, ...] = Field(min_length=2, max_length=4)


class Site(_Table):
    node: NodeSite
    central: CentralSite | None = None
    console: ConsoleSite | None = None
    face: FaceSite = FaceSite()
    lane: tuple[LaneSite, ...] = Field(min_length=1, max_length=16)
    interlock: tuple[Interlock, ...] = ()
    intercoms: IntercomsSite = IntercomsSite()

    @property
    def ca(self) -> Path | None:
        """The file of the authority by which central is known, where it is no public one."""
        return self.central.ca if self.central else None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        codes = [lane.code for lane in self.lane]
        lines = {
            "scanner": [_wire(lane.scanner) for lane in self.lane],
            "reader": [_wire(lane.reader) for lane in self.lane],
        }
        boards = [lane.board_lines() for lane in self.lane]
        no_search = why_no_search(model_of(self.face.backend))
        for index, lane in enumerate(self.lane):
            if no_search is not None and lane.face_alone != "off":
                raise Misplaced(("lane", index, "face_alone"), no_search)
            if lane.code in codes[:index]:
                text = f'lane code "{lane.code}" is used {codes.count(lane.code)} times; each lane needs its own'
                raise Misplaced(("lane", index, "code"), text)
            for key, places in lines.items():
                if places[index] is not None and places[index] in places[:index]:
                    raise Misplaced(("lane", index, key), _shared(places[index], key))
            shared = boards[index] & frozenset[str]().union(*boards[:index])
            if shared:
                key = "relay" if shared & relay_board_facts(lane.relay).lines else "inputs"
                raise Misplaced(("lane", index, key), _shared(", ".join(sorted(shared)), key))
            if lane.reader is not None and lines["reader"][index] in lines["scanner"]:
                text = f"{lines['reader'][index]} is named as a scanner already; one line has one opener"
                raise Misplaced(("lane", index, "reader"), text)
        for number, group in enumerate(self.interlock):
            here = ("interlock", number, "lanes")
            for code in group.lanes:
                if code not in codes:
                    raise Misplaced(here, f'interlock names lane "{code}"; known lanes: {", ".join(codes)}')
                if group.lanes.count(code) > 1:
                    raise Misplaced(here, f'interlock names lane "{code}" twice')
                if next(lane for lane in self.lane if lane.code == code).lift is not None:
                    raise Misplaced(here, f'lane "{code}" is a lift, which has no door that an interlock could hold')
                if next(lane for lane in self.lane if lane.code == code).escape_route:
                    raise Misplaced(here, f'lane "{code}" is an escape route, so no interlock may ever hold it shut')
        return self


class SiteError(Exception):
    """The site file cannot be used. `str()` is one line per mistake: file, line, what is wrong, what is allowed."""

    def __init__(self, problems: tuple[str, ...]):
        super().__init__("\n".join(problems))
        self.problems = problems


def read_site(path: Path) -> Site:
    """The site that `path` describes. Raises SiteError with every mistake found."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    except OSError as error:
        raise SiteError((f"{path}: cannot be read ({error.strerror}); --site names the site file",)) from error
    except UnicodeDecodeError as error:
        raise SiteError((f"{path}: is not UTF-8 text (byte {error.start})",)) from error
    return site_of(text, path)


def check_authority(site: Site, path: Path, now: datetime) -> None:
    """Look into the file that `[central] ca` of the site file `path` names. Raises SiteError with the line."""
    if site.ca is None:
        return
    try:
        refuse_unusable(site.ca, now)
    except TrustFault as error:
        line = line_of(path.read_text(encoding="utf-8-sig"), ("central", "ca"))
        raise SiteError((f"{path}:{line}: central.ca: {site.ca}: {error}",)) from error


def site_of(text: str, path: Path) -> Site:
    """The site that `text` describes, which is or will be the file `path`. Raises SiteError."""
    try:
        return Site.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SiteError((f"{path}: {error}",)) from error
    except ValidationError as error:
        found = error.errors()
        # "too short" of a list whose entries are what is wrong: they were written, and not counted
        inner = {e["loc"][: len(loc)] for e in found for loc in (o["loc"] for o in found) if len(e["loc"]) > len(loc)}
        told = [e for e in found if e["type"] != "too_short" or e["loc"] not in inner]
        problems = (_problem(path, text, e["loc"], e["msg"], e.get("ctx", {}), e["input"]) for e in told)
        raise SiteError(tuple(problems)) from error


def _shared(line: str | None, key: str) -> str:
    return f"{line} is named by several lanes; in this version each lane has its own {key}"


def _wire(address: str | None) -> str | None:
    """Where an address leads, without its parameters: one line may have one opener only."""
    return None if address is None else check_address(address).where


def _problem(path: Path, text: str, loc: Location, message: str, context: dict[str, object], given: object) -> str:
    said = str(context["error"]) if "error" in context else message
    if isinstance(error := context.get("error"), Misplaced):
        loc = (*loc, *error.where)
    name = ".".join(str(part + 1) if isinstance(part, int) else part for part in loc) or "the file"
    if message.startswith("Extra inputs"):
        said = f"there is no such key; known here: {', '.join(_keys(loc[:-1]))}"
    # an address may hold a password, in whatever key it was written by mistake; its own error names it safely
    secret = (
        loc[-1:] in (("relay",), ("inputs",), ("camera",), ("camera_nir",), ("scanner",), ("reader",))
        or "://" in str(given)
        or "@" in str(given)
    )
    shown = "" if secret or isinstance(given, dict | list) else f" (found: {str(given)[:60]!r})"
    return f"{path}:{line_of(text, loc)}: {name}: {said}{shown}"


def _keys(loc: Location) -> list[str]:
    """The keys that a table may have."""
    tables = {
        "node": NodeSite, "central": CentralSite, "console": ConsoleSite, "face": FaceSite, "lane": LaneSite,
        "contacts": Contacts, "lift": LiftSite, "intercom": IntercomSite,
        "intercoms": IntercomsSite, "interlock": Interlock, "liveness_model": LivenessModel,
    }  # fmt: skip
    name = next((part for part in reversed(loc) if isinstance(part, str)), None)
    table = cast(type[BaseModel], tables[name] if name else Site)
    return list(table.model_fields)


def line_of(text: str, loc: Location) -> int:
    """The line (from 1) that a location such as ("lane", 1, "relay") was written on; its table's header if missing.

    Understands the shape of site files: one table or key per line, small tables also in line.
    """
    names = [str(part) for part in loc if isinstance(part, str)]
    index = next((part for part in loc if isinstance(part, int)), 0)
    found, seen, header = 1, -1, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"^\s*\[+\s*([^\]]+?)\s*\]+", line):
            header = match.group(1).split(".")
            seen += header == names[:1]
            here = header
        elif match := re.match(r"^\s*([A-Za-z0-9_-]+)\s*=", line):
            here = [*header, match.group(1)]
        else:
            continue
        inside = seen == index or not header
        if names and inside and here == names[: len(here)]:
            found = number
            if here == names:
                return number
    return found
