"""Every reason, alarm and refusal can be read aloud, in both languages, and never with a blank in it."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.base.kernel.i18n import LANGUAGES, words_in
from central.gates.face_enrolment.rules import EnrolmentState
from central.gates.ingest.rules import ParkReason
from central.gates.visits.rules import MOMENTARY, STAYS_UNTIL_SEEN, STAYS_WHEN_LONG, Lock
from central.oversight.console.audit_words import changes
from central.oversight.console.cards import FROM_AFAR, picture_key
from central.oversight.console.facts import kind_key
from central.oversight.console.phrases import (
    AT_BARRIER,
    Said,
    alarm_said,
    check_said,
    dated,
    reason_counted,
    reason_said,
    visit_said,
    when,
)
from devices.ports import GarbageReason
from edge.verify.face.quality import Unfit
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.access.passes import PassProblem
from models.access.verification import LIVENESS_WORDS, Liveness
from models.values.time import SITE_TZ
from models.wire.events import AlarmKind, ImageRule, Passage
from models.wire.snapshot import SnapshotRefusal

NOW = datetime(2026, 11, 23, 0, 41, 7, tzinfo=UTC)
CONSOLE = Path(__file__).resolve().parents[3] / "central" / "oversight" / "console"
CENTRALS_OWN = (
    "node_offline",
    "node_claims",
    "node_twice",
    "template_claimed",
    "many_claimed",
    "sent_in_vain",
    "bay_fuel_car",
    "bay_charged",
    "chain_broken",
    "fork",
    "events_lost",
    "events_dropped",
    "tailgate_repeated",
)
NEVER = re.compile(r"[!！]|\binvalid\b|\bfail(ed|ure)?\b|\berror\b|无效|失败|错误|非法", re.IGNORECASE)

languages = pytest.mark.parametrize("language", LANGUAGES)


def alarm(kind: str, device: str | None = None, detail: str | None = None, over_at: datetime | None = None) -> Any:
    told = SimpleNamespace(
        kind=kind, device=device, detail=detail, over_at=over_at, revoked_by=None, node_revoked=False, closed_by=None
    )
    told.momentary = kind in MOMENTARY
    told.fire_here, told.fire_elsewhere = False, ()
    told.lock, told.freed_at, told.vehicles, told.in_storm = None, None, False, False
    return told


def sound(said: Said) -> bool:
    return all(part and "{" not in part and "." not in part[:1] for part in (said.what, said.why, said.now))


@pytest.mark.req("ACC-04")
@languages
@pytest.mark.parametrize("reason", [*Reason, *PassProblem])
def test_every_reason_says_what_why_and_what_now(language, reason):
    t = words_in(language)
    bare = reason_said(t, reason.value, {}, None, NOW)
    assert bare == Said(*(t(f"reason.{reason.value}.{part}") for part in ("what", "why", "now")))
    assert sound(bare)
    assert len({bare.what, bare.why, bare.now}) == 3


@pytest.mark.req("ACC-04")
@languages
def test_reasons_differ_from_one_another(language):
    t = words_in(language)
    heard = [reason_said(t, reason.value, {}, None, NOW).what for reason in Reason]
    assert len(set(heard)) == len(heard)


@pytest.mark.req("ACC-04")
def test_a_refusal_names_its_facts_when_they_are_known():
    until = datetime(2026, 11, 23, 0, 0, tzinfo=UTC).isoformat()
    zh = reason_said(words_in("zh_CN"), "expired", {"until": until}, "5-2-1102", NOW)
    assert zh.what == "通行码已过期（今天 08:00）"
    assert zh.now == "请联系 5-2-1102 重新邀请。"
    en = reason_said(words_in("en"), "expired", {"until": until}, "5-2-1102", NOW)
    assert (en.what, en.now) == ("This pass ended today at 08:00", "Ask 5-2-1102 for a new one.")


@pytest.mark.req("ACC-04", "ACC-07")
@languages
@pytest.mark.parametrize("reason", [Reason.NO_CONSENT, Reason.CONSENT_ENDED])
def test_a_check_that_passed_without_the_face_says_so(language, reason):
    t = words_in(language)
    check = {"step": "second_factor", "passed": True, "reason": reason.value, "detail": {}}
    assert check_said(t, check, NOW) == (t("step.second_factor"), t(f"reason.{reason}.what"))


DETAILS = st.dictionaries(
    st.sampled_from(["from", "until", "device", "allowed", "before", "quality", "rule", "{", "effect"]),
    st.one_of(
        st.text(max_size=30), st.just("2026-11-23T00:00:00+00:00"), st.sampled_from(["too_dark", "{until}", "no_face"])
    ),
)


@pytest.mark.req("ACC-04")
@given(
    st.one_of(st.sampled_from([reason.value for reason in Reason]), st.text(max_size=20)),
    DETAILS,
    st.sampled_from(LANGUAGES),
)
def test_whatever_a_node_sends_there_are_words_and_none_of_them_is_missing(reason, detail, language):
    said = reason_said(words_in(language), reason, detail, None, NOW)
    assert said.what and said.why and said.now
    assert not said.what.startswith("reason.") and not said.now.startswith("reason.")


@pytest.mark.req("ACC-04")
@languages
@pytest.mark.parametrize(
    ("reason", "kind"), [("revoked", "card"), ("unknown", "card"), ("unknown", "pin"), ("unknown", "face")]
)
def test_a_refusal_speaks_of_what_was_shown(language, reason, kind):
    """Who holds up a card that was reported lost is not told to have a pass withdrawn, nor to be invited again."""
    t = words_in(language)
    said, of_pass = reason_said(t, reason, {}, "6-1-502", NOW, kind), reason_said(t, reason, {}, "6-1-502", NOW, "pass")
    assert said.what != of_pass.what and said.why != of_pass.why and sound(said)
    assert of_pass == reason_said(t, reason, {}, "6-1-502", NOW)
    assert not {"邀请", "通行码已撤销"} & {
        word for word in ("邀请", "通行码已撤销") if reason == "revoked" and word in said.now + said.what
    }


@pytest.mark.req("ACC-04")
@languages
@pytest.mark.parametrize("kind", [*(kind.value for kind in AlarmKind), *CENTRALS_OWN, "of the future"])
def test_every_alarm_says_what_why_and_what_now(language, kind):
    said = alarm_said(words_in(language), alarm(kind))
    assert sound(said)
    assert kind == "of the future" or said.what != words_in(language)("alarm.other.what")


@pytest.mark.req("SYNC-13", "SYNC-14")
@languages
def test_a_node_that_takes_no_rules_and_no_commands_is_told_in_words_of_its_own(language):
    t = words_in(language)
    told, full = alarm_said(t, alarm("disk", device="rules", detail="新规则存不下 / …")), alarm_said(t, alarm("disk"))
    assert sound(told) and told.device == t("device.rules")
    assert {told.what, told.why, told.now}.isdisjoint({full.what, full.why, full.now})
    refused = reason_said(t, "not_kept", {}, None, NOW)
    assert sound(refused) and refused.what != t("reason.other.what")


@languages
@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("outcome", [one.value for one in Outcome]),
        ("scan", [*(one.value for one in GarbageReason), "backlog"]),
        ("snapshot", [one.value for one in SnapshotRefusal]),
        ("liveness", [*(one.value for one in Liveness), *sorted(LIVENESS_WORDS)]),
        ("image", [one.value for one in ImageRule]),
        ("quality", [one.value for one in Unfit]),
        ("parked.why", [one.value for one in ParkReason]),
        ("face.last", [one.value for one in EnrolmentState]),
        ("passage", list(Passage.model_fields["why"].annotation.__args__)),
    ],
)
def test_every_closed_list_has_its_words(language, prefix, names):
    t = words_in(language)
    assert [name for name in names if not t.has(f"{prefix}.{name}")] == []


@languages
def test_every_step_of_the_policy_and_every_kind_has_a_name(language):
    t = words_in(language)
    policy = Path(__file__).resolve().parents[3] / "models" / "access" / "policy.py"
    steps = set(re.findall(r"(?:_failed|_passed|_check)\(\s*\"([a-z_]+)\"|step=\"([a-z_]+)\"", policy.read_text()))
    named = {one or other for one, other in steps}
    assert len(named) >= 12
    assert [step for step in named if not t.has(f"step.{step}")] == []
    assert {kind_key(kind.value) for kind in Kind} == {f"kind.{kind.value}" for kind in Kind}
    assert [kind for kind in Kind if not t.has(f"kind.{kind.value}")] == []


def test_an_alarm_names_its_device_and_says_why_rules_were_not_taken():
    t = words_in("zh_CN")
    said = alarm_said(t, alarm("snapshot_refused", device="downlink", detail="older"))
    assert (said.device, said.detail) == ("规则下发", "比现有的旧")
    said = alarm_said(t, alarm("snapshot_refused", device="store", detail="the rules on disk were not used: expired"))
    assert (said.device, said.detail, said.raw) == ("节点规则", t("snapshot.expired"), None)
    said = alarm_said(t, alarm("device_fault", device="reader 7", detail="read-back differs"))
    assert (said.device, said.detail, said.raw) == ("读卡器 7", None, "read-back differs")
    told = "Unreachable: unit 1 did not answer within 0.3 s"
    said = alarm_said(t, alarm("device_fault", device="relay", detail=told))
    assert (said.device, said.why, said.raw) == ("控制板", t("fault.unreachable"), told)
    assert alarm_said(t, alarm("wrong_attempts", device="0198", detail="5 in 10 min")).device is None


@pytest.mark.req("ACC-21")
@languages
@pytest.mark.parametrize("key", ["lane:east-in", "pass:0198", "keypad:east-in", "unit"])
def test_wrong_tries_say_what_was_tried_and_how_often(language, key):
    t = words_in(language)
    said = alarm_said(t, alarm("wrong_attempts", device=key, detail="3 in 10 min"))
    assert "3" in said.why and said.device is None
    assert said.why != alarm_said(t, alarm("wrong_attempts", device="intercom north-in", detail="of old")).why


def test_an_alarm_of_central_about_a_node_names_the_node_and_not_as_its_own_words():
    t = words_in("zh_CN")
    said = alarm_said(t, alarm("node_offline", detail="东门岗"))
    assert (said.device, said.detail, said.raw) == ("东门岗", None, None)
    said = alarm_said(t, alarm("node_claims", detail="东门岗: 2 号: 319 > 318"))
    assert (said.device, said.raw) == ("东门岗: 2 号", None)
    assert said.detail == "它自称有第 319 版，中心只发到第 318 版。"
    said = alarm_said(t, alarm("node_claims", detail="of the future"))
    assert (said.device, said.detail, said.raw) == (None, None, "of the future")
    assert alarm_said(t, alarm("node_offline")).device is None


@pytest.mark.req("PARK-25", "ADMIN-14")
@languages
def test_who_has_booked_is_said_with_its_bay_and_of_others_that_no_place_is_kept(language):
    t = words_in(language)
    visit = SimpleNamespace(
        outcome="grant",
        reason="ok",
        kind=Kind.PLATE,
        detail={"case": "booked"},
        inputs={"booked_bay": "B1-A-07"},
        vehicles=True,
    )
    said = visit_said(t, visit, NOW)
    assert sound(said) and "B1-A-07" in said.now
    visit.inputs = {}
    assert sound(visit_said(t, visit, NOW))
    asked = {"step": "plate_booked", "passed": True, "reason": "ok", "detail": {}}
    assert check_said(t, asked, NOW, decisive=False)[1] == t("check.no"), "no tick for what did not let it in"


@pytest.mark.req("PARK-10", "ADMIN-14")
@languages
def test_an_owner_whose_bay_a_guest_has_is_told_about_with_the_bay_and_until_when(language):
    t = words_in(language)
    inputs = {"shared_bay": "B1-A-01", "shared_until": "2026-11-23T04:00:00+00:00"}
    visit = SimpleNamespace(
        outcome="grant", reason="unknown", kind=Kind.PLATE, detail={"case": "bay_shared"}, inputs=inputs, vehicles=True
    )
    said = visit_said(t, visit, NOW)
    assert sound(said) and "B1-A-01" in said.now and "12:00" in said.now
    visit.inputs = inputs | {"shared_until": "later"}
    assert sound(visit_said(t, visit, NOW))


def test_a_check_shows_its_window_and_its_count():
    t = words_in("zh_CN")
    window = {"from": "2026-11-23T00:00:00+00:00", "until": "2026-11-24T00:00:00+00:00"}
    assert (
        check_said(t, {"step": "window", "passed": True, "reason": "ok", "detail": window}, NOW)[1]
        == "今天 08:00 至 明天 08:00"
    )
    uses = {"allowed": "2", "before": "1"}
    assert check_said(t, {"step": "uses", "passed": True, "reason": "ok", "detail": uses}, NOW) == (
        "次数",
        "已用 1 / 2 次",
    )
    assert (
        check_said(t, {"step": "revoked", "passed": False, "reason": "revoked", "detail": {}}, NOW)[1] == "通行码已撤销"
    )


@given(st.integers(-400, 400), st.sampled_from(LANGUAGES))
def test_a_day_is_named_only_when_it_is_near(days, language):
    t, at = words_in(language), NOW + timedelta(days=days)
    near = {0: "when.today", 1: "when.tomorrow", -1: "when.yesterday"}.get(days)
    clock = at.astimezone(SITE_TZ).strftime("%H:%M")
    assert when(t, at, NOW) == (t(near, clock=clock) if near else dated(t, at, NOW))


@pytest.mark.req("ADMIN-14")
@languages
def test_no_word_blames_or_shouts(language):
    """The whole catalogue of the console, not only what today's pages show."""
    texts = _texts(language)
    assert len(texts) > 400
    assert {key: text for key, text in texts.items() if NEVER.search(text)} == {}


