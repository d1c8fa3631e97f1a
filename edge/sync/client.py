"""The node's side of the HTTP that joins it with central. One answer is one value or one typed error.

HTTPS, with the certificate verified; plain HTTP only to this very machine. No redirect is followed and no proxy taken
from the environment: the node talks to the host its installer named, and to no other (PRIV-20).
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from email.utils import parsedate_to_datetime
from secrets import token_hex
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

import httpx
from pydantic import ValidationError

from edge.health.clock import ALARM, Clock
from edge.store.keys import KeyRing
from edge.sync.address import is_this_machine
from edge.sync.bounded import Heard, heard
from edge.sync.errors import Garbled, InsecureAddress, Offline, Problem, Refused, SyncError, Unauthorised
from edge.sync.in_time import InTime
from edge.sync.reach import not_reached
from edge.sync.signing import authorization
from models.access.pictures import Shows
from models.wire.commands import Downlink, EnrolReply, EnrolRequest
from models.wire.envelope import AlarmsAhead, Batch, BatchReceipt
from models.wire.faces import (
    EnrolmentAnswer,
    FaceMail,
    OfferedKeys,
    PieceRefusal,
    SealedTemplate,
    TemplateAnew,
    TemplateModels,
    WatchMail,
)
from models.wire.signed import Signed

__all__ = ["CentralClient", "Garbled", "InsecureAddress", "Offline", "Problem", "Refused", "SyncError", "Unauthorised"]

Answer = TypeVar("Answer", BatchReceipt, Downlink, EnrolReply, FaceMail, WatchMail)
CONNECT_S = 5.0
ANSWER_S = 20.0
"""Without a byte more."""
WHOLE_S = 600.0
"""Of one exchange from its first byte to its last, beside the wait of a long poll: rules for 10,000 people, 2 MB, come
in five minutes over 64 kbit/s."""
_OVERLOADED = (408, 425, 429)


def checked_url(url: str) -> str:
    """Central's address without a trailing slash. Raises InsecureAddress."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InsecureAddress(f"{url!r}: 不是网址 / is no address ({error})") from error
    if parsed.userinfo:  # told without the address, which holds a password
        raise InsecureAddress("地址里不要写用户名和密码 / central's address takes no user name and password")
    if parsed.query or parsed.fragment or not parsed.host:
        raise InsecureAddress(f"{url!r}: 只写协议、主机和端口 / give scheme, host and port only")
    if parsed.scheme != "https" and not (parsed.scheme == "http" and is_this_machine(parsed.host)):
        raise InsecureAddress(
            f"{url!r}: 必须使用 https；http 只允许连接本机。 / must be https; plain http only to this very machine."
        )
    return str(parsed).rstrip("/")


