"""What a person chooses for one central, read once at start and passed on as arguments."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from central.base.tls.authority import LETS_ENCRYPT
from central.base.web.hosts import host_in

DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?")

TRUSTED_PROXIES = "MENTING_TRUSTED_PROXIES"


class ConfigError(Exception):
    """A choice that cannot stand; its text is shown as it is."""


@dataclass(frozen=True, slots=True)
class Config:
    """data: central's own folder (made when missing). database_url: a real server instead of the embedded one.

    trusted_proxies: addresses or networks whose X-Forwarded-For and -Proto are believed (the environment's
    MENTING_TRUSTED_PROXIES, separated by commas; nobody's by default).
    host_names: names and addresses by which central is asked beside those it knows itself (web/hosts.py).
    assets: third-party scripts and styles fetched at set-up, served at /assets/. company, admin: the first tenant and
    its administrator, used at the first start only. tls_cert, tls_key: a pair given by hand. acme_*: instead of it, the
    domain for which central fetches its own from the authority at acme_directory, proving it on acme_http_port.
    cheap_passwords, postgres_settings, postgres_sync: for tests.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8080
    database_url: str | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    acme_domain: str | None = None
    acme_email: str = ""
    acme_directory: str = LETS_ENCRYPT
    acme_http_port: int = 80
    acme_agree: bool = False
    host_names: tuple[str, ...] = ()
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
        return "https" if self.tls_cert or self.acme_domain else "http"

    def check(self) -> None:
        """Raise `ConfigError` for plain HTTP where others can listen, half a certificate or two, a proxy nowhere, a
        name that is none, a database's address that is none."""
        for name in self.host_names:
            if host_in(bracketed(name)) is None:
                raise ConfigError(
                    f"--host-name {name} 不是名字也不是地址；只写浏览器地址栏里的主机名，不带 https:// 和路径。\n"
                    "This is no name and no address: give what stands in the browser's address alone, such as "
                    "central.example.cn, without https:// and path; other scripts in their xn-- form."
                )
        for proxy in self.trusted_proxies:
            try:
                ipaddress.ip_network(proxy)
            except ValueError as error:
                raise ConfigError(
                    f"{TRUSTED_PROXIES} 里的 {proxy!r} 不是地址或网段。请写 127.0.0.1 或 10.0.0.0/24，用逗号分开。\n"
                    f"{TRUSTED_PROXIES} names {proxy!r}, which is no address and no network. Write for example "
                    "127.0.0.1 or 10.0.0.0/24, several separated by commas."
                ) from error
        self._check_database()
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ConfigError(
                "--tls-cert 和 --tls-key 要一起给出。\n"
                "--tls-cert and --tls-key belong together; one of them is missing."
            )
        if self.acme_domain is not None:
            self._check_acme()
        elif self.scheme == "http" and not is_local(self.host):
            raise ConfigError(
                f"明文 HTTP 只在本机提供，而 {self.host} 可从别处访问。请给出 --tls-cert 和 --tls-key，"
                "或 --acme-domain，或用 --host 127.0.0.1 并在前面放 TLS 代理。\n"
                f"Plain HTTP is only served on this machine itself, and {self.host} can be reached from others: "
                "passwords and faces would travel readable. Give --tls-cert "
                "and --tls-key, or --acme-domain, or use --host 127.0.0.1 behind a proxy that speaks TLS."
            )

    def _check_database(self) -> None:
        """The address is never shown again: a password may stand in it."""
        if self.database_url is None:
            return
        try:
            conninfo_to_dict(self.database_url)
        except psycopg.Error as error:
            driver = re.match(r"postgres(?:ql)?\+\w+:", self.database_url) is not None
            zh, en = ("不要写 +驱动名；", "leave out the + and the driver's name; ") if driver else ("", "")
            raise ConfigError(
                f"DATABASE_URL 看不懂：{zh}要写 postgresql://用户:密码@主机:5432/库名，密码里的特殊字符写成 %40 这样；"
                "要用内置的数据库，就去掉这个环境变量。\n"
                f"DATABASE_URL cannot be read: {en}write postgresql://USER:PASSWORD@HOST:5432/DATABASE, with special "
                "signs of the password as %40; for the embedded database take the variable away."
            ) from error

    def _check_acme(self) -> None:
        if self.tls_cert is not None:
            raise ConfigError(
                "证书要么自己给出，要么由中心申请，请去掉其中一种。\n"
                "A certificate is given with --tls-cert or fetched with --acme-domain; leave one of the two out."
            )
        if not DOMAIN.fullmatch(self.acme_domain or ""):
            raise ConfigError(
                f"--acme-domain {self.acme_domain} 不是完整域名；要小写，中文域名请写成 xn-- 形式。\n"
                "This is no full domain name such as central.example.cn: lower case, no address, no *, other scripts "
                "in their xn-- form."
            )
        if urlsplit(self.acme_directory).scheme != "https":
            raise ConfigError(
                f"--acme-directory {self.acme_directory} 必须是 https 地址。\n"
                "The authority's directory is an address that begins with https://."
            )


def bracketed(host: str) -> str:
    """As it stands in an address."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


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