@pytest.mark.req("ADMIN-14")
@languages
def test_every_key_that_pages_and_code_name_has_words(language):
    t = words_in(language)
    named: dict[str, str] = {}
    for path in CONSOLE.rglob("*.html"):
        for key in re.findall(r"\b(?:t|at_lane)\(\s*\"([a-z_]+(?:\.[a-z_]+)+)\"\s*[,)]", path.read_text()):
            named[key] = path.name
    for path in CONSOLE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "t" and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    named[str(first.value)] = path.name
            if isinstance(node, ast.keyword) and node.arg == "fields" and isinstance(node.value, ast.Dict):
                named |= {str(one.value): path.name for one in node.value.values if isinstance(one, ast.Constant)}
    assert len(named) > 150
    assert {key: name for key, name in named.items() if not t.has(key)} == {}


@pytest.mark.req("ADMIN-14")
def test_every_word_is_used_somewhere():
    """A catalogue that keeps dead words hides the missing ones."""
    sources = "\n".join(path.read_text() for path in CONSOLE.rglob("*") if path.suffix in (".html", ".py", ".js"))
    families = (
        "reason.", "alarm.", "scan.", "snapshot.", "step.", "quality.", "liveness.", "image.", "passage.",
        "parked.why.", "parked.kind.", "deed.", "field.", "group.", "tie.", "outcome.", "kind.", "desk.empty",
        "picture.", "desk.show.", "open.reason.", "endfire.reason.", "lane.fire.", "lane.fire_hint.", "figures.days.",
        "lockdown.state.", "privacy.data.", "attacks.kind.", "face.last.", "told.store.", "face.withdraw_who.",
        "texts.point.", "attacks.no.", "face.duplicate.", "groups.ask.", "groups.age.", "groups.sex.", "groups.skin.",
        "privacy.no_finding", "privacy.finding_", "privacy.deed.", "privacy.hold.", "privacy.q.", "privacy.stay.",
        "money.why.", "money.odd.", "passback.reason.", "figures.use.", "figures.refused.", "figures.by.",
        "correction.reason.", "correction.by.", "watch.ground.", "watch.state.", "watch.node.", "passes.state.",
        "position.", "direction.", "person.", "fact.", "audit.", "device.", "fault.", "nav.group.", "steps.", "day.",
        "setup.effect.", "setup.fate.", "cards.said.", "cards.printed.", "cards.number_form.", "cards.advice.",
        "cards.advice_why.", "cards.csv.", "plate.", "stays.tab.", "stays.none.", "stays.look.", "stays.odd.",
        "nodes.said.", "stays.state.", "stays.cause.", "stays.moment.", "stays.void_money.",
        "bookings.state.", "offers.state.", "lot.mark.", "driver.says.", "lot.how.", "lot.zone_how.", "lot.kind.",
        "lot.kind_mark.", "lot.state.", "lot.misused.", "lot.span.", "lot.wrong.", "coupons.bought", "coupons.given",
        "coupons.used", "coupons.expired", "coupons.open", "coupons.left", "coupons.state.", "coupons.gives.",
        "contracts.told_", "charge.state.", "charge.hint.", "tariffs.state.", "tariffs.state_short.", "tariffs.begin.",
        "tariffs.begin_hint.", "tariffs.kind.", "people.alike.", "points.kind.", "points.cover.", "points.do.",
        "setup.zone.mode.", "setup.zone.ask.", "setup.refer_when_stale", "setup.send_pictures", "opening.rules.",
        "opening.kind.", "opening.gate.", "opening.second_factor.", "figures.words.", "figures.seen.",
        "contracts.sign_text.", "closefire.reason.", "hold.reason.", "hold.go_on.", "hold.held", "hold.resumed",
        "hold.turned", "hold.refused.", "turn.now.", "turn.reason.", "turn.button.", "turn.waits.", "storm.reason.",
        "storm.there.", "storm.there_now.", "stays.covered.", "watch.photo.", "driver.call.", "booth.by",
    )  # fmt: skip
    told = [key.removesuffix(".car") for key in _texts("zh_CN")]  # the same word, of where a barrier stands
    unused = [key for key in told if f'"{key}"' not in sources and not key.startswith(families)]
    assert unused == []


