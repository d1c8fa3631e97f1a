"""A vehicle lane of the site file: the barrier, its loops, and who reads the plates. Which wire goes where is told in
edge/lane/vehicle/board.py.

The check returns the key to point at and what is wrong, or None.
"""

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from devices.door.facts import BoardFacts
from edge.contacts import why_no_detector
from edge.hands import Output, Where, timed_profiles
from edge.lane.states import Ebikes
from edge.lane.vehicle.board import BarrierWiring
from edge.lane.vehicle.states import Settings
from edge.lane.vehicle.timetable import Turn, turn_of, why_no_timetable
from edge.site_table import Table
from edge.site_week import span_in
from models.access.decision import Outcome
from models.parking.admission import LaneRules
from models.site.topology import ZONE, Between, Direction

Terminal = Annotated[int, Field(ge=0, le=32)]
Zone = Annotated[str, Field(pattern=ZONE)]


def _a_turn(text: str) -> str:
    turn_of(text)
    return text


def _a_span(text: str) -> str:
    span_in(text)
    return text


TurnLine = Annotated[str, AfterValidator(_a_turn)]
SpanLine = Annotated[str, AfterValidator(_a_span)]
INPUTS = ("arming", "safety", "closing", "beam", "up", "down", "fire", "water", "call", "ebike", "fire_lane")
NEEDED = {
    "arming": ("没有它，谁也不知道车是否到了，伪造的车牌也能抬杆", "without it nobody knows that a vehicle is there"),
    "safety": ("没有它不能落杆：杆下可能有车", "without it the arm may come down on a vehicle"),
    "closing": ("没有它不知道车是否已通过，也不能落杆", "without it nobody knows that a vehicle has passed"),
}


class BarrierSite(Table):
    """Outputs and inputs of the lane's boards, counted from 1; 0 where there is none."""

    open: Output = 1
    close: Terminal = 0
    arming: Terminal = 0
    safety: Terminal = 0
    closing: Terminal = 0
    beam: Terminal = 0
    up: Terminal = 0
    down: Terminal = 0
    fire: Terminal = 0
    water: Terminal = 0
    call: Terminal = 0
    ebike: Terminal = 0
    fire_lane: Terminal = 0
    pulse_ms: int = Field(default=500, ge=100, le=5000)
    travel_s: float = Field(default=5.0, ge=1, le=30)
    passage_s: float = Field(default=60.0, ge=10, le=600)
    look_s: float = Field(default=4.0, ge=2, le=15)
    unlisted: Literal["open", "refer"] = "refer"
    inside: Literal["open", "refer"] = "open"
    hours: Annotated[tuple[SpanLine, ...], Field(max_length=20)] = ()
    classes: frozenset[Literal["small", "large", "new_energy"]] = frozenset()
    board_language: Literal["zh", "en"] = "zh"
    from_zone: Zone | None = None
    to_zone: Zone | None = None
    tidal: bool = False
    turns: Annotated[tuple[TurnLine, ...], Field(max_length=40)] = ()

    def wiring(self, direction: Direction) -> BarrierWiring:
        return BarrierWiring(
            open=self.open, close=self.close, arming=self.arming, safety=self.safety, closing=self.closing,
            beam=self.beam, up=self.up, down=self.down, fire=self.fire, water=self.water, call=self.call,
            pulse_ms=self.pulse_ms, direction=direction, ebike=self.ebike, fire_lane=self.fire_lane,
        )  # fmt: skip

    def settings(self) -> Settings:
        """The same for the lane's machine."""
        positions, closes = bool(self.up and self.down), bool(self.close)
        return Settings(travel_s=self.travel_s, passage_s=self.passage_s, closes=closes, positions=positions)

    def timetable(self) -> tuple[Turn, ...]:
        """When a tidal lane turns round by itself."""
        return tuple(turn_of(line) for line in self.turns)

    def rules(self) -> LaneRules:
        """Who may use the lane, beside the lists that central sends."""
        again = Outcome.GRANT if self.inside == "open" else Outcome.REFER
        return LaneRules(
            temporary=self.unlisted == "open", stranger=Outcome.REFER, barred=Outcome.REFER, again=again,
            hours=tuple(span_in(line) for line in self.hours), classes=self.classes,
        )  # fmt: skip

    def between(self, direction: Direction) -> Mapping[Direction, Between]:
        """The zones that an inner lane leads between, by how it is switched; none where it leads in or out of the car
        park. direction: as the lane is written."""
        if self.from_zone is None or self.to_zone is None:
            return {}
        other = Direction.OUT if direction is Direction.IN else Direction.IN
        written = Between(self.from_zone, self.to_zone)
        return {direction: written, other: written.turned}


