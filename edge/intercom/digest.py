"""Who may ask a lane to open, from the network: HTTP digest with challenges that are good for one try. Pure.

    intercom   POST /intercom/east-in
    node       401, WWW-Authenticate: Digest realm="menting", qop="auth", algorithm=SHA-256, nonce="…", opaque="east-in"
                    (and the same with MD5: many intercoms know nothing newer)
    intercom   POST /intercom/east-in, Authorization: Digest username, realm, nonce, uri, qop, nc, cnonce, response
    node       204 it was taken, 400 not understood, 401 once more, 403 never, 409 no such call, 429 too often

    response = H( H(user:realm:secret) : nonce : nc : cnonce : auth : H(POST:uri) )            RFC 7616, 3.4.1

A challenge is a random number of ours, given to one address for one lane, good for CHALLENGE_S seconds and for exactly
one answer, right or wrong: who listens to the wire has nothing to play back. The secret is never sent. An
address that is not the lane's own is told no before anything else. What the path may say of a call: `calls.py`. Not
tried with any intercom.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from edge.intercom.calls import Call, Event, after, in_progress, read

REALM = "menting"
CHALLENGE_S = 30.0
CHALLENGES_MAX = 8
OPENINGS_MAX, OPENINGS_S = 6, 60.0
WRONG_MAX, WRONG_S = 5, 600.0
ALGORITHMS = {"SHA-256": "sha256", "MD5": "md5"}


@dataclass(frozen=True, slots=True)
class Peer:
    """The one intercom of a lane: where it is, and what it knows."""

    lane: str
    address: str
    user: str
    secret: str = field(repr=False)
    calls: bool = False
    """It tells of its calls, and may ask for its door during one only."""
    opens: bool = True
    """False at a barrier: an arm is raised by whoever sees the lane, and its intercom tells of its calls alone."""


class Answer(Enum):
    """What the intercom is told; the value is the HTTP status."""

    TAKEN = 204
    UNREADABLE = 400
    PROVE_IT = 401
    NO = 403
    NO_CALL = 409
    TOO_OFTEN = 429


@dataclass(frozen=True, slots=True)
class Door:
    """What is remembered of one lane's intercom. Times are monotonic seconds.

    `challenges`: those not answered yet, with when they were given. `opened`, `wrong`: when it was right, and wrong.
    `call`: the one in progress, as far as the intercom tells of them.
    """

    challenges: tuple[tuple[str, float], ...] = ()
    opened: tuple[float, ...] = ()
    wrong: tuple[float, ...] = ()
    call: Call | None = None

    @property
    def locked(self) -> bool:
        """Whether too many tries were wrong: a person is told."""
        return len(self.wrong) >= WRONG_MAX


def judge(door: Door, peer: Peer, sender: str, uri: str, authorization: str | None, now: float) -> tuple[Door, Answer]:
    """One request. Whatever was claimed, the challenge that it names is used up."""
    if sender != peer.address:
        return door, Answer.NO
    said_of_call = read(uri)
    if said_of_call is None:
        return door, Answer.UNREADABLE
    door = _forgotten(door, now)
    if door.locked:
        return door, Answer.TOO_OFTEN
    if authorization is None:
        return door, Answer.PROVE_IT
    said = parse(authorization)
    given = tuple(nonce for nonce, _ in door.challenges)
    fresh = said.get("nonce", "") in given
    door = replace(door, challenges=tuple(one for one in door.challenges if one[0] != said.get("nonce")))
    if not fresh:
        return door, Answer.PROVE_IT  # old, used or invented: it is asked anew, and learns nothing
    if not hmac.compare_digest(said.get("response", "").encode(), _response(peer, uri, said).encode()):
        return replace(door, wrong=(*door.wrong, now)), Answer.PROVE_IT
    if said_of_call.event is Event.OPEN and not peer.opens:
        return door, Answer.NO
    if said_of_call.event is not Event.OPEN:
        return replace(door, call=after(door.call, said_of_call, now)), Answer.TAKEN
    if peer.calls and not in_progress(door.call, said_of_call, now):
        return door, Answer.NO_CALL
    if len(door.opened) >= OPENINGS_MAX:
        return door, Answer.TOO_OFTEN
    return replace(door, opened=(*door.opened, now)), Answer.TAKEN


def challenged(door: Door, nonce: str, now: float) -> Door:
    """After a challenge was given; the oldest of too many are forgotten."""
    return replace(door, challenges=(*door.challenges, (nonce, now))[-CHALLENGES_MAX:])


def challenge_headers(nonce: str, lane: str) -> tuple[str, ...]:
    """The strongest first, as the RFC asks."""
    return tuple(
        f'Digest realm="{REALM}", qop="auth", algorithm={name}, nonce="{nonce}", opaque="{lane}"' for name in ALGORITHMS
    )


def parse(authorization: str) -> dict[str, str]:
    """The fields of a Digest answer; empty for anything else, however long or strange."""
    scheme, _, rest = authorization[:2000].partition(" ")
    if scheme.lower() != "digest":
        return {}
    return {name.lower(): quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', rest)}


def respond(peer: Peer, uri: str, nonce: str, *, algorithm: str = "SHA-256", cnonce: str = "c", nc: str = "1") -> str:
    """What an intercom that knows the secret answers: for simulators and tests."""
    said = {
        "username": peer.user, "realm": REALM, "nonce": nonce, "uri": uri, "qop": "auth", "nc": nc, "cnonce": cnonce,
        "algorithm": algorithm,
    }  # fmt: skip
    said["response"] = _response(peer, uri, said)
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in said.items())


def _response(peer: Peer, uri: str, said: Mapping[str, str]) -> str:
    """What it must be. A wrong user, realm, path or quality of protection is a wrong answer like any other."""
    algorithm = ALGORITHMS.get(said.get("algorithm", "MD5").upper())
    right = said.get("username") == peer.user and said.get("realm") == REALM and said.get("uri") == uri
    if algorithm is None or not right or said.get("qop") != "auth":
        return "no answer is right"

    def digest(text: str) -> str:
        return hashlib.new(algorithm, text.encode(), usedforsecurity=False).hexdigest()

    who, what = digest(f"{peer.user}:{REALM}:{peer.secret}"), digest(f"POST:{uri}")
    return digest(f"{who}:{said['nonce']}:{said.get('nc', '')}:{said.get('cnonce', '')}:auth:{what}")


def _forgotten(door: Door, now: float) -> Door:
    return Door(
        challenges=tuple(one for one in door.challenges if now - one[1] < CHALLENGE_S),
        opened=tuple(at for at in door.opened if now - at < OPENINGS_S),
        wrong=tuple(at for at in door.wrong if now - at < WRONG_S),
        call=door.call,
    )
