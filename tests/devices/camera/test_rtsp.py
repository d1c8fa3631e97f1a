"""Network cameras against a simulated one: real RTSP, real H.264, and a camera's ways to go wrong."""

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from devices.address import parse_address
from devices.camera.newest import NewestFrame
from devices.camera.rows import CAMERAS, open_here
from devices.camera.rtsp import RtspSource, Trust
from devices.errors import DeviceError, Garbled, Refused, Unreachable
from devices.ports import Camera
from devices.sim.rtsp_camera import Doing, RtspCameraSim
from tests.devices.camera.test_newest import eventually

PASSWORD = "hunter2"
PICTURES = [np.full((96, 128, 3), shade, dtype=np.uint8) for shade in (40, 90, 140, 190)]


@pytest.fixture
def sims() -> Iterator[Callable[..., RtspCameraSim]]:
    made: list[RtspCameraSim] = []

    def make(**how: Any) -> RtspCameraSim:
        made.append(RtspCameraSim(PICTURES, password=PASSWORD, **how))
        return made[-1]

    yield make
    for sim in made:
        sim.close()


def opened(address: str) -> NewestFrame:
    camera = open_here(address)
    assert isinstance(camera, NewestFrame)
    return camera


def delivers(camera: Camera) -> None:
    """Frames come again; a first one may have waited since before."""
    for _ in range(3):
        assert camera.read(30) is not None


@pytest.mark.req("INT-05")
@pytest.mark.parametrize("auth", [None, "basic", "digest"])
def test_pictures_come_as_they_were_sent_with_either_way_to_ask_for_a_password(
    sims: Callable[..., RtspCameraSim], auth: str | None
) -> None:
    sim = sims(auth=auth)
    camera = opened(f"rtsp://admin:{PASSWORD}@{sim.where}")
    shades = set()
    while len(shades) < len(PICTURES):
        frame = camera.read(30)
        assert frame is not None and frame.pixels.shape == (96, 128, 3)
        shades.add(min((40, 90, 140, 190), key=lambda shade: abs(shade - float(frame.pixels.mean()))))
    camera.close()


def refusal(address: str) -> DeviceError:
    camera = opened(address)
    assert eventually(lambda: camera.error is not None)
    error = camera.error
    camera.close()
    assert error is not None
    return error


