"""Certificates as a test wants them: for any names, valid from when to when, by an authority of the test's own."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


class TestAuthority:
    """A root that signs."""

    __test__ = False

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test root")])
        root = self._signed(self._name, self._key.public_key(), NOW - DAY, NOW + 3650 * DAY).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.root = root.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, begins: datetime, ends: datetime
    ) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
        return made.serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)

    def issue(
        self, *names: str, begins: datetime = NOW - DAY, ends: datetime = NOW + 90 * DAY, password: bytes | None = None
    ) -> tuple[bytes, bytes]:
        """Certificate and key, both PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._signed(x509.Name([]), key.public_key(), begins, ends)
        alternative: list[x509.GeneralName] = []
        for name in names:
            try:
                alternative.append(x509.IPAddress(ipaddress.ip_address(name)))
            except ValueError:
                alternative.append(x509.DNSName(name))
        if alternative:
            made = made.add_extension(x509.SubjectAlternativeName(alternative), critical=True)
        certificate = made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)
        closed = BestAvailableEncryption(password) if password else NoEncryption()
        return certificate, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, closed)


def write_pair(folder: Path, pair: tuple[bytes, bytes]) -> tuple[Path, Path]:
    paths = folder / "cert.pem", folder / "key.pem"
    for path, content in zip(paths, pair, strict=True):
        path.write_bytes(content)
    return paths
