"""The site file: one TOML file says what stands at this gate. A wrong one is refused at start, with the line.

[node]
name = "East gate"                 # what the guard reads
[central]
url = "https://central.example"    # without the table: the address of the enrolment; a node that was never enrolled
                                   # lets nobody in, because every rule comes from central
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
# relay = "panel+serial:///dev/ttyUSB0?card_file=/etc/menting/panel.card"   an existing panel is shown a card instead,
# relay = "panel+osdp:///dev/ttyUSB0?card_file=…&key_file=/etc/menting/panel.key"   or fetches it on a sealed line
inputs = "modbus+serial:///dev/ttyUSB2?profile=inputs-8"     # the contacts, where the relay board has none
camera = "camera+v4l2:///dev/video0"
scanner = "scanner+serial:///dev/ttyUSB1"
reader = "osdp+serial:///dev/ttyUSB2?address=1&key_file=/etc/menting/osdp.key&card=proved"     # cards and keys
release_s = 5.0                    # how long the lock stays released for one grant
held_open_s = 30.0                 # a door open for longer raises an alarm
ebikes = "deny"                    # contacts.ebike: deny | alarm | count, and nobody gets in with one while "deny"
ebike_stuck_s = 300.0              # one that is seen for so long without a break is a stuck detector: an alarm, and
                                   # people are let in again
fire_lane_s = 180.0                # contacts.fire_lane: something on the fire lane for longer raises an alarm
second_factor_s = 10.0             # how long a pass waits for its holder's face
wrong_max = 5                      # 3 to 5: as many wrong attempts within 10 min raise an alarm; as many PINs that
                                   # nobody has lock this keypad, and their unit at every entrance of this node
pin_lock_s = 300                   # for so long, 60 to 3600; never where direction = "out"
face_alone = "off"                 # off | refer: tell the guard of faces without a pass | open: a living face opens
liveness = "none"                  # none | challenge: turn the head as asked | nir | model; "open" demands one;
                                   # nir and model are asked of the face beside a pass as well
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
  ebike = 0                        # a detector beside the door or in the lift, or a camera that looks by itself: its
                                   # contact closes while it sees an electric bicycle; a lift then takes no floor
  fire_lane = 0                    # the same of whatever stands on the fire lane before this door
  [lane.intercom]                  # or it asks by HTTP digest: POST /intercom/CODE; edge/intercom/digest.py
  address = "192.168.1.50"         # nobody else is answered
  user = "east"
  secret_file = "/etc/menting/east.intercom"       # 16 to 80 signs, mode 600
  calls = false                    # true: it tells of its calls, and opens during one only; edge/intercom/calls.py
  [lane.lift]                      # this lane is a lift: floors instead of a door (door = 0, exit = 0, fail = "safe")
  restrict = 8                     # on: the lift obeys the floor contacts; off, and without us: every button works
  common = ["1"]                   # floors of everybody who is let in here
  floors = { "1" = 1, "2" = 2 }    # each button and the output that frees it
plate_camera = "lpr+vzenith://…"   # a vehicle lane: a camera that reads plates by itself; a `camera` beside it reads
                                   # none, and shows the lane to the guard: without it nobody opens from afar
board = "led+serial:///dev/ttyUSB4?profile=voice-01"   # what shows the driver plate, case and fee, and speaks it
  [lane.barrier]                   # this lane is for vehicles: a barrier instead of a door; edge/barrier.py
  open = 1                         # output that raises the arm; pulses of pulse_ms = 500
  close = 2                        # output that permits it to come down; 0 = the barrier closes by itself
  arming = 1                       # loop in front of the arm: closes while a vehicle stands there
  safety = 2                       # loop under it, and
  closing = 3                      # loop behind it: both open while a vehicle stands there
  beam = 0                         # opens while something stands under the arm
  up = 4                           # the arm's end contacts; needed where close is wired
  down = 5
  fire = 6                         # as at a door: the arm goes up and stays up; water = 7: a float, an alarm alone
  ebike = 0                        # as at a door, and fire_lane = 0: an alarm with its picture; they move no arm, and
                                   # ebikes is "alarm" here where nothing is written, or "count" at a lane of their own
  look_s = 4.0                     # how long a plate is read before a guard is asked
  unlisted = "refer"               # refer | open: what a plate gets that is on no list of central's, on the way in
  call = 0                         # a button beside the lane, closed while pressed: the driver asks for a person;
                                   # a [lane.intercom] here tells of its calls alone, and opens nothing
  board_language = "zh"            # zh | en
  tidal = false                    # true: central may turn the empty lane round; cameras must see both ways
  turns = ["1-5 16:30 out"]        # and it turns by itself then; edge/lane/vehicle/timetable.py
  hours = ["1-5 07:00-20:00"]      # when, and
  classes = ["small"]              # which cars (small, large, new_energy, as plate and colour tell) get in without
                                   # list or permit; empty: always, all. Nobody is kept inside by either
  inside = "open"                  # open | refer: what a plate gets that is inside already; mostly its exit was missed
  from_zone = "B1"                 # an inner lane, from one zone of the car park into another: both by their codes on
  to_zone = "B2"                   # central's floor plan, as the lane leads in its direction; nobody pays here

[[interlock]]
lanes = ["outer", "inner"]         # never both released, except on fire
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, model_validator

from devices.door.facts import BoardFacts
from devices.errors import AddressError
from devices.registry import check_address, relay_board_facts
from edge.barrier import BarrierSite, why_no_barrier
from edge.contacts import Contacts, why_not_wired
from edge.hands import IntercomSite, IntercomsSite, LiftSite, timed_profiles, why_no_lift
from edge.site_central import CentralSite
from edge.site_interlock import Door, why_not_tied
from edge.site_lines import KINDS, lines_of, same_camera, taken_by_two_kinds
from edge.site_ports import port_taken_twice
from edge.site_problem import Misplaced, SiteError, line_of, misfits, text_of, tree_of
from edge.site_table import Table
from edge.sync.trust import TrustFault, refuse_unusable
from edge.verify.face.backend import model_of, why_no_search
from models.site.topology import Direction, FailState
from models.values.text import Shown

RELAY_BOARDS_BEGIN = ("modbus+", "lcus+", "panel+", "gpio:")


def _device_address(text: str, key: ValidationInfo) -> str:
    if "+memory:" in text:
        raise ValueError(
            "memory 是测试用的线，这里接不到设备 / memory is the cable of the tests, and leads to no device here"
        )
    check_address(text, key.field_name)
    return text


DeviceAddress = Annotated[str, AfterValidator(_device_address)]


class NodeSite(Table):
    name: Shown = Field(min_length=1, max_length=60)


class ConsoleSite(Table):
    port: int = Field(default=8090, ge=1, le=65535)


class FaceSite(Table):
    backend: Literal["sface", "dlib"] = "sface"


class LivenessModel(Table):
    """How the network is fed is told in edge/verify/face/liveness/model.py."""

    file: Path
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    threshold: float = Field(gt=0, lt=1)
    input_px: int = Field(default=80, ge=32, le=512)
    crop: float = Field(default=2.7, ge=1, le=6)
    live_class: int = Field(default=1, ge=0, le=9)


class LaneSite(Table):
    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    name: Shown = Field(min_length=1, max_length=60)
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
    ebikes: Literal["deny", "alarm", "count"] = "deny"
    ebike_stuck_s: float = Field(default=300.0, ge=60, le=3600)
    fire_lane_s: float = Field(default=180.0, ge=30, le=1800)
    second_factor_s: float = Field(default=10.0, ge=2, le=30)
    wrong_max: int = Field(default=5, ge=3, le=5)
    pin_lock_s: float = Field(default=300.0, ge=60, le=3600)
    face_alone: Literal["off", "refer", "open"] = "off"
    liveness: Literal["none", "challenge", "nir", "model"] = "none"
    camera_nir: DeviceAddress | None = None
    liveness_model: LivenessModel | None = None
    contacts: Contacts = Contacts()
    lift: LiftSite | None = None
    barrier: BarrierSite | None = None
    plate_camera: DeviceAddress | None = None
    board: DeviceAddress | None = None
    intercom: IntercomSite | None = None

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.escape_route and self.fail is not FailState.SAFE:
            text = (
                '疏散通道上的门断电要能打开，须写 fail = "safe" / '
                'a door on an escape route must have fail = "safe" (it '
                "opens when power is gone)"
            )
            raise Misplaced(("fail",), text)
        relay, contacts = self._boards()
        if self.escape_route and self.has_panel:
            text = (
                "锁由门禁控制器驱动，消防时这里无法让它保持打开，不能用于疏散通道 / "
                "the panel drives this lock, and nobody here "
                "could hold it open for fire: not on an escape route"
            )
            raise Misplaced(("relay",), text)
        if self.fail is FailState.SECURE and not relay.timed:
            raise Misplaced(
                ("relay",),
                f"{relay.name} 不能自己结束脉冲，程序崩溃会让门一直开着；请换能自己计时的板："
                f'modbus+serial 或 modbus+tcp，profile={timed_profiles(" 或 ")}；或写 fail = "safe" / '
                f'{relay.name} cannot end a pulse by itself, and with fail = "secure" a crash would leave the door '
                f"unlocked; allowed here: modbus+serial or modbus+tcp with profile={timed_profiles()}; "
                f'{relay.name} is allowed where fail = "safe"',
            )
        if self.camera is not None and not self.camera.startswith(("camera+", "rtsp")):
            text = (
                "要写摄像头的地址：rtsp://…、camera+v4l2、camera+file 或 camera+folder / "
                "camera must be a camera: rtsp://…, camera+v4l2, camera+file or camera+folder"
            )
            raise Misplaced(("camera",), text)
        if self.scanner is not None and not self.scanner.startswith("scanner+"):
            text = "要写扫码器的地址：scanner+serial:///设备 / scanner must be a code scanner: scanner+serial:///DEVICE"
            raise Misplaced(("scanner",), text)
        if self.reader is not None and not self.reader.startswith(("osdp+", "reader+", "wiegand+")):
            text = (
                "要写读卡器的地址：osdp+serial、wiegand+serial 或 reader+hid / "
                "reader must be a reader of cards or keys: osdp+serial, wiegand+serial or reader+hid"
            )
            raise Misplaced(("reader",), text)
        if self.barrier is not None:
            written = {key for key in self.model_fields_set if getattr(self, key) not in (None, "off", "none")}
            wrong = why_no_barrier(
                self.barrier, relay, contacts, self.camera, self.plate_camera, self.ebikes, written
            )  # fmt: skip
            if wrong is not None:
                raise Misplaced(*wrong)
            return self
        for key in ("plate_camera", "board"):
            if getattr(self, key) is not None:
                text = f"只有车道用 {key}；请写 [lane.barrier] / {key} belongs to a vehicle lane: [lane.barrier]"
                raise Misplaced((key,), text)
        if self.camera is None and self.scanner is None and self.reader is None:
            # None of them reads faces alone, so that no lane is left with the face as its only way in (ACC-07).
            text = (
                "至少要有摄像头、扫码器、读卡器之一，否则谁都无法出示凭证 / "
                "a lane needs a camera, a scanner or a reader: "
                "nobody could present anything here"
            )
            raise Misplaced((), text)
        if (
            self.lift is not None
            and (wrong := why_no_lift(self.lift, self.fail, relay, self.contacts.model_dump())) is not None
        ):
            raise Misplaced(*wrong)
        if (
            misplaced := why_not_wired(
                self.contacts, relay, contacts, self.model_fields_set, lift=self.lift is not None
            )
        ) is not None:
            raise Misplaced(*misplaced)
        self._faces()
        return self

    def _faces(self) -> None:
        """A face opens only where it was shown to be alive (promise 6), and what shows it is there."""
        if self.face_alone == "open" and self.liveness == "none":
            text = (
                '单凭人脸开门须先证明是活人，请写 liveness = "challenge"、"nir" 或 "model"；'
                '没有就只能写 "off" 或 "refer" / '
                'face_alone = "open" needs a proof of liveness: liveness = "challenge", "nir" or "model"; without one '
                'only "off" and "refer" are allowed'
            )
            raise Misplaced(("face_alone",), text)
        if self.liveness != "none" and self.camera is None:
            text = f'要有摄像头 / liveness = "{self.liveness}" needs a camera at this lane'
            raise Misplaced(("liveness",), text)
        if (self.liveness == "nir") != (self.camera_nir is not None):
            where = "camera_nir" if self.camera_nir is not None else "liveness"
            text = (
                'liveness = "nir" 和 camera_nir = "地址" 要么都写，要么都不写 / '
                'liveness = "nir" and camera_nir = "ADDRESS" are written both or not at all'
            )
            raise Misplaced((where,), text)
        if self.camera_nir is not None and not self.camera_nir.startswith(("camera+", "rtsp")):
            text = (
                "要写摄像头的地址：rtsp://…、camera+v4l2 或 camera+folder / "
                "camera_nir must be a camera: rtsp://…, camera+v4l2, camera+folder"
            )
            raise Misplaced(("camera_nir",), text)
        if self.camera is not None and self.camera_nir is not None and same_camera(self.camera, self.camera_nir):
            # A screen that is held up agrees with itself: nobody would be shown to be alive.
            text = (
                "这就是第一个摄像头；近红外要另一个摄像头，否则手机屏幕也算活人 / this is the first camera again: "
                "near-infrared takes another one, or a phone's screen passes for somebody alive"
            )
            raise Misplaced(("camera_nir",), text)
        if (self.liveness == "model") != (self.liveness_model is not None):
            where = "liveness_model" if self.liveness_model is not None else "liveness"
            text = (
                'liveness = "model" 和 [lane.liveness_model] 要么都写，要么都不写 / '
                'liveness = "model" and [lane.liveness_model] are written both or not at all'
            )
            raise Misplaced((where,), text)

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
                    known = "modbus+serial:///DEVICE?profile=NAME, modbus+tcp://HOST?profile=NAME, lcus+serial, gpio"
                    text = f"要写继电器板的地址：{known} / {key} must be a relay board: {known}"
                    raise Misplaced((key,), text) from error
                raise Misplaced((key,), str(error)) from error
        relay, contacts = found[0], found[-1]
        if not relay.outputs:
            text = f"{relay.name} 没有输出，开不了锁 / {relay.name} has no output that could release a lock"
            raise Misplaced(("relay",), text)
        if not contacts.inputs:
            text = (
                f"{contacts.name} 没有输入，看不到门是否关好；请写接门磁的板，"
                'inputs = "modbus+serial:///DEVICE?profile=NAME" 或 "gpio://…" / '
                f"{contacts.name} has no inputs, and nobody would see whether the door is shut; "
                'name the board of the contacts: inputs = "modbus+serial:///DEVICE?profile=NAME" or "gpio://…"'
            )
            raise Misplaced(("relay" if self.inputs is None else "inputs",), text)
        if self.inputs is not None and relay.lines & contacts.lines:
            shared = ", ".join(sorted(relay.lines & contacts.lines))
            text = (
                f"{shared} 已是 relay 的；同一块板就不写 inputs / "
                f"{shared} is the relay's already; leave inputs out where "
                "one board has both"
            )
            raise Misplaced(("inputs",), text)
        return relay, contacts

    @property
    def has_panel(self) -> bool:
        """Whether an existing panel drives the lock and is shown a card."""
        return self.relay.startswith("panel+")

    def board_lines(self) -> frozenset[str]:
        """What of this computer the boards of this lane take."""
        addresses = (self.relay, *((self.inputs,) if self.inputs is not None else ()))
        return frozenset[str]().union(*(relay_board_facts(address).lines for address in addresses))

    def lines(self) -> dict[str, frozenset[str]]:
        """The same of every device of this lane, by its key."""
        return {key: lines_of(key, address) for key in KINDS if (address := getattr(self, key)) is not None}


class Interlock(Table):
    lanes: tuple[str, ...] = Field(min_length=2, max_length=4)


class Site(Table):
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

    @property
    def _console_port(self) -> int | None:
        return self.console.port if self.console else None

    @property
    def _intercoms_at(self) -> tuple[str, int] | None:
        """Where intercoms are listened to, once one is written."""
        written = "intercoms" in self.model_fields_set or any(lane.intercom for lane in self.lane)
        return (self.intercoms.listen, self.intercoms.port) if written else None

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
                text = (
                    f"编号“{lane.code}”重复，每条通道一个 / "
                    f'lane code "{lane.code}" is used {codes.count(lane.code)} times; '
                    "each lane needs its own"
                )
                raise Misplaced(("lane", index, "code"), text)
            for key, places in lines.items():
                if places[index] is not None and places[index] in places[:index]:
                    raise Misplaced(("lane", index, key), _shared(places[index], key))
            shared = boards[index] & frozenset[str]().union(*boards[:index])
            if shared:
                key = "relay" if shared & relay_board_facts(lane.relay).lines else "inputs"
                raise Misplaced(("lane", index, key), _shared(", ".join(sorted(shared)), key))
        if (twice := taken_by_two_kinds(lane.lines() for lane in self.lane)) is not None:
            raise Misplaced(twice.here, twice.text, beside=twice.before)
        if twice := port_taken_twice(self._console_port, self._intercoms_at, (one.plate_camera for one in self.lane)):
            raise Misplaced(twice.here, twice.text, beside=twice.before)
        doors = {one.code: Door(one.lift is not None, one.barrier is not None, one.escape_route) for one in self.lane}
        for number, group in enumerate(self.interlock):
            if (wrong := why_not_tied(group.lanes, doors)) is not None:
                raise Misplaced(("interlock", number, "lanes"), wrong)
        return self


def read_site(path: Path) -> Site:
    """The site that `path` describes. Raises SiteError with every mistake found."""
    return site_of(text_of(path), path)


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
        return Site.model_validate(tree_of(text, path))
    except ValidationError as error:
        raise misfits(path, text, error, Site) from error


def _shared(line: str | None, key: str) -> str:
    return (
        f"{line} 被几条通道同时使用，目前每条通道各用一个 / "
        f"{line} is named by several lanes; in this version each lane has "
        f"its own {key}"
    )


def _wire(address: str | None) -> str | None:
    """Where an address leads, without its parameters: one line may have one opener only."""
    return None if address is None else check_address(address).where