@pytest.mark.req("LANE-15", "ADMIN-14")
@languages
def test_where_a_barrier_stands_no_word_is_of_a_door_or_a_lock(language):
    """Each word that has one for a barrier is another there, and speaks of no door."""
    said_of_doors = {"zh_CN": "门|锁", "en": r"\b(door|lock|locked|unlocked)\b"}[language]
    t, doors = words_in(language), re.compile(said_of_doors, re.IGNORECASE)
    barrier = {key: text for key, text in _texts(language).items() if re.search(r"\.car($|\.)", key)}
    assert len(barrier) > 50 and {key: text for key, text in barrier.items() if doors.search(text)} == {}
    burning = alarm("fire")
    burning.vehicles = True
    for lock, over_at, freed_at in (
        (Lock.FREE, None, None), (Lock.FREE, None, NOW), (Lock.UNSURE, None, None), (Lock.STUCK, None, None),
        (Lock.STUCK, NOW, None),
    ):  # fmt: skip
        burning.lock, burning.over_at, burning.freed_at = lock, over_at, freed_at
        said = alarm_said(t, burning)
        assert sound(said) and not any(doors.search(one) for one in (said.what, said.why, said.now))
    late = reason_said(t, "late", {}, None, NOW, AT_BARRIER)
    assert sound(late) and not any(doors.search(one) for one in (late.what, late.why, late.now))