def why_no_barrier(
    barrier: BarrierSite, relay: BoardFacts, contacts: BoardFacts, camera: str | None, plates: str | None,
    ebikes: str, written: Collection[str],
) -> tuple[Where, str] | None:  # fmt: skip
    """`written`: the lane's other keys. Only what never lowers an arm on a vehicle, and opens for nobody unseen."""
    if (wrong := _of_a_door(written) or why_no_detector(barrier, written, "[lane.barrier]")) is not None:
        return wrong
    if "ebikes" in written and ebikes == Ebikes.DENY:
        zh = "道闸拦不住电动车，也不能为它不放旁边的汽车；请写 alarm（报警，不写就是它）或 count（只计数）"
        en = "an arm stops no bicycle, and no car is refused for one beside it: alarm (which holds without it) or count"
        return ("ebikes",), f"{zh} / {en}"
    if not relay.timed:
        zh = f"{relay.name} 不能自己结束脉冲，程序崩溃会让道闸一直收到命令"
        en = (
            f"{relay.name} cannot end a pulse by itself, and a crash would go on ordering the barrier; allowed here: "
            f"modbus+serial or modbus+tcp with profile={timed_profiles()}"
        )
        return ("relay",), f"{zh} / {en}"
    for name, (zh, en) in NEEDED.items():
        if not getattr(barrier, name):
            return ("barrier", name), f"要写地感接在哪个输入；{zh} / needs the input of its loop: {en}"
    if bool(barrier.up) != bool(barrier.down):
        zh, en = (
            "到位触点 up 和 down 要么都接，要么都不接",
            "the arm's end contacts, up and down, are wired both or not at all",
        )
        return ("barrier", "down" if barrier.up else "up"), f"{zh} / {en}"
    if barrier.close and not barrier.up:
        zh = "没有到位触点 up、down 就不能由我们落杆：不知道杆在哪里；请写 close = 0，由道闸自己落杆"
        en = "only an arm with end contacts, up and down, may be lowered by us; with close = 0 it comes down by itself"
        return ("barrier", "close"), f"{zh} / {en}"
    if (wrong := _zones(barrier)) is not None:
        return wrong
    if barrier.turns and not barrier.tidal:
        return ("barrier", "turns"), "只有潮汐车道会变道：请写 tidal = true / only a tidal lane turns: tidal = true"
    if (twice := why_no_timetable(barrier.timetable())) is not None:
        return ("barrier", "turns"), twice
    if (wrong := _terminals(barrier, relay, contacts)) is not None:
        return wrong
    return _eyes(camera, plates)


def _of_a_door(written: Collection[str]) -> tuple[Where, str] | None:
    for key in (
        "contacts",
        "lift",
        "scanner",
        "reader",
        "liveness_model",
        "camera_nir",
    ):
        if key in written:
            zh, en = f"车道没有 {key}；道闸的线写在 [lane.barrier]", f"a vehicle lane has no {key}; see [lane.barrier]"
            return (key,), f"{zh} / {en}"
    for key in ("face_alone", "liveness"):
        if key in written:
            return (key,), f"车道不认人脸，请去掉 {key} / a vehicle lane looks at no faces: leave {key} out"
    return None


def _zones(barrier: BarrierSite) -> tuple[Where, str] | None:
    one, other = barrier.from_zone, barrier.to_zone
    if (one is None) != (other is None):
        zh, en = (
            "内道要写从哪个区 from_zone 到哪个区 to_zone；通到车场外的车道两个都不写",
            "an inner lane names both, from_zone and to_zone; a lane into or out of the car park names neither",
        )
        return ("barrier", "to_zone" if other is None else "from_zone"), f"{zh} / {en}"
    if one is not None and one == other:
        zh, en = f"from_zone 和 to_zone 都是 {one}；内道两边是两个区", "an inner lane leads from one zone into another"
        return ("barrier", "to_zone"), f"{zh} / {en}, and both are {one}"
    return None


def _terminals(barrier: BarrierSite, relay: BoardFacts, contacts: BoardFacts) -> tuple[Where, str] | None:
    for name in ("open", "close"):
        if (output := getattr(barrier, name)) > relay.outputs:
            zh, en = f"{relay.name} 只有输出 1 到 {relay.outputs}", f"{relay.name} has outputs 1 to {relay.outputs}"
            return ("barrier", name), f"{zh} / {en}, not {output}"
    if barrier.open == barrier.close:
        return ("barrier", "close"), f"输出 {barrier.close} 已是 open / output {barrier.close} is wired to open already"
    taken: dict[int, str] = {}
    for name in INPUTS:
        terminal = getattr(barrier, name)
        if terminal > contacts.inputs:
            zh, en = (
                f"{contacts.name} 只有输入 1 到 {contacts.inputs}",
                f"{contacts.name} has inputs 1 to {contacts.inputs}",
            )
            return ("barrier", name), f"{zh} / {en}, not {terminal}"
        if terminal and terminal in taken:
            zh, en = (
                f"输入 {terminal} 已接 {taken[terminal]}",
                f"input {terminal} is wired to {taken[terminal]} already",
            )
            return ("barrier", name), f"{zh} / {en}"
        taken[terminal] = name
    return None


def _eyes(camera: str | None, plates: str | None) -> tuple[Where, str] | None:
    """A plate camera reads alone; a camera beside it is for people, who see nothing in a push that never came."""
    if camera is None and plates is None:
        zh = "车道要有一个读车牌的：摄像头 camera，或自己识别的相机 plate_camera，至少一个"
        en = "a vehicle lane needs one of the two: camera, from which we read plates, or plate_camera, which reads them"
        return (), f"{zh} / {en}"
    if plates is not None and not plates.startswith("lpr+"):
        zh, en = "要写车牌相机的地址：lpr+vzenith://…", "plate_camera must be a camera that pushes plates"
        return ("plate_camera",), f"{zh} / {en}: lpr+vzenith://…, lpr+huaxia://…, lpr+hikvision://…"
    if plates is not None and "gate=camera" in plates:
        zh, en = (
            "这里由我们的板抬杆，请写 gate=relay",
            "our board moves the arm here, and not the camera's relay: gate=relay",
        )
        return ("plate_camera",), f"{zh} / {en}"
    return None
