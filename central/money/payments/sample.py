"""测试收款: a channel that takes no money. It says what a real one would say, rightly signed, so that everything behind
a channel can be tried. On only where the environment's MENTING_TEST_PAY says yes, and never named as anything else.

    menting-test-timestamp   seconds since 1970
    menting-test-signature   HMAC-SHA256 of timestamp, newline, body; hexadecimal
    body                     {"merchant", "number", "order", "amount_fen", "paid_at", "state": "paid" | "failed"}

It keeps contracts too, by plate, as its own page is told (routes.py): one that pays, one whose every charge is accepted
and then fails, or one that is blocked. What became of a charge it says to who asks.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from central.money.payments.channels import Answer, Ask, Back, BackSaid
from central.money.payments.contract_rules import Contract, Heard
from central.money.payments.contracts import Charged, Parked
from central.money.payments.rules import NUMBER_MAX, Failed, Notice, Said, Standing, Unfit, is_fresh

NAME = "test"
MERCHANT = "menting-sample"
TIMESTAMP, SIGNATURE = "menting-test-timestamp", "menting-test-signature"


KEPT_MAX = 1_000
"""Of payments that it has told nobody of, for who asks."""


class Plays(StrEnum):
    """What the contract of a plate does."""

    PAYS = "pays"
    FAILS = "fails"
    BLOCKED = "blocked"


class Sample:
    """key: this process's own, so that nobody outside it can sign. What it knows ends with the process."""

    name = NAME

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._paid: dict[str, Notice] = {}
        self._plates: dict[tuple[UUID, str], Plays] = {}
        self._charges: dict[str, Notice | Heard] = {}

    def way(self, ask: Ask) -> str:
        return f"/pay/test/{ask.tenant_id}/{ask.number}?{urlencode({'back': ask.back})}"

    @staticmethod
    def back_of(way: str) -> str:
        """Where a driver goes on to once they have paid, as it was asked with the way; "" of one without."""
        return parse_qs(urlsplit(way).query).get("back", [""])[0]

    def says(self, number: str, order_number: str, amount_fen: int, now: datetime) -> tuple[dict[str, str], bytes]:
        """Headers and body of its word that an order was paid."""
        told = {
            "merchant": MERCHANT, "number": number, "order": order_number, "amount_fen": amount_fen,
            "paid_at": now.isoformat(), "state": "paid",
        }  # fmt: skip
        return self.signed(told, now)

    def signed(self, told: Mapping[str, Any], now: datetime) -> tuple[dict[str, str], bytes]:
        body, at = json.dumps(told).encode(), str(int(now.timestamp()))
        return {TIMESTAMP: at, SIGNATURE: self._sign(at, body)}, body

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice | Failed | Unfit:
        at = headers.get(TIMESTAMP, "")
        if not (at.isascii() and at.isdigit() and len(at) <= 12):
            return Unfit.UNREADABLE
        if not hmac.compare_digest(self._sign(at, body).encode(), headers.get(SIGNATURE, "").encode()):
            return Unfit.FORGED
        if not is_fresh(datetime.fromtimestamp(int(at), UTC), now):
            return Unfit.STALE
        try:
            told = json.loads(body)
            if told["merchant"] != MERCHANT:
                return Unfit.OTHER_MERCHANT
            if told["state"] == "failed":
                return Failed(str(told["order"])[:NUMBER_MAX])
            if told["state"] != "paid":
                return Unfit.NOT_PAID
            paid_at = datetime.fromisoformat(told["paid_at"]).astimezone(UTC)
            return Notice(str(told["number"])[:NUMBER_MAX], str(told["order"]), int(told["amount_fen"]), paid_at)
        except (ValueError, TypeError, KeyError):
            return Unfit.UNREADABLE

    def answer(self, taken: bool) -> Answer:
        return Answer(200 if taken else 400, "text/plain", b"ok" if taken else b"no")

    def pay_in_silence(self, number: str, order_number: str, amount_fen: int, now: datetime) -> None:
        """As where its notice is lost on the way: who asks is told."""
        if len(self._paid) < KEPT_MAX:
            self._paid[order_number] = Notice(number, order_number, amount_fen, now)

    def look(self, order_number: str, now: datetime) -> Notice | Standing:
        return self._paid.get(order_number, Standing.UNPAID)

    def close(self, order_number: str, now: datetime) -> bool:
        return order_number not in self._paid

    def give_back(self, back: Back) -> BackSaid:
        return BackSaid(Said.ACCEPTED, f"test-{back.number}")

    def look_back(self, back: Back) -> BackSaid:
        return BackSaid(Said.DONE, f"test-{back.number}")

    def play(self, tenant_id: UUID, plate: str, plays: Plays | None) -> bool:
        """Open the contract of a plate, or close it (None). False where it keeps too many already."""
        if plays is None:
            self._plates.pop((tenant_id, plate), None)
        elif (tenant_id, plate) in self._plates or len(self._plates) < KEPT_MAX:
            self._plates[tenant_id, plate] = plays
        else:
            return False
        return True

    def plays(self, tenant_id: UUID, plate: str) -> Plays | None:
        return self._plates.get((tenant_id, plate))

    def contract_of(self, parked: Parked) -> Contract:
        plays = self.plays(parked.tenant_id, parked.plate.text)
        if plays is None:
            return Contract.NONE
        return Contract.BLOCKED if plays is Plays.BLOCKED else Contract.OPEN

    def charge(self, charged: Charged) -> Heard:
        if charged.number in self._charges:
            return Heard.ACCEPTED
        plays = self.plays(charged.parked.tenant_id, charged.parked.plate.text)
        if plays not in (Plays.PAYS, Plays.FAILS) or len(self._charges) >= KEPT_MAX:
            return Heard.REFUSED
        self._charges[charged.number] = (
            Heard.FAILED
            if plays is Plays.FAILS
            else Notice(f"test-{charged.number}", charged.number, charged.amount_fen, charged.parked.now)
        )
        return Heard.ACCEPTED

    def look_charged(self, order_number: str, now: datetime) -> Notice | Heard:
        return self._charges.get(order_number, Heard.REFUSED)

    def _sign(self, at: str, body: bytes) -> str:
        return hmac.new(self._key, at.encode() + b"\n" + body, "sha256").hexdigest()