def _texts(language: str) -> dict[str, str]:
    from babel.messages.pofile import read_po

    found: dict[str, str] = {}
    for path in CONSOLE.glob(f"**/i18n/{language}.po"):
        with path.open("rb") as file:
            found |= {str(message.id): str(message.string) for message in read_po(file) if message.id}
    return found


@languages
def test_blanks_are_filled_by_name(language):
    for key, text in _texts(language).items():
        assert all(name != "" for _, name, _, _ in Formatter().parse(text) if name is not None), key


@pytest.mark.req("VIS-01")
@pytest.mark.req("ACC-04")
@languages
@pytest.mark.parametrize("reason", [Reason.NO_FACE, Reason.LOW_QUALITY])
def test_who_has_shown_a_pass_is_not_told_to_use_one(language, reason):
    t = words_in(language)
    alone = reason_said(t, reason, {}, None, NOW, "face").now
    for kind in ("pass", "card"):
        beside = reason_said(t, reason, {}, None, NOW, kind).now
        assert beside != alone and "通行码" not in beside and "a pass" not in beside


@pytest.mark.req("PRIV-08")
@pytest.mark.req("GUARD-02")
def test_who_is_told_to_open_from_afar_is_given_the_button_that_does_it():
    told = re.compile(r"reason\.(\w+)(?:\.\w+)*\.(?:now|beside)")
    texts = {key: words for key, words in _texts("zh_CN").items() if told.fullmatch(key)}
    afar = {key for key, words in texts.items() if "远程开门" in words and "不要远程开门" not in words}
    assert {told.fullmatch(key)[1] for key in afar} == {reason.value for reason in FROM_AFAR}


