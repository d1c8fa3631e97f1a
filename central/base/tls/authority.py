"""A certificate authority that speaks ACME (RFC 8555), by http-01; the protocol itself is certbot's library.

DATA/tls/<authority's host>/   0700   account.key   this central's key with that authority, made once
                                      pair.pem      the newest certificate's chain and its key, replaced as one
                                      (both 0600)
A folder for each authority: what a test authority issued never stands in for the real one's.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import josepy
import requests
from acme import challenges, client, errors, messages
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from central.base.tls.pair import BadPair, Pair, TlsError, pair_from_pem

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
REQUEST_S = 30
NONCE_TRIES = 12


class AuthorityAway(TlsError):
    """Not reached, or it answers nothing sensible: trying again may help."""


class AuthorityRefuses(TlsError):
    """It answered no; somebody has to change something."""


@dataclass(frozen=True, slots=True)
class Authority:
    """directory: the authority's https address, where it says the rest. folder: DATA/tls. email may be empty."""

    directory: str
    domain: str
    email: str
    folder: Path

    @property
    def own_folder(self) -> Path:
        return self.folder / urlsplit(self.directory).netloc.replace(":", "-")

    def kept(self, now: datetime) -> Pair | None:
        """What was issued before and still serves, or None."""
        path = self.own_folder / "pair.pem"
        try:
            pem = path.read_bytes()
            pair = pair_from_pem(pem, pem, str(path), now)
        except (FileNotFoundError, BadPair):
            return None
        return pair if self.domain in pair.names else None

    def terms(self) -> str | None:
        """Where the authority's terms of use can be read; None where it has none, or cannot be asked."""
        try:
            meta = client.ClientV2.get_directory(self.directory, _network(None)).meta
        except _AWAY:
            return None
        return str(meta.terms_of_service) if meta.terms_of_service else None

    def issue(self, answers: dict[str, str], now: datetime) -> Pair:
        """Order a certificate, prove the domain through `answers` (token -> key authorization, served on the plain
        port), keep it and return it. Agrees to the authority's terms. Blocks up to a few minutes.

        Raises `AuthorityAway` or `AuthorityRefuses` in words."""
        account = self._account_key()
        try:
            chain, key = self._order(account, answers)
        except errors.ValidationError as error:
            why = "; ".join(
                str(tried.error.detail or tried.error)
                for failed in error.failed_authzrs
                for tried in failed.body.challenges
                if tried.error is not None
            )
            raise AuthorityRefuses(
                f"证书机构未能在 80 端口核实 {self.domain}：{why}。请检查域名是否解析到本机、80 端口外网可达。\n"
                f"The authority could not prove {self.domain}: {why}. Check that the name leads to this machine and "
                "that port 80 is reached from outside."
            ) from error
        except (messages.Error, errors.IssuanceError) as error:
            problem = error.error if isinstance(error, errors.IssuanceError) else error
            why = str(problem.detail or problem)
            kind = AuthorityAway if problem.code in ("serverInternal", "rateLimited") else AuthorityRefuses
            raise kind(f"证书机构拒绝签发。\n{self.directory} issues nothing for {self.domain}: {why}") from error
        except _AWAY as error:
            raise AuthorityAway(
                f"证书机构 {self.directory} 无法连接，请检查网络。\n"
                f"The authority {self.directory} is not reached or does not answer sensibly; check the network: "
                f"{type(error).__name__}: {error}"
            ) from error

        pair = pair_from_pem(chain, key, self.directory, now)
        try:
            write_secret(self.own_folder / "pair.pem", pair.pem)
        except OSError as error:
            raise self._unusable(error) from error
        return pair

    def _order(self, account: josepy.JWKEC, answers: dict[str, str]) -> tuple[bytes, bytes]:
        """The chain and its key, both PEM."""
        network = _network(account)
        acme = client.ClientV2(client.ClientV2.get_directory(self.directory, network), network)
        if acme.external_account_required():
            raise AuthorityRefuses(
                f"{self.directory} 要求外部账户绑定，中心不支持，请换一家。\n"
                "This authority wants an external account binding, which central does not know; choose another."
            )
        try:
            acme.new_account(messages.NewRegistration.from_data(email=self.email or None, terms_of_service_agreed=True))
        except errors.ConflictError as known:  # the account of an earlier certificate
            network.account = messages.RegistrationResource(uri=known.location, body=messages.Registration())
        key = ec.generate_private_key(ec.SECP256R1())
        order = acme.new_order(_request(key, self.domain))
        waiting = [each for each in order.authorizations if each.body.status == messages.STATUS_PENDING]
        posed = [_http_01(each) for each in waiting]
        proofs = [each.response_and_validation(account) for each in posed]
        mine = {each.chall.encode("token"): proof for each, (_, proof) in zip(posed, proofs, strict=True)}
        answers.update(mine)
        try:
            for each, (response, _) in zip(posed, proofs, strict=True):
                acme.answer_challenge(each, response)
            chain = acme.poll_and_finalize(order).fullchain_pem.encode("ascii")
        finally:
            for token in mine:
                del answers[token]
        return chain, _pem(key)

    def _account_key(self) -> josepy.JWKEC:
        """Made when there is none. Raises `TlsError`, before the authority is asked for what could not be kept."""
        path = self.own_folder / "account.key"
        try:
            self.own_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            if not path.exists():
                write_secret(path, _pem(ec.generate_private_key(ec.SECP256R1())))
            return josepy.JWKEC(key=load_pem_private_key(path.read_bytes(), password=None))
        except (OSError, ValueError) as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> TlsError:
        return TlsError(
            f"{self.own_folder} 无法使用，请检查磁盘空间和权限，或把它移走。\n"
            f"The folder {self.own_folder} cannot be used: {error}. Check its disk and rights, or move it away."
        )


# What the library lets through when the line or the other end is at fault: its own errors, requests', and those of
# answers that are no JSON or lack a field.
_AWAY = (errors.Error, requests.RequestException, josepy.errors.Error, ValueError, KeyError, AttributeError)


class _Network(client.ClientNetwork):
    """Asks again with another nonce, as RFC 8555 section 6.5 wants; the library gives up after the second, and some
    authorities refuse good nonces on purpose."""

    def post(self, *args: Any, **kwargs: Any) -> requests.Response:
        for _ in range(NONCE_TRIES - 1):
            try:
                return self._post_once(*args, **kwargs)
            except messages.Error as error:
                if error.code != "badNonce":
                    raise
        return self._post_once(*args, **kwargs)


def _network(account: josepy.JWKEC | None) -> client.ClientNetwork:
    return _Network(account, alg=josepy.ES256, user_agent="menting", timeout=REQUEST_S)


def _http_01(authorization: messages.AuthorizationResource) -> messages.ChallengeBody:
    for each in authorization.body.challenges:
        if isinstance(each.chall, challenges.HTTP01):
            return each
    raise AuthorityRefuses(
        "证书机构不提供 http-01 验证，请换一家。\nThe authority offers no http-01 challenge; choose another."
    )


def _request(key: ec.EllipticCurvePrivateKey, domain: str) -> bytes:
    names = x509.SubjectAlternativeName([x509.DNSName(domain)])
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(names, critical=False)
    return request.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_secret(path: Path, content: bytes) -> None:
    """Whole or not at all, on disk when this returns, and readable by this account only."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
