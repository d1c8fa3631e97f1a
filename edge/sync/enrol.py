"""A new node introduces itself to central, once: a one-time token against an identity.

The key pair is made on the node; only the public half is shown. What central answers is kept in node.json, mode 0600.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import httpx
from pydantic import Field, ValidationError

from edge.health.clock import Clock
from edge.store.files import make_folder, refuse_exposed, write_private
from edge.store.keys import KeyRing
from edge.sync.client import CentralClient, checked_url
from edge.sync.enrol_words import why_not_taken
from edge.sync.errors import Refused, SyncError, Unauthorised
from models.site.topology import Lane
from models.values.frozen import WireValue
from models.values.time import Instant
from models.wire.commands import EnrolLane, EnrolRequest


class NotEnrolled(Exception):
    """There is no usable node.json: the node does not know who it is."""


class NotTaken(SyncError):
    """Central enrols no such node; the words say what to do. The same request will be refused again."""

    retry_helps = False


class AlreadyEnrolled(Exception):
    """The node has an identity. A second one would split its journal in two."""


class Node(WireValue):
    """Who this node is: node.json. `central_key` (hex, Ed25519) signs snapshots and commands.

    `beside` is told by enrolment and not kept: which nodes the gate had before.
    """

    node_id: UUID
    site_id: UUID
    tenant_id: UUID
    central_key: str = Field(pattern=r"^[0-9a-f]{64}$")
    central_url: str
    name: str
    lanes: tuple[Lane, ...]
    enrolled_at: Instant
    beside: tuple[str, ...] = Field(default=(), exclude=True)


def load_node(path: Path) -> Node:
    """Read node.json. Raises NotEnrolled, FileExposed."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise NotEnrolled(
            f"{path.parent} 里的节点尚未登记：请在中心的“节点”页生成注册码，再运行 "
            "python -m edge enrol --site 站点文件 --token - / "
            f"the node in {path.parent} is not enrolled yet: make a token on central's page Nodes, then run "
            "python -m edge enrol --site SITEFILE --token -"
        ) from error
    refuse_exposed(path)
    try:
        return Node.model_validate_json(content)
    except ValidationError as error:
        raise NotEnrolled(
            f"{path}: 文件已损坏。请从备份放回；没有备份，就在中心的“节点”页停用这个节点，移开整个文件夹，用新的注册码"
            "重新登记 / is damaged. Put it back from a backup; without one, retire this node on central's page Nodes, "
            "move the whole folder aside and enrol again with a new token"
        ) from error


def refuse_second(path: Path) -> None:
    """Raises AlreadyEnrolled."""
    if path.exists():
        raise AlreadyEnrolled(
            f"节点已登记（{path}），不用再做。确实要重新登记：先在中心的“节点”页停用它，停止节点，移开整个文件夹 "
            f"{path.parent} / "
            f"the node is enrolled already ({path}); nothing is left to do. To enrol it anew, retire it on central's "
            f"page Nodes, stop it and move the whole folder {path.parent} aside first"
        )


def enrol(
    path: Path, central_url: str, token: str, name: str, version: str, lanes: Sequence[EnrolLane], keys: KeyRing,
    clock: Clock, *, transport: httpx.BaseTransport | None = None, verify: ssl.SSLContext | bool = True,
) -> Node:  # fmt: skip
    """Enrol, and keep the identity at `path`. Raises AlreadyEnrolled, InsecureAddress, NotTaken, SyncError.

    A token works once. When central's answer is lost on the way (Offline), ask for a new token.
    """
    url = checked_url(central_url)
    refuse_second(path)
    make_folder(path.parent)
    request = EnrolRequest(
        token=token, public_key=keys.public_key.hex(), name=name, version=version, lanes=tuple(lanes)
    )
    client = CentralClient(url, None, keys, clock, transport=transport, verify=verify)
    try:
        reply = client.enrol(request)
    except (Unauthorised, Refused) as error:
        raise NotTaken(why_not_taken(error.problem)) from error
    finally:
        client.close()
    node = Node(
        node_id=reply.node_id,
        site_id=reply.site_id,
        tenant_id=reply.tenant_id,
        central_key=reply.central_key,
        central_url=url,
        name=name,
        lanes=reply.lanes,
        enrolled_at=clock.now(),
        beside=reply.beside,
    )
    write_private(path, node.model_dump_json(indent=2).encode() + b"\n", replace=False)
    return node
