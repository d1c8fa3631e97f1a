"""A link as a picture that a phone can photograph, for an `img`."""

from __future__ import annotations

import io
from base64 import b64encode
from ipaddress import ip_address

import qrcode
from fastapi import Request
from qrcode.image.svg import SvgPathImage

from central.base.web.hosts import Hosts


def base_for_phones(request: Request) -> str:
    """central's address as a phone can open it, "https://central.example.cn", for what is drawn as a code: as central
    was told that it is asked, else as this very page was asked for. "" where neither leads a phone here: then no code
    is drawn, because it would work nowhere."""
    hosts: Hosts = request.app.state.hosts
    if hosts.public or this_machine_only(request.url.hostname):
        return hosts.public
    return str(request.base_url).rstrip("/")


def base_for_others(request: Request) -> str:
    """The same for a link that is copied: where no phone can come, it still works on this machine."""
    return base_for_phones(request) or str(request.base_url).rstrip("/")


def link_code(link: str) -> str:
    drawn = io.BytesIO()
    qrcode.make(link, image_factory=SvgPathImage, box_size=12, border=4).save(drawn)
    return f"data:image/svg+xml;base64,{b64encode(drawn.getvalue()).decode()}"


def this_machine_only(host: str | None) -> bool:
    """Whether no phone can reach this host: scanned there, it would be the phone itself."""
    if host is None or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name
        return False
