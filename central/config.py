"""What a person chooses for one central, read once at start and passed on as arguments."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

TRUSTED_PROXIES = "MENTING_TRUSTED_PROXIES"


class ConfigError(Exception):
    """A choice that cannot stand; its text is shown as it is."""


@dataclass(frozen=True, slots=True)
class Config:
    """data: central's own folder (made when missing). database_url: a real server instead of the embedded one.

    trusted_proxies: addresses or networks whose X-Forwarded-For and -Proto are believed (the environment's
    MENTING_TRUSTED_PROXIES, separated by commas; nobody's by default).
    assets: third-party scripts and styles fetched at set-up, served at /assets/. company, admin: the first tenant and
    its administrator, used at the first start only. cheap_passwords, postgres_settings, postgres_sync: for tests.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8080
    database_url: str | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: tuple[str, ...] = field(default_factory=lambda: proxies_named(os.environ.get(TRUSTED_PROXIES, "")))
    assets: Path | None = None
    company: str = "我的物业公司"
    admin: str = "admin"
    log_level: str = "INFO"
    postgres_way: str | None = None
    postgres_settings: dict[str, str] = field(default_factory=dict)
    postgres_sync: bool = True
    cheap_passwords: bool = False

    @property
    def scheme(self) -> str:
        return "https" if self.tls_cert else "http"

    def check(self) -> None:
        """Raise `ConfigError` for plain HTTP where others can listen, half a certificate, a proxy that is nowhere."""
        for proxy in self.trusted_proxies:
            try:
                ipaddress.ip_network(proxy)
            except ValueError as error:
                raise ConfigError(
                    f"{TRUSTED_PROXIES} names {proxy!r}, which is no address and no network. Write for example "
                    "127.0.0.1 or 10.0.0.0/24, several separated by commas."
                ) from error
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ConfigError("--tls-cert and --tls-key belong together; one of them is missing.")
        for path in (self.tls_cert, self.tls_key):
            if path is not None and not path.is_file():
                raise ConfigError(f"There is no file {path}.")
        if self.tls_cert is None and not is_local(self.host):
            raise ConfigError(
                f"Plain HTTP is only served on this machine itself, and {self.host} can be reached from others: "
                "passwords and faces would travel readable. Give --tls-cert and --tls-key, or use --host 127.0.0.1 "
                "behind a proxy that speaks TLS."
            )


def proxies_named(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def is_local(host: str) -> bool:
    """True for names and addresses that only this machine reaches."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
