"""Every way in which two files are no certificate, in words; and a live context that changes what it shows."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from central.base.tls.pair import BadPair, load, pair_from_pem, read_pair
from tests.central.base.tls.making import DAY, NOW, TestAuthority, write_pair

OURS = TestAuthority()


def test_a_good_pair_says_what_it_stands_for(tmp_path):
    certificate, key = OURS.issue("central.example.cn", "192.0.2.7", begins=NOW - DAY, ends=NOW + DAY)
    pair = read_pair(*write_pair(tmp_path, (certificate + OURS.root, key)), NOW)
    assert pair.names == ("central.example.cn", "192.0.2.7")
    assert abs(pair.life - 2 * DAY).total_seconds() < 2
    assert pair.pem.count(b"BEGIN CERTIFICATE") == 2 and pair.pem.count(b"PRIVATE KEY") == 2
    assert "PRIVATE" not in repr(pair)
    both = tmp_path / "both.pem"
    both.write_bytes(key + certificate)
    assert read_pair(both, both, NOW).serial == pair.serial


A, B = OURS.issue("a.example"), OURS.issue("b.example")
BAD = {
    "belong together": (A[0], B[1]),
    "has expired": OURS.issue("a.example", begins=NOW - 9 * DAY, ends=NOW - DAY),
    "not valid yet": OURS.issue("a.example", begins=NOW + DAY),
    "has a password": OURS.issue("a.example", password=b"secret"),
    "no certificate in PEM": (b"nothing", A[1]),
    "no private key in PEM": (A[0], A[0]),
    "first in its file": (OURS.root + A[0], A[1]),
}


@pytest.mark.parametrize("words", BAD)
def test_a_bad_pair_is_refused_in_words(tmp_path, words):
    paths = write_pair(tmp_path, BAD[words])
    with pytest.raises(BadPair, match=words) as refused:
        read_pair(*paths, NOW)
    assert str(paths[0]) in str(refused.value)


def test_files_that_are_not_there_or_cannot_be_read_are_named(tmp_path):
    certificate, key = write_pair(tmp_path, A)
    with pytest.raises(BadPair, match=r"There is no file .*other"):
        read_pair(certificate, tmp_path / "other", NOW)
    with pytest.raises(BadPair, match=r"cannot be read: Not an ordinary file"):
        read_pair(Path("/dev/zero"), key, NOW)
    with pytest.raises(BadPair, match="cannot be read"):
        read_pair(tmp_path, key, NOW)


def test_a_live_context_shows_the_newest_pair_to_new_connections():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for certificate, key in (A, B):
        pair = pair_from_pem(certificate, key, "here", NOW)
        load(pair, context)
        assert shown_by(context) == ssl.PEM_cert_to_DER_cert(certificate.decode())


def shown_by(context: ssl.SSLContext) -> bytes | None:
    """A handshake in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    client = trusting.wrap_bio(to_client, to_server)
    server = context.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return client.getpeercert(binary_form=True)