def test_a_picture_on_its_way_is_not_said_to_be_none_and_one_whose_time_is_over_not_to_be_lost():
    here, soon, late, after = uuid4(), timedelta(seconds=20), timedelta(minutes=5), timedelta(days=7)
    cases = [
        (here, "kept", "grant", late, "picture.here"), (None, "kept", "deny", soon, "picture.coming"),
        (None, "kept", "grant", timedelta(seconds=58), "picture.over"),
        (None, "kept", "grant", late, "picture.over"), (None, "kept", "deny", after, "picture.over"),
        (None, "kept", "deny", late, "picture.gone"), (None, "kept", "refer", late, "picture.gone"),
        (None, "no_picture", "deny", soon, "picture.none"), (None, "not_allowed", "deny", soon, "picture.none"),
        (None, None, "deny", soon, "picture.none"),
    ]  # fmt: skip
    for picture_id, rule, outcome, ago, key in cases:
        door: Any = SimpleNamespace(picture_id=picture_id, image_rule=rule, outcome=outcome, vehicles=False)
        assert picture_key(door, NOW - ago, NOW) == key
    unpaid: Any = SimpleNamespace(
        picture_id=None, image_rule="kept", outcome="refer", vehicles=True, detail={"case": "pay"}
    )
    assert picture_key(unpaid, NOW - late, NOW) == "picture.gone"
    assert picture_key(unpaid, NOW - timedelta(minutes=11), NOW) == "picture.over", "a car that only has to pay"


