"""Templates between nodes: sealed to a key that goes, so that old ciphertext opens no more; and nobody loses their face
by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from nacl.signing import SigningKey

from edge.enrolment.receiving import Receiving
from edge.enrolment.seals import SealAgain, open_template
from edge.store.view import RulesView, view_of
from edge.sync.errors import Offline
from models.wire.faces import EnrolmentOutcome, NodeKey, SealedTemplate, WantedTemplate
from models.wire.receiving import signed_by
from models.wire.snapshot import Erasure
from tests.edge.enrolment.conftest import (
    ANNA,
    MakeSite,
    Site,
    by_mail,
    files,
    named,
    reached_by,
    rules,
)

HOUR = timedelta(hours=1)
Pair = tuple[Site, Site]


@pytest.fixture
def pair(make_site: MakeSite) -> Pair:
    """The enrolment node and another one, each with its key of this hour told."""
    site, other = make_site(), make_site("other", UUID(int=12))
    for one in (site, other):
        one.desk.step()
    reached_by(site, other)
    return site, other


def sealed_for_other(pair: Pair, photos: list[bytes]) -> SealedTemplate:
    site, _ = pair
    answer = site.answer(site.job(ANNA, photos))
    assert answer.outcome is EnrolmentOutcome.ENROLLED
    (sealed,) = answer.templates
    return sealed


def wrapped(site: Site) -> list[tuple[bytes, bytes]]:
    """Every key of the key ring as it lies on the disk: (id, wrapped)."""
    return site.keys._database.connection.execute("SELECT key_id, wrapped FROM person_keys").fetchall()


def every_key(site: Site) -> Iterator[bytes]:
    """All 32 bytes of the node's folder that are a key: seed, master, what is derived of it, all in the ring."""
    yield from (bytes(site.keys.signing_key), site.keys._master)
    yield from (site.keys.derive(purpose) for purpose in ("wrap-person-keys", "node-data"))
    yield from (site.keys._unwrap(key_id, content) for key_id, content in wrapped(site))


def opens(site: Site, sealed: bytes) -> bool:
    """Whether anybody opens it who has this node's whole folder, whatever use he makes of each key."""
    for key in every_key(site):
        for private in (PrivateKey(key), Receiving(key).private, SigningKey(key).to_curve25519_private_key()):
            try:
                SealedBox(private).decrypt(sealed)
            except CryptoError:
                continue
            return True
    return False


@pytest.mark.req("PRIV-05", "PRIV-06", "PRIV-07")
def test_what_central_kept_of_a_template_opens_no_more_with_everything_that_the_node_has(
    pair: Pair, photos: list[bytes]
) -> None:
    """A backup of central's database, this node's whole folder, the sender's key: and the person was erased."""
    site, other = pair
    kept = sealed_for_other(pair, photos)
    other.post.templates = [kept]
    other.desk.step()
    assert other.post.settled == [(ANNA, True)]
    assert opens(other, kept.sealed), "this test finds the key while there is one"
    before, secrets = wrapped(other), other.templates.photo_keys.all()
    for one in (site, other):
        one.templates.erase_ordered([Erasure(order_id=UUID(int=77), cardholder_id=ANNA)], {})
        one.keys.erase(ANNA)
    other.ahead = HOUR + timedelta(minutes=1)
    other.desk.step()  # tells its next key
    other.ahead += timedelta(minutes=59)
    other.desk.step()
    assert opens(other, kept.sealed), "an hour for what was on its way"
    other.ahead += timedelta(minutes=2)
    other.desk.step()
    assert not opens(other, kept.sealed) and not opens(site, kept.sealed)
    senders = frozenset({site.keys.public_key})
    with pytest.raises(SealAgain):
        open_template(other.templates.photo_keys.all(), other.node_id, kept, senders)
    gone = [content for key_id, content in before if (key_id, content) not in wrapped(other)]
    assert len(gone) >= len(secrets) and not any(content in files(other.folder) for content in gone), "not even wrapped"
    assert not any(secret in files(other.folder) for secret in secrets)


@pytest.mark.req("PRIV-07")
def test_each_hour_another_key_is_told_and_signed_for_this_node(make_site: MakeSite) -> None:
    site = make_site()
    told = []
    for _ in range(3):
        site.desk.step()
        assert site.post.key is not None and site.post.key.receiving is not None
        told.append(site.post.key.receiving)
        assert signed_by(told[-1], site.node_id, site.keys.public_key)
        assert not signed_by(told[-1], UUID(int=12), site.keys.public_key)
        site.ahead += HOUR
    assert len({one.point for one in told}) == 3


