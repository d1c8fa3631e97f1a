"""Whom a node believes that they are central: the public authorities, or one of the community's own (SEC-03).

`[central] ca` in the site file names a PEM file with the certificate of that authority. It stands instead of the public
ones and not beside them: central is then known by it alone. A file that is gone, damaged or ended is refused when a
person checks or enrols the node, and stops no gate that runs: it then believes nobody, the link stays down, an alarm
says why, and the gate decides alone.
"""

from __future__ import annotations

import ssl
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from devices.named_file import read_named

_ENDED, _NOT_YET, _OTHER_NAME = 10, 9, (62, 64)  # X509_V_ERR_… of OpenSSL, x509_vfy.h


AUTHORITIES_BYTES_MAX = 1_000_000
"""More than any system's whole list of authorities takes."""


class TrustFault(ValueError):
    """The file cannot be used. The text says why and what now, in both languages."""


def authorities_in(path: Path) -> tuple[x509.Certificate, ...]:
    """The certificates of authorities in a PEM file. Raises TrustFault."""
    try:
        content = read_named(path, AUTHORITIES_BYTES_MAX)
    except FileNotFoundError as error:
        raise TrustFault(
            "没有这个文件。请把中心的证书颁发机构的证书（PEM）复制到这里。 / there is no such file; copy the "
            "certificate of central's authority (PEM) there"
        ) from error
    except OSError as error:
        raise TrustFault(
            f"无法读取（{error.strerror}），请让节点的账户可读。 / cannot be read ({error.strerror}); let the node's "
            "account read it"
        ) from error
    try:
        found = tuple(x509.load_pem_x509_certificates(content))
    except ValueError as error:
        raise TrustFault(
            "不是 PEM 证书：应以 -----BEGIN CERTIFICATE----- 开头。 / holds no PEM certificate; it begins with "
            "-----BEGIN CERTIFICATE-----"
        ) from error
    if not any(_signs_others(each) for each in found):
        raise TrustFault(
            "里面没有颁发机构的证书，只有普通证书；请用签发中心证书的那一个。 / holds no authority, only a certificate "
            "of a server; take the one that signed central's"
        )
    return found


def _signs_others(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def refuse_unusable(path: Path, now: datetime) -> None:
    """For a person who sets the node up. Raises TrustFault, also when every authority of the file has ended."""
    ends = max(each.not_valid_after_utc for each in authorities_in(path) if _signs_others(each))
    if now >= ends:
        raise TrustFault(
            f"颁发机构的证书已于 {ends:%Y-%m-%d} 到期，请换上新的；若本机日期不对，请先校时。 / the authority ended on "
            f"{ends:%Y-%m-%d}; put its new certificate there, or set this machine's clock first if it is wrong"
        )


def trust(path: Path | None) -> ssl.SSLContext | bool:
    """What a client verifies central's certificate with. Raises TrustFault, which names the file."""
    if path is None:
        return True
    context = nobody()
    try:
        authorities = authorities_in(path)
    except TrustFault as error:
        raise TrustFault(f"{path}: {error}") from error
    for each in authorities:
        context.load_verify_locations(cadata=each.public_bytes(Encoding.DER))
    return context


def nobody() -> ssl.SSLContext:
    """Verifies, and believes nobody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def why_not_trusted(error: BaseException) -> str | None:
    """In words, when what went wrong underneath is that central's certificate is not believed; else None."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    if cause is None:
        return None
    if cause.verify_code in (_ENDED, _NOT_YET):
        return (
            "按本机时钟，中心的证书不在有效期内。请先看本机时间，再看中心的证书。 / by this machine's clock central's "
            "certificate has ended or has not begun: look at the clock first, then at the certificate"
        )
    if cause.verify_code in _OTHER_NAME:
        return (
            "中心的证书是给别的名字的。站点文件 [central] url 里的主机名要和证书一致。 / central's certificate is for "
            "another name: the host of url in [central] of the site file must be one that it names"
        )
    return (
        '本节点不认识签发中心证书的机构。若它是小区自己的，请在站点文件 [central] 里写 ca = "/…/ca.pem"；若不是，'
        "可能有人冒充中心。 / this node does not know the authority of central's certificate. If it is the community's "
        'own, name its file in the site file: [central] ca = "/…/ca.pem"; if it is not, somebody may pose as central'
    )
