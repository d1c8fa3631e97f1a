"""What the phone's page seals, the node's own code opens, and nobody else."""

from __future__ import annotations

import base64
import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser

from edge.enrolment.seals import NotForUs, PhotoKey
from edge.store.keys import KeyRing
from models.wire.faces import SealedPhoto

STATIC = Path(__file__).resolve().parents[2] / "central" / "oversight" / "console" / "static"
PAGE = """<!doctype html><section data-enrol="x"><video></video><canvas></canvas><p data-enrol-said></p>
<button data-enrol-take></button><input type="file" data-enrol-file><button data-enrol-send></button>
<ol data-enrol-shots></ol></section><script src="/enrol.js"></script>"""
ENROLMENT = UUID("018f0000-0000-7000-8000-000000000001")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path != "/":
            return super().do_GET()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE.encode())
        return None

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    """The script alone, from this machine: browsers give their cryptography to secure origins only."""
    handler = functools.partial(_Quiet, directory=str(STATIC))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.mark.req("PRIV-07")
def test_a_photo_sealed_in_the_browser_opens_at_its_node_alone(browser: Browser, address: str, tmp_path: Path) -> None:
    ring, other = KeyRing.open(tmp_path / "node"), KeyRing.open(tmp_path / "other")
    key = PhotoKey(ring)
    photo = bytes(range(256)) * 1200
    page = browser.new_page()
    page.goto(address)
    sealed = page.evaluate(
        """([photo, key, enrolment]) => mentingSeal(
            new Blob([Uint8Array.from(atob(photo), (c) => c.charCodeAt(0))]), key, enrolment, 2)""",
        [base64.b64encode(photo).decode(), key.public.model_dump(), str(ENROLMENT)],
    )
    page.close()
    told = SealedPhoto.model_validate(sealed)
    assert photo[:64] not in told.sealed
    assert key.open(told, ENROLMENT, 2) == photo
    for opener, number in ((key, 1), (PhotoKey(other), 2)):
        with pytest.raises(NotForUs):
            opener.open(told, ENROLMENT, number)
    ring.close()
    other.close()