@pytest.mark.req("LANE-08")
def test_what_is_wrong_is_said_in_words_and_never_with_the_password(
    sims: Callable[..., RtspCameraSim], capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    where = sims(auth="digest").where
    told = {
        "password": refusal(f"rtsp://admin:{PASSWORD}-wrong@{where}"),
        "nobody": refusal(f"rtsp://admin:{PASSWORD}@127.0.0.1:{port}/live?password={PASSWORD}"),
        "stream": refusal(f"rtsp://admin:{PASSWORD}@{where}-other"),
        "host": refusal(f"rtsp://admin:{PASSWORD}@no-such-camera.invalid/live"),
    }
    assert isinstance(told["password"], Refused) and "does not take this user and password" in str(told["password"])
    assert isinstance(told["stream"], Refused) and "has no such stream" in str(told["stream"])
    assert isinstance(told["nobody"], Unreachable) and "nothing listens there" in str(told["nobody"])
    assert told["host"].retry_helps
    printed = capfd.readouterr()
    everything = f"{told} {[(error.args, error.__cause__, error.__context__) for error in told.values()]}"
    assert PASSWORD not in everything + printed.out + printed.err


def test_what_speaks_something_else_is_no_camera() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        camera = opened(f"rtsp://127.0.0.1:{server.getsockname()[1]}/live")
        line, _ = server.accept()
        line.recv(1000)
        line.sendall(b"SSH-2.0-other\r\n\r\n" * 10)
        line.close()
        assert eventually(lambda: camera.error is not None)
        camera.close()
    assert isinstance(camera.error, Garbled | Unreachable)


@pytest.mark.req("GUARD-12")
@pytest.mark.parametrize("doing", [Doing.FREEZE, Doing.GARBAGE, Doing.NOISE])
def test_a_camera_that_sends_nothing_or_no_picture_says_so_and_is_back_by_itself(
    sims: Callable[..., RtspCameraSim], doing: Doing
) -> None:
    sim = sims()
    camera = opened(f"rtsp://{sim.where}")
    delivers(camera)
    sim.doing = doing
    assert eventually(lambda: camera.error is not None)
    assert isinstance(camera.error, Garbled | Unreachable)
    sim.doing = Doing.PLAY
    delivers(camera)
    camera.close()


def test_a_cut_connection_is_noticed_at_once_and_made_again(sims: Callable[..., RtspCameraSim]) -> None:
    sim = sims()
    camera = opened(f"rtsp://{sim.where}")
    delivers(camera)
    connections = sim.described
    sim.drop()
    assert eventually(lambda: sim.described > connections)
    delivers(camera)
    camera.close()


def test_a_still_picture_keeps_coming_for_the_watchdog_to_judge(sims: Callable[..., RtspCameraSim]) -> None:
    sim = sims()
    sim.doing = Doing.STILL
    source = RtspSource(f"rtsp://{sim.where}", "camera")
    first, second = source.read(), source.read()
    assert first is not None and second is not None and np.array_equal(first, second)
    source.close()


def certificate(folder: Path, name: str, *hosts: str) -> tuple[Path, ssl.SSLContext]:
    """As a camera makes it, signed by its own key: the file to trust, and what the camera proves itself by."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))
    if hosts:
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host)) for host in hosts])
        made = made.add_extension(names, critical=False)
    trusted, whole = folder / f"{name}.pem", folder / f"{name}.whole.pem"
    trusted.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    whole.write_bytes(trusted.read_bytes() + secret)
    proof = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    proof.load_cert_chain(whole)
    return trusted, proof


@pytest.mark.req("INT-05")
def test_a_camera_that_shows_the_certificate_it_must_show_delivers(
    sims: Callable[..., RtspCameraSim], tmp_path: Path
) -> None:
    by_address, proof = certificate(tmp_path, "by-address", "127.0.0.1")
    by_name, named_proof = certificate(tmp_path, "IPC-7")
    for address, context in (
        (f"#ca={by_address}", proof), (f"#ca={by_name}&name=IPC-7", named_proof), ("", named_proof),
    ):  # fmt: skip
        camera = opened(f"rtsps://admin:{PASSWORD}@{sims(auth='digest', tls=context).where}{address}")
        delivers(camera)
        camera.close()


@pytest.mark.req("INT-05")
def test_a_camera_that_shows_another_certificate_or_name_is_sent_nothing(
    sims: Callable[..., RtspCameraSim], tmp_path: Path
) -> None:
    mine, proof = certificate(tmp_path, "mine", "127.0.0.1")
    _, strange = certificate(tmp_path, "strange", "127.0.0.1")
    unnamed, unnamed_proof = certificate(tmp_path, "IPC-7")
    for address, context in (
        (f"#ca={mine}", strange),
        (f"#ca={unnamed}", unnamed_proof),
        (f"#ca={mine}&name=x", proof),
    ):
        sim = sims(auth="basic", tls=context)
        with pytest.raises(Unreachable, match="another certificate, name or date"):
            RtspSource(*source(f"rtsps://admin:{PASSWORD}@{sim.where}{address}"))
        assert sim.described == 0
    with pytest.raises(Refused, match="cannot be read as a certificate"):
        RtspSource(*source(f"rtsps://127.0.0.1/live#ca={tmp_path / 'none.pem'}"))
    with pytest.raises(Refused, match="ca= names none"):
        open_here("rtsps://127.0.0.1/live#name=IPC-7")


def source(text: str) -> tuple[str, str, Trust]:
    address = parse_address(text, {"rtsps": CAMERAS["rtsps"].grammar})
    return address.secret_url(), str(address), Trust(address.word("ca"), address.word("name"))