class CentralClient:
    """Speaks to central for one node. Any thread may use it."""

    def __init__(
        self, base_url: str, node_id: UUID | None, keys: KeyRing, clock: Clock, *,
        transport: httpx.BaseTransport | None = None, verify: ssl.SSLContext | bool = True, whole_s: float = WHOLE_S,
    ) -> None:  # fmt: skip
        """`transport`: in place of the network. `whole_s`: of one exchange, beside its wait. `verify`: True, or an
        SSLContext that trusts the community's own authority; never False."""
        if verify is False:
            raise InsecureAddress("证书必须验证 / certificates are always verified; trust your own authority instead")
        self._node_id, self._keys, self._clock, self._whole_s = node_id, keys, clock, whole_s
        self._line = InTime(verify) if transport is None else None
        self._http = httpx.Client(
            base_url=checked_url(base_url),
            transport=transport or self._line,
            verify=verify,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            headers={"accept": "application/json, application/problem+json", "accept-encoding": "identity"},
        )

    def enrol(self, request: EnrolRequest) -> EnrolReply:
        """Introduce a new node; the only request without a signature. Raises SyncError."""
        body = request.model_dump_json().encode()
        return self._told(EnrolReply, "POST", "/edge/v1/enrol", body)

    def send_batch(self, batch: Batch) -> BatchReceipt:
        """Raises SyncError; a gap is Refused with problem.slug "gap" and problem.extra["expected_seq"]."""
        return self._told(BatchReceipt, "POST", "/edge/v1/batches", batch.model_dump_json().encode())

    def send_alarms_ahead(self, alarms: AlarmsAhead) -> None:
        """What cannot wait for its place in the journal. Raises SyncError. Sending twice is harmless."""
        self._ask("POST", "/edge/v1/alarms", alarms.model_dump_json().encode())

    def send_picture(self, event_id: UUID, jpeg: bytes, shows: Shows = Shows.FRAME) -> None:
        """Raises SyncError. Sending twice is harmless."""
        self._ask("PUT", f"/edge/v1/pictures/{event_id}?shows={shows.value}", jpeg, content_type="image/jpeg")

    def put_live(self, lane_id: UUID, jpeg: bytes) -> None:
        """The newest frame of a lane, for a guard who looks. Raises SyncError."""
        self._ask("PUT", f"/edge/v1/lanes/{lane_id}/live", jpeg, content_type="image/jpeg")

    def wait_for_downlink(
        self, have_version: int, wait_s: int, heartbeat: Mapping[str, str] = MappingProxyType({})
    ) -> Downlink:
        """What central has for this node; the answer may take `wait_s` seconds. Raises SyncError.

        heartbeat: how the node is (queue, skew_ms, disk_free_mb, software); each may be left out.
        """
        target = f"/edge/v1/downlink?{urlencode({'snapshot': have_version, 'wait': wait_s} | dict(heartbeat))}"
        return self._told(Downlink, "GET", target, b"", wait_s=wait_s)

    def prove_rules(self, signed: Signed) -> None:
        """The snapshot this node has, for a central that no longer remembers it. Raises SyncError."""
        self._ask("PUT", "/edge/v1/rules", signed.model_dump_json().encode())

    def offer_keys(self, keys: OfferedKeys) -> None:
        """What photos and templates for this node are to be sealed to. Raises SyncError. Again is harmless."""
        self._ask("PUT", "/edge/v1/faces/key", keys.model_dump_json().encode())

    def tell_models(self, models: TemplateModels) -> None:
        """By which model this node compares, and whose templates are of another. Raises SyncError."""
        self._ask("PUT", "/edge/v1/faces/models", models.model_dump_json().encode())

    def send_anew(self, anew: TemplateAnew) -> None:
        """Templates for other nodes that no enrolment asked for. Raises SyncError. Sending again is harmless."""
        self._ask("PUT", f"/edge/v1/faces/anew/{anew.cardholder_id}", anew.model_dump_json().encode())

    def face_mail(self) -> FaceMail:
        """Photos and templates that wait for this node. Raises SyncError."""
        return self._told(FaceMail, "GET", "/edge/v1/faces/mail", b"")

    def answer_enrolment(self, answer: EnrolmentAnswer) -> None:
        """What became of an enrolment. Raises SyncError. Answering again is harmless."""
        body = answer.model_dump_json().encode()
        self._ask("PUT", f"/edge/v1/faces/enrolments/{answer.enrolment_id}", body)

    def template_settled(self, mail: SealedTemplate, refusal: PieceRefusal | None) -> None:
        """This very template, sealed to this node, was taken, or never will be. Raises SyncError."""
        fate = {"taken": 1} if refusal is None else {"taken": 0, "why": refusal.value}
        self._settled("faces/templates", mail, fate)

    def template_again(self, mail: SealedTemplate) -> None:
        """This very template cannot be taken as it is: it is to be sealed anew. Raises SyncError."""
        self._settled("faces/templates", mail, {"taken": 0, "again": 1})

    def watch_mail(self) -> WatchMail:
        """Photos and templates of the watch group that wait for this node. Raises SyncError."""
        return self._told(WatchMail, "GET", "/edge/v1/watch-group/mail", b"")

    def answer_watch(self, answer: EnrolmentAnswer) -> None:
        """What became of an entry's photos. Raises SyncError. Answering again is harmless."""
        self._ask("PUT", f"/edge/v1/watch-group/{answer.enrolment_id}", answer.model_dump_json().encode())

    def watch_settled(self, mail: SealedTemplate, taken: bool) -> None:
        """This template of an entry was taken, or never will be. Raises SyncError."""
        self._settled("watch-group", mail, {"taken": int(taken)})

    def watch_again(self, mail: SealedTemplate) -> None:
        """This template of an entry is to be sealed anew. Raises SyncError."""
        self._settled("watch-group", mail, {"taken": 0, "again": 1})

    def send_watch_anew(self, anew: TemplateAnew) -> None:
        """An entry's template for nodes that missed it. Raises SyncError. Sending again is harmless."""
        self._ask("PUT", f"/edge/v1/watch-group/anew/{anew.cardholder_id}", anew.model_dump_json().encode())

    def close(self) -> None:
        self._http.close()

    def _settled(self, where: str, mail: SealedTemplate, fate: Mapping[str, str | int]) -> None:
        """By its piece: told late, it takes no newer one away that has come meanwhile."""
        asked = urlencode({**fate, "piece": mail.piece})
        self._ask("DELETE", f"/edge/v1/{where}/{mail.cardholder_id}?{asked}", b"")

    def _told(self, answer: type[Answer], method: str, target: str, body: bytes, *, wait_s: int = 0) -> Answer:
        """Ask, and read the answer. A long poll's answer says nothing about the clock: its trip has no middle."""
        sent_s, response, received_s = self._ask(method, target, body, wait_s=wait_s)
        try:
            told = answer.model_validate_json(response.content)
        except ValidationError as error:
            raise Garbled(
                f"中心的回答无法理解 / central's answer cannot be read ({error.error_count()} faults)"
            ) from error
        if wait_s == 0:
            self._clock.exchanged(sent_s, received_s, told.server_time)
        return told

    def _ask(
        self, method: str, target: str, body: bytes, *, content_type: str = "application/json", wait_s: int = 0
    ) -> tuple[float, Heard, float]:
        """(sent, answer, received), the instants monotonic. Raises SyncError for everything that is no 2xx."""
        try:
            sent_s, response, received_s = self._once(method, target, body, content_type, wait_s)
            if response.status == httpx.codes.UNAUTHORIZED and self._learn_time(sent_s, response, received_s):
                # a node whose clock is hours off signs with times that central must refuse: it now knows better
                sent_s, response, received_s = self._once(method, target, body, content_type, wait_s)
        except (httpx.HTTPError, ssl.SSLError, OSError) as error:
            raise not_reached(error, self._http.base_url) from error
        if not response.is_success:
            raise _error_of(response)
        return sent_s, response, received_s

    def _once(
        self, method: str, target: str, body: bytes, content_type: str, wait_s: int
    ) -> tuple[float, Heard, float]:
        timeout = httpx.Timeout(ANSWER_S + wait_s, connect=CONNECT_S)
        headers = {"content-type": content_type} if body else {}
        request = self._http.build_request(method, target, content=body, headers=headers, timeout=timeout)
        if self._node_id is not None:
            unix_ms = int(self._clock.central_now().timestamp() * 1000)
            sent_target = request.url.raw_path.decode("ascii")
            request.headers["authorization"] = authorization(
                self._keys.signing_key, self._node_id, method, sent_target, body, unix_ms, token_hex(16)
            )
        sent_s = self._clock.monotonic()
        with self._line.whole(self._whole_s + wait_s) if self._line is not None else nullcontext():
            answer = heard(self._http.send(request, stream=True), target)
        return sent_s, answer, self._clock.monotonic()

    def _learn_time(self, sent_s: float, response: Heard, received_s: float) -> bool:
        """Take central's time from the Date header when ours differs by more than a header can be wrong."""
        told = _date_of(response)
        if told is None or abs(told - self._clock.central_now()) < ALARM:
            return False
        self._clock.exchanged_coarsely(sent_s, received_s, told)
        return True


def _date_of(response: Heard) -> datetime | None:
    try:
        told = parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError):
        return None
    return told if told.tzinfo is not None else None


def _error_of(response: Heard) -> SyncError:
    problem = _problem_of(response)
    status = response.status
    if status in _OVERLOADED or status >= 500:
        return Offline(f"中心暂时无法处理 / central cannot answer now: {problem}")
    if status in (401, 403):
        return Unauthorised(problem)
    if status < 400:
        return Garbled(f"中心的回答不是预期的 / not an answer of central: {problem}")
    return Refused(problem)


def _problem_of(response: Heard) -> Problem:
    try:
        told = json.loads(response.content)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return Problem(response.status)
    known = {name: str(told.pop(name, "")) for name in ("type", "title", "detail", "trace")}
    told.pop("status", None)
    return Problem(response.status, **known, extra=told)
