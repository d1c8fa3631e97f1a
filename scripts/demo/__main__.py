"""`scripts/run`: the demo site on this machine, watched or checked; `scripts/options.py` explains the call."""

import argparse
import random
import shutil
import sys
import time
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from devices.errors import AddressError
from models.command_line import until_interrupted
from models.values.time import SITE_TZ, utc_now
from scripts.child import hear_interrupts, hear_no_more
from scripts.demo.arrivals import Arrival, arrive
from scripts.demo.bays import BaySensors
from scripts.demo.beside import BesideArrival, comes_beside
from scripts.demo.beside import show as beside
from scripts.demo.cars import CarArrival, Cars, Way, come
from scripts.demo.cast import Cast
from scripts.demo.check import run_check
from scripts.demo.held import Held
from scripts.demo.real import real_devices
from scripts.demo.seeded import half_made
from scripts.demo.site import DemoSite, DemoStopped, free_port
from scripts.demo.street import SWITCHED_S
from scripts.demo.welcome import Shown, welcome
from scripts.options import PORT, run
from scripts.setup import ROOT

FOLDER = ROOT / ".menting" / "demo"
BETWEEN_S = (4.0, 9.0)
STAYS_S = 3.5
GONE_S = 10.0
"""A car that was let through has left by then, and the arm is down."""
CUT_SHORT = (
    "  上次没有建完就停了，或是旧版本建的：删掉演示数据，从头再建\n"
    "  the last start was cut short, or an earlier version made it: its demo data are dropped, and it begins anew"
)


def main() -> int:
    """The exit code: 0, 1, 2 or 130, as `scripts/run --help` tells."""
    options = run().parse_args()
    return until_interrupted(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    hear_interrupts()
    try:
        devices = real_devices(options)
        if options.check:
            return run_check(lambda text: print(f"  {text}", flush=True), devices, port_for(options.port or 0))
        return show(options, devices)
    except (AddressError, DemoStopped) as error:
        print(error, file=sys.stderr)
        return 2


def show(options: argparse.Namespace, devices: dict[str, str]) -> int:
    """The demo until Ctrl-C."""
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    held = Held(FOLDER.with_suffix(".lock"))
    port = port_for(options.port, central_before(FOLDER / "site.toml"))
    if options.fresh:
        shutil.rmtree(FOLDER, ignore_errors=True)
    elif half_made(FOLDER):
        print(CUT_SHORT, flush=True)
        shutil.rmtree(FOLDER, ignore_errors=True)
    began = time.monotonic()
    site = DemoSite(FOLDER, lambda text: print(f"  {text} …", flush=True), devices, backend=options.face)
    try:
        site.start(port)
        held.tell(site.url)
        print(
            f"\n  {time.monotonic() - began:.0f} s\n{welcome(site, Shown(bool(devices.get('camera')), options.face))}",
            flush=True,
        )
        with BaySensors(site.url, site.seeded["bays"]):
            _come_and_go(site, devices)
    finally:
        hear_no_more()
        with suppress(BrokenPipeError):  # nobody reads on; what runs is stopped all the same
            print("\n  停止中 stopping …", flush=True)
        site.close()
    return 0


def central_before(site_file: Path) -> int:
    """Where central was at the last start, so that a page somebody keeps open goes on; 0 at the first."""
    try:
        return urlsplit(tomllib.loads(site_file.read_text(encoding="utf-8"))["central"]["url"]).port or 0
    except (OSError, tomllib.TOMLDecodeError, KeyError):
        return 0


def port_for(given: int | None, before: int = 0) -> int:
    """Central's port: the one that was given, or the usual one, or where that is taken the one `before`, or any that is
    free. Asked before anything is made. Raises DemoStopped."""
    port = free_port(PORT if given is None else given)
    if given is None and port != PORT:
        port = free_port(before)
    if given is None and port != PORT:
        print(f"  {PORT} 端口已被占用，改用 {port} · port {PORT} is taken; {port} instead", flush=True)
    elif given and port != given:
        raise DemoStopped(
            f"--port：{given} 端口用不了（已被占用，或本账户无权使用），请换一个；0 任选空闲的\n"
            f"--port: {given} cannot be used (taken, or not for this account); choose another, or 0 for any free one"
        )
    return port


def _come_and_go(site: DemoSite, devices: dict[str, str]) -> None:
    """People and cars one after the other until interrupted. At a lane with a real camera nobody simulated appears."""
    cast = Cast(site.seeded, site.faces)
    people = [a for a in cast.show() if not (a.lane == "east-in" and "camera" in devices)]
    scenes = {arrival.key: arrival.painted() for arrival in people}
    chance = random.Random(7)
    while True:
        for arrival in _shuffled([*people, *Cars(site.seeded).show(), *beside()], chance):
            if (ended := site.ended()) is not None:
                raise DemoStopped(ended)
            for trouble in site.troubles("east-in") if devices else ():
                print(f"  ! {trouble}", flush=True)
            print(f"  {utc_now().astimezone(SITE_TZ):%H:%M:%S}  {arrival.zh} · {arrival.en}", flush=True)
            if isinstance(arrival, BesideArrival):
                comes_beside(site.world.cars[arrival.lane], arrival)
            elif isinstance(arrival, CarArrival):
                _drives_up(site, arrival)
            else:
                lane = site.world.lanes[arrival.lane]
                arrive(lane, arrival, scenes[arrival.key])
                time.sleep(STAYS_S)
                if scenes[arrival.key].pictures:
                    lane.leave()
            time.sleep(chance.uniform(*BETWEEN_S))


def _drives_up(site: DemoSite, car: CarArrival) -> None:
    """A car that was not let through waits for the guard until the next one comes to its lane."""
    lane = site.world.cars[car.lane]
    if lane.waits:
        lane.back_out()
    gone_by = time.monotonic() + GONE_S
    while not lane.is_free and time.monotonic() < gone_by:
        time.sleep(0.1)
    time.sleep(SWITCHED_S)
    come(lane, car)
    time.sleep(STAYS_S)
    if car.way is Way.CALLS:
        lane.call()


def _shuffled(arrivals: Sequence[Arrival], chance: random.Random) -> list[Arrival]:
    return chance.sample(arrivals, len(arrivals))


if __name__ == "__main__":
    sys.exit(main())
