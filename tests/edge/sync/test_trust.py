"""Whom a node believes to be central: what the file may hold, and what is said of a certificate not believed."""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from edge.sync.trust import TrustFault, nobody, refuse_unusable, trust, why_not_trusted
from tests.central.base.tls.making import DAY, NOW, TestAuthority, write_pair


@pytest.fixture(scope="module")
def authority() -> TestAuthority:
    return TestAuthority()


@pytest.fixture
def ca(authority: TestAuthority, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    path.write_bytes(authority.root)
    return path


def shake_hands(folder: Path, pair: tuple[bytes, bytes], client: ssl.SSLContext, host: str = "central.example") -> str:
    """The TLS version that both agree on, over a cable in memory. Raises what the client's verification raises."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*write_pair(folder, pair))
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(down, up, server_hostname=host)
    theirs = context.wrap_bio(up, down, server_side=True)
    for end in (ours, theirs) * 4:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return ours.version() or ""


def test_a_file_with_an_authority_is_trusted_and_nothing_beside_it(
    ca: Path, authority: TestAuthority, tmp_path: Path
) -> None:
    context = trust(ca)
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname
    assert [each["subject"] for each in context.get_ca_certs()] == [((("commonName", "test root"),),)]
    assert shake_hands(tmp_path, authority.issue("central.example"), context) == "TLSv1.3"
    assert trust(None) is True, "the public authorities"


@pytest.mark.req("SEC-03")
def test_nothing_older_than_tls_1_2_is_spoken(ca: Path) -> None:
    for context in (trust(ca), nobody()):
        assert isinstance(context, ssl.SSLContext) and context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.req("SEC-03")
@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (lambda own: TestAuthority().issue("central.example"), ("ca = ", "不认识")),
        (lambda own: own.issue("gate.example"), ("for another name", "别的名字")),
        (lambda own: own.issue("central.example", ends=NOW - DAY / 2), ("look at the clock", "本机时间")),
        (lambda own: own.issue("central.example", begins=NOW + DAY), ("look at the clock", "本机时间")),
    ],
)
def test_why_a_certificate_is_not_believed_is_said_in_both_languages(
    ca: Path, authority: TestAuthority, tmp_path: Path, pair: object, words: tuple[str, str]
) -> None:
    context = trust(ca)
    assert callable(pair) and isinstance(context, ssl.SSLContext)
    with pytest.raises(ssl.SSLCertVerificationError) as refused:
        shake_hands(tmp_path, pair(authority), context)
    why = why_not_trusted(refused.value)
    assert why is not None and all(word in why for word in words)
    assert why_not_trusted(OSError("no route")) is None


@pytest.mark.req("SEC-03")
def test_with_the_file_gone_nobody_is_believed(authority: TestAuthority, tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(tmp_path, authority.issue("central.example"), nobody())


def test_a_file_that_cannot_be_used_says_why_and_what_now(ca: Path, authority: TestAuthority, tmp_path: Path) -> None:
    server = tmp_path / "server.pem"
    server.write_bytes(authority.issue("central.example")[0])
    junk, folder = tmp_path / "junk.pem", tmp_path
    junk.write_bytes(b"\x30\x82 not text")
    for path, word in (
        (tmp_path / "gone.pem", "no such file"),
        (junk, "holds no PEM certificate"),
        (folder, "cannot be read"),
        (server, "only a certificate of a server"),
    ):
        with pytest.raises(TrustFault, match=word):
            trust(path)
        with pytest.raises(TrustFault, match=word):
            refuse_unusable(path, NOW)


def test_an_authority_that_has_ended_is_refused_to_a_person_and_stops_no_running_gate(ca: Path) -> None:
    refuse_unusable(ca, NOW)
    refuse_unusable(ca, NOW - timedelta(days=9000))  # a dead battery is no fault of the file
    with pytest.raises(TrustFault, match="the authority ended on"):
        refuse_unusable(ca, NOW + timedelta(days=3651))
    assert trust(ca)