@pytest.mark.req("PRIV-07")
def test_a_node_that_comes_back_after_days_opens_what_waited_for_it(
    pair: Pair, make_site: MakeSite, photos: list[bytes]
) -> None:
    site, other = pair
    waits = sealed_for_other(pair, photos)
    other.close()
    back = make_site("other", other.node_id)
    back.ahead, back.post.templates, back.post.others = timedelta(days=5), [waits], (by_mail(site),)
    assert other.post.key is not None
    back.desk.step()
    assert back.post.settled == [(ANNA, True)] and back.templates.get(ANNA) == site.templates.get(ANNA)
    assert back.post.key is not None and back.post.key.key_id != other.post.key.key_id and back.post.again == []


@pytest.mark.req("PRIV-07")
def test_a_node_that_is_cut_off_just_when_it_comes_back_has_still_fetched_what_waited(
    pair: Pair, photos: list[bytes]
) -> None:
    """The later key is told after the mail is in hand: cut off in between, the earlier one stays."""
    _, other = pair
    waits = sealed_for_other(pair, photos)
    other.ahead, other.post.templates, other.post.offline = timedelta(days=5), [waits], True
    with pytest.raises(Offline):
        other.desk.step()
    other.ahead += timedelta(days=5)
    other.post.offline = False
    other.desk.step()
    assert other.post.settled == [(ANNA, True)]


@pytest.mark.req("PRIV-07")
def test_what_opens_no_more_is_asked_for_again_and_arrives(pair: Pair, photos: list[bytes]) -> None:
    site, other = pair
    late = sealed_for_other(pair, photos)
    for _ in range(3):
        other.ahead += HOUR
        other.desk.step()
    told = other.post.key
    other.post.key = None  # as a central has it that was restored from yesterday's backup
    other.post.templates = [late]
    other.desk.step()
    assert (other.post.settled, other.post.again) == ([], [ANNA]) and other.templates.get(ANNA) is None
    other.desk.step()
    assert other.post.key == told, "told once more, whatever central knows"
    site.post.others, site.post.wanted = (by_mail(other),), (WantedTemplate(node_id=other.node_id, cardholder_id=ANNA),)
    site.desk.step()
    (sent,) = site.post.anew
    other.post.templates = list(sent.templates)
    other.desk.step()
    assert other.post.settled == [(ANNA, True)] and other.templates.get(ANNA) == site.templates.get(ANNA)


@pytest.mark.req("PRIV-07")
def test_a_node_without_a_key_or_with_a_strangers_gets_nothing_until_its_own_is_known(
    pair: Pair, make_site: MakeSite, photos: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    site, other = pair
    rogue = make_site("rogue", UUID(int=13))
    site.named = (named(other),)
    stolen = by_mail(other).model_copy(update={"receiving": by_mail(rogue).receiving})
    silent = by_mail(other).model_copy(update={"receiving": None})
    for mail in (stolen, silent):
        site.post.others = (mail,)
        assert site.answer(site.job(ANNA, photos)).templates == ()
    assert "not signed by it" in caplog.text
    site.post.others, site.post.wanted = (stolen,), (WantedTemplate(node_id=other.node_id, cardholder_id=ANNA),)
    site.desk.step()
    assert site.post.anew == [], "not when it is asked for either"
    site.post.others = (by_mail(other),)
    site.desk.step()
    assert [one.cardholder_id for one in site.post.anew] == [ANNA]


def without_anna(issued_at: datetime, *nodes: NodeKey) -> RulesView:
    """Rules that do not say that she agreed."""
    told = rules(nodes).snapshot
    assert told is not None
    others = tuple(one for one in told.cardholders if one.cardholder_id != ANNA)
    return view_of(told.model_copy(update={"cardholders": others, "issued_at": issued_at}))


@pytest.mark.req("PRIV-01", "PRIV-07")
def test_a_node_that_was_away_loses_no_template_of_whom_its_rules_do_not_know_yet(
    pair: Pair, photos: list[bytes]
) -> None:
    site, other = pair
    waits = sealed_for_other(pair, photos)
    assert waits.sealed_at is not None
    away, now = waits.sealed_at - timedelta(days=5), waits.sealed_at + timedelta(minutes=1)
    newest = other.desk._rules

    def given(view: RulesView) -> None:
        other.desk._rules = lambda: view
        other.post.templates = [waits]
        other.desk.step()

    given(RulesView())
    given(without_anna(away))  # nor do they name the node that sent it
    given(without_anna(away, named(site)))
    assert (other.post.again, other.post.settled) == ([ANNA] * 3, []) and other.templates.get(ANNA) is None
    given(without_anna(now))
    given(without_anna(now, named(site)))
    assert other.post.settled == [(ANNA, False)] * 2, "by rules of now: it is not asked for once more"
    given(newest())
    assert other.post.settled[-1] == (ANNA, True)
