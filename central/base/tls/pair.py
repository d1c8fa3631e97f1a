"""A certificate with its key: read, checked, and put into a live TLS context."""

from __future__ import annotations

import errno
import os
import ssl
import stat
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

PEM_BYTES_MAX = 1_000_000
CLOCK_LEEWAY = timedelta(minutes=5)  # an authority whose clock runs ahead of ours has not issued for tomorrow


class TlsError(Exception):
    """A certificate that cannot be used or had; the text is shown as it is and says what to do."""


class BadPair(TlsError):
    """Certificate or key are missing, unreadable, do not match each other, or are not valid now."""


@dataclass(frozen=True, slots=True)
class Pair:
    """pem: the chain, the own certificate first, then the key. names: DNS names and addresses it stands for."""

    pem: bytes = field(repr=False)
    names: tuple[str, ...]
    serial: int
    begins_at: datetime
    ends_at: datetime

    @property
    def life(self) -> timedelta:
        return self.ends_at - self.begins_at


def pair_from_pem(chain: bytes, key: bytes, where: str, now: datetime) -> Pair:
    """Check everything that a client or OpenSSL would find wrong later. `where` names the source in refusals."""
    try:
        certificates = x509.load_pem_x509_certificates(chain)
    except ValueError as error:
        raise BadPair(f"{where}：里面没有 PEM 格式的证书。\nThere is no certificate in PEM form in it.") from error
    try:
        private = load_pem_private_key(key, password=None)
    except TypeError as error:
        raise BadPair(
            f"{where}：私钥有密码，中心无法读取；请去掉密码（openssl pkey）。\nThe key has a password, which central "
            "cannot ask for; take it off with `openssl pkey`."
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadPair(f"{where}：里面没有 PEM 格式的私钥。\nThere is no private key in PEM form in it.") from error
    own = certificates[0]
    ours, theirs = (
        each.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for each in (private.public_key(), own.public_key())
    )
    if ours != theirs:
        raise BadPair(
            f"{where}：证书和私钥不是一对：请给出同一次签发的两个文件，自己的证书排在链的最前面。\n"
            "Certificate and key do not belong together; give the two files of one issue, with your own "
            "certificate first in its file."
        )
    if now >= own.not_valid_after_utc:
        raise BadPair(
            f"{where}：证书已于 {own.not_valid_after_utc:%Y-%m-%d %H:%M} UTC 到期，请换上新的。\n"
            "The certificate has expired; put a new one there."
        )
    if now < own.not_valid_before_utc - CLOCK_LEEWAY:
        raise BadPair(
            f"{where}：证书从 {own.not_valid_before_utc:%Y-%m-%d %H:%M} UTC 起才有效，请检查本机时钟。\n"
            "The certificate is not valid yet; check this machine's clock."
        )
    pair = Pair(
        pem=b"".join(each.public_bytes(Encoding.PEM) for each in certificates)
        + private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        names=_names(own),
        serial=own.serial_number,
        begins_at=own.not_valid_before_utc,
        ends_at=own.not_valid_after_utc,
    )
    try:
        load(pair, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    except ssl.SSLError as error:
        raise BadPair(f"{where}：OpenSSL 不接受：{error.reason}\nOpenSSL refuses it: {error.reason}.") from error
    return pair


def read_pair(certificate: Path, key: Path, now: datetime) -> Pair:
    """The pair in two files. Raises `BadPair` in words."""
    texts = []
    for path in (certificate, key):
        try:
            texts.append(_read(path))
        except FileNotFoundError as error:
            raise BadPair(f"没有文件 {path}。\nThere is no file {path}.") from error
        except OSError as error:
            raise BadPair(
                f"文件 {path} 无法读取，请让中心的账户可读。\n"
                f"{path} cannot be read: {error.strerror}. Let central's account read it."
            ) from error
    return pair_from_pem(texts[0], texts[1], f"{certificate} + {key}", now)


def _read(path: Path) -> bytes:
    """An ordinary file up to a bound: /dev/zero never ends, and a pipe that nobody fills never begins."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Not an ordinary file", str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(PEM_BYTES_MAX + 1)
    finally:
        os.close(descriptor)
    if len(content) > PEM_BYTES_MAX:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = alternative.get_values_for_type(x509.IPAddress)
    return (*alternative.get_values_for_type(x509.DNSName), *map(str, addresses))


def load(pair: Pair, context: ssl.SSLContext) -> None:
    """New connections of `context` show this pair; open ones keep theirs. Call it where the context is used: OpenSSL
    does not want it changed from another thread.

    OpenSSL reads files only, and in two steps that leave half a pair behind when the second fails. So the bytes that
    were checked are handed over, as a file that lies in memory and has no name.
    """
    descriptor = os.memfd_create("pair")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(pair.pem)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
