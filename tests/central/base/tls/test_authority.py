"""The first certificate and the next ones, by the real protocol; and every way that an authority says no."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from central.__main__ import _terms, listening_socket
from central.base.kernel import clock
from central.base.tls.authority import Authority, AuthorityAway, AuthorityRefuses
from central.base.tls.challenge import ChallengePort
from central.base.tls.keeper import ByAuthority, Keeper, due_at
from central.base.tls.pair import Pair, TlsError
from tests.central.base.tls.conftest import DOMAIN, Pebble


def authority_at(pebble: Pebble, folder: Path, monkeypatch: pytest.MonkeyPatch, email: str = "a@b.cn") -> Authority:
    for name, value in pebble.env.items():
        monkeypatch.setenv(name, value)
    return Authority(pebble.directory, DOMAIN, email, folder / "data" / "tls")


@contextmanager
def plain_port(pebble: Pebble) -> Iterator[ChallengePort]:
    with (
        listening_socket("127.0.0.1", pebble.http_port, "--acme-http-port") as listener,
        ChallengePort(listener, f"https://{DOMAIN}") as port,
    ):
        yield port


@pytest.mark.req("SEC-03")
def test_the_first_certificate_is_kept_for_the_next_start(pebble, tmp_path, monkeypatch):
    authority = authority_at(pebble, tmp_path, monkeypatch)
    assert authority.kept(clock.now()) is None
    with plain_port(pebble) as port:
        first = ByAuthority(authority, port, clock.now()).pair
        assert first.names == (DOMAIN,) and port.answers == {}
        again = ByAuthority(authority, port, clock.now()).pair
    assert again.serial == first.serial, "nothing was ordered twice"
    assert stat.S_IMODE(authority.folder.stat().st_mode) == stat.S_IMODE(authority.own_folder.stat().st_mode) == 0o700
    kept = {path.name: stat.S_IMODE(path.stat().st_mode) for path in authority.own_folder.iterdir()}
    assert kept == {"account.key": 0o600, "pair.pem": 0o600}
    other = Authority(pebble.directory, "other.example.cn", "", authority.folder)
    assert other.kept(clock.now()) is None, "a certificate for another name is none"
    assert authority.kept(first.ends_at) is None, "nor is one that has ended"


def test_an_authority_that_refuses_half_of_the_nonces_still_issues(make_pebble, tmp_path, monkeypatch):
    pebble = make_pebble(refused_nonces=50)
    with plain_port(pebble) as port:
        assert ByAuthority(authority_at(pebble, tmp_path, monkeypatch), port, clock.now()).pair.names == (DOMAIN,)


def test_renewed_when_due_with_the_same_account_and_another_key(pebble, tmp_path, monkeypatch):
    authority = authority_at(pebble, tmp_path, monkeypatch)
    taken: list[Pair] = []
    with plain_port(pebble) as port:
        source = ByAuthority(authority, port, clock.now())
        account = (authority.own_folder / "account.key").read_bytes()
        first = source.pair
        keeper = Keeper(source, taken.append)
        keeper.look(clock.now())
        assert taken == []
        keeper.look(due_at(first))
    assert [pair.serial for pair in taken] == [source.pair.serial] and source.pair.serial != first.serial
    assert (authority.own_folder / "account.key").read_bytes() == account
    kept = authority.kept(clock.now())
    assert kept is not None and kept.serial == source.pair.serial
    assert key_of(kept) != key_of(first)
    assert keeper.state.failing_since is None


def key_of(pair: Pair) -> bytes:
    return pair.pem[pair.pem.index(b"-----BEGIN PRIVATE KEY") :]


def test_an_authority_that_is_gone_at_renewal_changes_nothing_until_it_is_back(pebble, tmp_path, monkeypatch):
    authority = authority_at(pebble, tmp_path, monkeypatch)
    taken: list[Pair] = []
    with plain_port(pebble) as port:
        source = ByAuthority(authority, port, clock.now())
        first, due = source.pair, due_at(source.pair)
        keeper = Keeper(source, taken.append)
        pebble.stop()
        keeper.look(due)
        assert (taken, source.pair, keeper.state.failing_since) == ([], first, due)
        assert authority.kept(clock.now()) == first
        with pytest.raises(AuthorityAway, match="is not reached"):
            authority.issue(port.answers, due)
        pebble.start()  # it remembers nobody: the account is made anew, with the key that was kept
        keeper.look(due)
    assert len(taken) == 1 and keeper.state.failing_since is None


def test_a_domain_that_cannot_be_proven_is_refused_in_words(pebble, tmp_path, monkeypatch):
    authority = authority_at(pebble, tmp_path, monkeypatch)
    nobody_serves_these: dict[str, str] = {}
    with pytest.raises(AuthorityRefuses, match="could not prove") as refused:
        authority.issue(nobody_serves_these, clock.now())
    assert DOMAIN in str(refused.value) and "refused" in str(refused.value), "the authority's own reason is told"
    assert nobody_serves_these == {} and authority.kept(clock.now()) is None


def test_what_the_authority_refuses_is_told_with_its_reason(pebble, tmp_path, monkeypatch):
    authority = authority_at(pebble, tmp_path, monkeypatch, email="nobody")
    with pytest.raises(AuthorityRefuses, match=r"issues nothing for .*nobody"):
        authority.issue({}, clock.now())


def test_an_authority_that_wants_more_than_agreement_is_named(
    make_pebble: Callable[..., Pebble], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = authority_at(make_pebble(external_accounts=True), tmp_path, monkeypatch)
    with pytest.raises(AuthorityRefuses, match="external account"):
        authority.issue({}, clock.now())


def test_a_folder_that_cannot_be_used_is_told_before_anything_is_ordered(tmp_path):
    authority = Authority("https://nobody.invalid/", DOMAIN, "", tmp_path / "tls")
    authority.own_folder.mkdir(parents=True)
    (authority.own_folder / "account.key").write_text("no key")
    with pytest.raises(TlsError, match="cannot be used"):
        authority.issue({}, clock.now())
    with pytest.raises(TlsError, match="cannot be used"):
        Authority("https://nobody.invalid/", DOMAIN, "", tmp_path / "tls" / "nobody.invalid" / "account.key").issue(
            {}, clock.now()
        )


def test_where_the_terms_are(pebble, tmp_path, monkeypatch):
    authority = authority_at(pebble, tmp_path, monkeypatch)
    assert authority.terms() == "data:text/plain,Do%20what%20thou%20wilt"
    pebble.stop()
    assert authority.terms() is None
    told = _terms(None)  # its directory is for programs: nobody is sent to read that
    assert "网站" in told and "web site" in told and pebble.directory not in told