def test_a_date_of_another_year_names_its_year():
    """A pass for a year ends on this very day, and must not look as if it ended today."""
    year = timedelta(days=365)
    assert dated(words_in("zh_CN"), NOW, NOW) == "11月23日 周一 08:41"
    assert dated(words_in("zh_CN"), NOW + year, NOW) == when(words_in("zh_CN"), NOW + year, NOW)
    assert dated(words_in("zh_CN"), NOW + year, NOW) == "2027年11月23日 周二 08:41"
    assert dated(words_in("en"), NOW + year, NOW) == "Tue 23 Nov 2027 08:41"


def test_the_audit_says_kinds_of_alarms_and_unlimited_entries_in_words():
    said = changes(words_in("zh_CN"), None, {"kind": "fire", "uses": 0, "party": 0})
    assert [now for _, _, now in said] == ["消防信号", "不限次", "0"]


@pytest.mark.req("GUARD-02")
@languages
@pytest.mark.parametrize("kind", sorted((STAYS_UNTIL_SEEN - MOMENTARY) | STAYS_WHEN_LONG))
def test_an_alarm_that_is_over_still_says_what_to_do(language, kind):
    """A forced door that closed again has let somebody in: the guard goes and looks."""
    t = words_in(language)
    lasting, over = alarm_said(t, alarm(kind)), alarm_said(t, alarm(kind, over_at=NOW))
    assert over.now and over.now != lasting.now and over.what == lasting.what
    assert lasting.over is None and over.over == t("alarm.over", at="08:41:07")


@pytest.mark.req("ACC-12", "GEN-01")
@languages
@pytest.mark.parametrize(("proof", "turns"), [("challenge-3", True), ("nir-4", False), ("", False)])
def test_a_guard_is_told_to_ask_for_a_turned_head_only_where_the_lane_asks_for_one(language, proof, turns):
    said = reason_said(words_in(language), Reason.FACE_ALONE, {"unproven": "yes"}, None, NOW, "face", proof)
    turned = "转头" if language == "zh_CN" else "turned"
    assert (turned in said.why, turned in said.now) == (turns, turns)
    assert said.what != words_in(language)("reason.face_alone.what")
    if proof == "nir-4":
        assert ("红外" if language == "zh_CN" else "infrared") in said.why


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_figure_names_a_cause_that_is_so_of_every_visit_it_counts(language: str) -> None:
    """At a lane that opens on a face alone, visits of this reason were not refused because it does not."""
    t = words_in(language)
    assert reason_counted(t, Reason.FACE_ALONE) not in (
        t("reason.face_alone.what"),
        t("reason.face_alone.unproven.what"),
    )
    assert reason_counted(t, Reason.NO_FACE) == t("reason.no_face.what")
    assert reason_counted(t, "unknown") == t("reason.unknown.face.what")
    assert reason_counted(t, "of a later version") == t("reason.other.what")


def test_no_page_says_a_date_without_the_year_that_it_may_need():
    """A link that ends next year does not end today: `dated` names the year where it is not this one."""
    bare = [str(page) for page in CONSOLE.parents[1].rglob("*.html") if re.search(r"\bt\.date\(", page.read_text())]
    assert bare == []
