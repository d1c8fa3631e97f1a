"""Network cameras for a technician at a terminal: who is there, and what goes into the site file. Shows no password."""

import sys
from collections.abc import Callable

from devices.camera.onvif import FoundCamera, Stream, discover, streams
from devices.errors import DeviceError


def list_cameras(seconds: float, look: Callable[[float], tuple[FoundCamera, ...]] = discover) -> int:
    """The exit code: 0 some answered, 1 none did or there is no network."""
    try:
        found = look(seconds)
    except OSError as error:
        print(
            f"本机没有可用的网络，请检查网线：{error} / No network to search; check the cable: {error}", file=sys.stderr
        )
        return 1
    for camera in found:
        print(f"{camera.host}\t{camera.name}\t{camera.hardware}")
    if not found:
        print(
            "没有摄像头应答。请检查供电和网线，并在摄像头里打开 ONVIF；不在同一网段的搜不到，请用 --host。\n"
            "No camera answered. Check power and cable, and switch ONVIF on in the camera; one in another network "
            "cannot be found, only asked with --host."
        )
        return 1
    print("看一台的码流 / streams of one: python -m edge cameras --host HOST --user USER")
    return 0


def list_streams(
    host: str, user: str, password: str, ask: Callable[[str, str, str], tuple[Stream, ...]] = streams
) -> int:
    """The exit code: 0 the camera told its streams, 1 it did not."""
    try:
        told = ask(host, user, password)
    except DeviceError as error:
        print(f"摄像头没有给出码流：{error} / The camera told no streams: {error}", file=sys.stderr)
        return 1
    for stream in told:
        size = f"{stream.width}×{stream.height}" if stream.width else "?"
        scheme, _, rest = stream.address.partition("://")
        print(f'{stream.name}\t{stream.codec or "?"} {size}\tcamera = "{scheme}://{user}:PASSWORD@{rest}"')
    if not told:
        print("这台摄像头没有配置码流。 / This camera has no stream set up.")
        return 1
    print("抄进站点文件，PASSWORD 换成密码。 / Copy into the site file, with the password for PASSWORD.")
    return 0
