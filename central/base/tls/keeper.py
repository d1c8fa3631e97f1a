"""Keeps central's certificate valid while it serves: asks its source from time to time and hands new pairs over."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from central.base.kernel import clock
from central.base.tls.authority import Authority
from central.base.tls.challenge import ChallengePort
from central.base.tls.pair import Pair, TlsError, read_pair

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(minutes=1)
CHECK_EVERY = timedelta(days=1)
FIRST_RETRY = timedelta(hours=1)
RENEW_AT = 2 / 3  # of its life: what is left then outlasts a month of failures with a 90-day certificate
WARN_BEFORE, WARN_LIFE = timedelta(days=14), 1 / 10  # a pair by hand that nobody has renewed: whichever is shorter
JITTER = 0.1  # of each wait, so that a thousand centrals that were set up alike do not ask in the same second


class Source(Protocol):
    """Where a pair comes from."""

    pair: Pair

    def renewed(self, now: datetime) -> Pair | None:
        """A newer pair, which is `pair` from now on, or None. Raises `TlsError` when one is due and is not to be
        had; `pair` is then the old one."""

    def wait(self, now: datetime, failures: int) -> timedelta:
        """How long until the next look, after so many failures in a row."""


class ByHand:
    """Two files that somebody else renews."""

    def __init__(self, certificate: Path, key: Path, now: datetime) -> None:
        """Raises `BadPair`."""
        self._files = (certificate, key)
        self._seen = self._stamp()
        self.pair = read_pair(certificate, key, now)

    def renewed(self, now: datetime) -> Pair | None:
        stamp = self._stamp()
        if stamp != self._seen:
            pair = read_pair(*self._files, now)
            self._seen = stamp  # only now: a bad pair is read again and again, since it may be half written
            if pair.pem != self.pair.pem:
                self.pair = pair
                return pair
        left = self.pair.ends_at - now
        if left < min(WARN_BEFORE, self.pair.life * WARN_LIFE):
            raise TlsError(
                f"证书还有 {max(left.days, 0)} 天到期，请在 {self._files[0]} 换上新的。\nThe certificate ends at "
                f"{self.pair.ends_at:%Y-%m-%d %H:%M} UTC; put a new pair in its place, central takes it over by itself."
            )
        return None

    def wait(self, now: datetime, failures: int) -> timedelta:
        return LOOK_EVERY

    def _stamp(self) -> list[tuple[int, ...] | None]:
        """Follows links, since that is how renewed files are often swapped in."""
        stamps: list[tuple[int, ...] | None] = []
        for path in self._files:
            try:
                found = path.stat()
                stamps.append((found.st_mtime_ns, found.st_ino, found.st_size))
            except OSError:
                stamps.append(None)
        return stamps


class ByAuthority:
    """Ordered and renewed by central itself."""

    def __init__(self, authority: Authority, port: ChallengePort, now: datetime) -> None:
        """Takes the pair that was kept; without one, orders the first. Raises `TlsError`."""
        self._authority = authority
        self._port = port
        self.pair = authority.kept(now) or authority.issue(port.answers, now)

    def renewed(self, now: datetime) -> Pair | None:
        if now < due_at(self.pair):
            return None
        self.pair = self._authority.issue(self._port.answers, now)
        return self.pair

    def wait(self, now: datetime, failures: int) -> timedelta:
        return until_next(self.pair, now, failures)


def due_at(pair: Pair) -> datetime:
    return pair.begins_at + pair.life * RENEW_AT


def until_next(pair: Pair, now: datetime, failures: int) -> timedelta:
    """A day, or less where the pair is due earlier; after failures an hour, doubling up to a day."""
    if failures:
        return min(FIRST_RETRY * 2 ** min(failures - 1, 8), CHECK_EVERY)
    return min(CHECK_EVERY, max(due_at(pair) - now, timedelta()))


@dataclass(frozen=True, slots=True)
class CertificateState:
    """For whoever watches. failing_since: when renewal began to fail, None while all is well."""

    ends_at: datetime
    failing_since: datetime | None


class Keeper:
    """Asks `source` at start and then at its intervals, in a thread of its own, and gives new pairs to `take`.

    Nothing that goes wrong here ends the thread or the serving: it is logged, it shows in `state`, and the old pair
    stays."""

    def __init__(self, source: Source, take: Callable[[Pair], None]) -> None:
        self._source = source
        self._take = take
        self._failures = 0
        self._failing_since: datetime | None = None
        self._told: tuple[str, datetime] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="certificate", daemon=True)

    @property
    def state(self) -> CertificateState:
        return CertificateState(self._source.pair.ends_at, self._failing_since)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Does not wait: an order may be under way, and one that is cut off is made again at the next start."""
        self._stop.set()

    def look(self, now: datetime) -> None:
        """Once, now."""
        try:
            pair = self._source.renewed(now)
            if pair is not None:
                self._take(pair)
        except TlsError as error:
            self._failed(now, str(error))
        except Exception:  # the old certificate serves on, and the next look tries again; /health tells since when
            log.exception("a fault while renewing the certificate")
            self._failed(now, "a fault")
        else:
            if pair is not None:
                log.info("a new certificate is in use", extra={"ends_at": pair.ends_at, "serial": f"{pair.serial:x}"})
            self._failures, self._failing_since, self._told = 0, None, None

    def _failed(self, now: datetime, why: str) -> None:
        self._failures += 1
        self._failing_since = self._failing_since or now
        if self._told is not None and self._told[0] == why and now - self._told[1] < CHECK_EVERY:
            return  # the same words each minute would bury the rest of the log
        self._told = (why, now)
        ends_at = self._source.pair.ends_at
        log.error("the certificate was not renewed; the old one stays in use", extra={"why": why, "ends_at": ends_at})

    def _run(self) -> None:
        wait = timedelta()
        while not self._stop.wait(wait.total_seconds()):
            now = clock.now()
            self.look(now)
            wait = self._source.wait(now, self._failures) * random.uniform(1, 1 + JITTER)  # noqa: S311 - jitter, not a secret
