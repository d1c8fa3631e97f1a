"""测试开票: a provider that makes no invoice. It says what a real one would say, rightly signed, so that everything
behind a provider can be tried. On only where the environment's MENTING_TEST_INVOICE says yes.

    menting-test-timestamp   seconds since 1970
    menting-test-signature   HMAC-SHA256 of timestamp, newline, body; hexadecimal
    body                     {"number", "amount_fen", "end": "issued" | "refused", "invoice_number", "why"}

It refuses a buyer whose title holds 拒, so that a refusal can be tried too.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from central.money.payments.rules import Unfit, is_fresh
from central.money.receipts.invoicers import End, InvoicerAway, Looked, Wanted, Word

NAME = "test"
TIMESTAMP, SIGNATURE = "menting-test-timestamp", "menting-test-signature"
TEST_INVOICE = "MENTING_TEST_INVOICE"
KEPT_MAX = 1_000
REFUSES = "拒"


def test_invoice_wanted() -> bool:
    return os.environ.get(TEST_INVOICE) == "yes"


class SampleInvoicer:
    """key: this process's own, so that nobody outside it can sign. What it knows ends with the process."""

    name = NAME

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._wanted: dict[str, Wanted] = {}

    def ask(self, wanted: Wanted) -> None:
        if wanted.number not in self._wanted and len(self._wanted) >= KEPT_MAX:
            raise InvoicerAway("receipts.provider_away")
        self._wanted[wanted.number] = wanted

    def look(self, number: str, now: datetime) -> Word | Looked:
        """Its own signed word, read as anybody's is. Of what an earlier process was asked it knows nothing."""
        wanted = self._wanted.get(number)
        if wanted is None:
            return Looked.UNKNOWN
        word = self.read(*self.says(wanted, now), now)
        return word if isinstance(word, Word) else Looked.MAKING

    def says(self, wanted: Wanted, now: datetime) -> tuple[dict[str, str], bytes]:
        """Headers and body of its word about a request."""
        refused = REFUSES in wanted.buyer.title
        told = {
            "number": wanted.number,
            "amount_fen": wanted.amount_fen,
            "end": (End.REFUSED if refused else End.ISSUED),
        }
        told |= {"why": "测试开票：抬头含“拒”字"} if refused else {"invoice_number": f"TEST-{wanted.number[-16:]}"}
        body, at = json.dumps(told).encode(), str(int(now.timestamp()))
        return {TIMESTAMP: at, SIGNATURE: self._sign(at, body)}, body

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Word | Unfit:
        at = headers.get(TIMESTAMP, "")
        if not (at.isascii() and at.isdigit() and len(at) <= 12):
            return Unfit.UNREADABLE
        if not hmac.compare_digest(self._sign(at, body).encode(), headers.get(SIGNATURE, "").encode()):
            return Unfit.FORGED
        if not is_fresh(datetime.fromtimestamp(int(at), UTC), now):
            return Unfit.STALE
        try:
            told = json.loads(body)
            return Word(
                str(told["number"]), int(told["amount_fen"]), End(told["end"]), str(told.get("invoice_number", "")),
                "", str(told.get("why", "")),
            )  # fmt: skip
        except (ValueError, TypeError, KeyError):
            return Unfit.UNREADABLE

    def _sign(self, at: str, body: bytes) -> str:
        return hmac.new(self._key, at.encode() + b"\n" + body, "sha256").hexdigest()
