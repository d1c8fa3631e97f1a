"""The pages around an enrolment: at the desk's own screen, for a child, and for those an earlier model knew."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from nacl.signing import SigningKey
from sqlalchemy import select, update

from central.base.identity.by_link import WRONG_LINKS_MAX
from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.audit import AuditRow
from central.base.kernel.i18n import words_in
from central.base.kernel.permissions import ADMINISTRATOR, GUARD, MANAGER, of_preset
from central.base.kernel.session import open_session
from central.gates.access import service as access
from central.gates.face_enrolment.rules import EnrolmentState
from central.gates.face_enrolment.tables import FaceEnrolmentRow
from central.gates.nodes import service as nodes
from central.gates.nodes.faces.earlier import note_models
from central.people.community import queries as community_queries
from central.people.community import service as community
from central.people.community.queries import residents_of
from central.people.community.rules import Tie
from central.people.consent import service as consent
from central.people.consent.queries import consent_views, standing_of, text_views
from central.people.consent.rules import Channel, Standing
from central.people.consent.tables import ConsentRow
from models.access.policy import Effect
from models.site.topology import Direction
from models.values.ids import new_id
from models.wire.commands import EnrolLane, EnrolRequest
from models.wire.events import TemplateStored
from models.wire.faces import NotMadeAnew, PhotoProblem, TemplateModels
from tests.browser.gate import RIGHTS, Gate, seed
from tests.central.people.assessed import assess
from tests.central.people.town import Town

HTML = {"accept": "text/html"}


@pytest.fixture
def town(town) -> Town:
    """With terms of consent and an enrolment node, where the one resident is an adult."""
    key, now = SigningKey.generate(), clock.now()
    with town.session() as db:
        actor = system(town.actor.tenant_id, "test", RIGHTS)
        gate = community_queries.gates_of(db, town.community)[0]
        token = nodes.make_token(db, actor, town.community, gate.gate_id, "门岗")
    asked = EnrolRequest(token=token, public_key=bytes(key.verify_key).hex(), name="gate", version="0.1.0", lanes=(
        EnrolLane(code="enrols", name="登记处", direction="in"),
    ))  # fmt: skip
    with open_session(town.engine) as db:
        node = Gate(town.engine, nodes.enrol(db, asked, None, now))
    node.offer_key()
    with town.session() as db:
        assess(db, town.community)
        consent.publish_text(
            db, town.actor, town.community, "同意书全文", "The terms", old_until=town.now, lasts_days=730, now=town.now
        )
        consent.note_age(db, town.actor, town.resident, date(1980, 5, 1), now=town.now)
    return town


def sent(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]+)"', page)[1]


@pytest.mark.req("ACC-12", "SEC-04")
def test_the_person_sits_at_the_desk_without_the_session_of_who_works_there(town, login_as):
    guard = login_as(GUARD, community=town.community)
    opened = guard.post(f"/people/homes/{town.resident}/face/here", headers=HTML, follow_redirects=False)
    assert opened.status_code == 303 and opened.headers["location"].startswith("/enrol/")
    for page in ("/", f"/people/homes/{town.resident}/face"):
        shut = guard.get(page, headers=HTML, follow_redirects=False)
        assert shut.status_code == 303 and shut.headers["location"].startswith("/login")
    page = guard.get(opened.headers["location"], headers=HTML).text
    assert "同意书全文" in page and "您在物业的电脑上办理" in page
    link = opened.headers["location"]
    guard.post(f"{link}/consent", data={"text_id": sent(page, "text_id")}, headers=HTML)
    with town.session() as db:
        assert consent_views(db, town.community, town.person)[0].channel == "desk"
    done = guard.post(f"{link}/finish", headers=HTML, follow_redirects=False)
    assert done.headers["location"] == "/login" and guard.get(link, headers=HTML).status_code == 410
    assert guard.post(f"{link}/finish", headers=HTML, follow_redirects=False).headers["location"] == "/login"


@pytest.mark.req("PRIV-01")
def test_the_page_says_first_whose_face_it_is_for_and_no_more_of_them_than_that(town, login_as):
    """A family's links lie side by side on one phone, and one opened by mistake makes the wrong face known."""
    client = login_as(GUARD, community=town.community)
    token = client.post(f"/api/v1/cardholders/{town.cardholder}/face-invitation").json()["token"]
    page = client.get(f"/enrol/{token}", headers=HTML).text
    assert "为 张* · 5-2-1102 登记" in page and "示例 ·" not in page, "as the desk says it"
    client.post(f"/enrol/{token}/consent", data={"text_id": sent(page, "text_id")}, headers=HTML)
    with town.session() as db:
        brother = community.add_resident(
            db, town.actor, town.house, "张小样", None, Tie.FAMILY, starts_at=town.now - timedelta(days=9)
        ).id
    assert "为 张*例 · 5-2-1102 登记" in client.get(f"/enrol/{token}", headers=HTML).text, "told apart from 张*样"
    for one, name in ((town.resident, "张*例"), (brother, "张*样")):
        assert f"· {name} " in client.get(f"/people/homes/{one}/face", headers=HTML).text, "the desk says the same"
    with town.session() as db:
        community.end_residency(db, town.actor, town.resident, clock.now(), "搬走")
    assert "为 张* 登记" in client.get(f"/enrol/{token}", headers=HTML).text


@pytest.mark.req("PRIV-01", "PRIV-03", "PRIV-14")
@pytest.mark.parametrize(
    ("names", "years", "told"),
    [
        (("张子明", "张小明"), (9, 6), ("张*明（9 岁）", "张*明（6 岁）")),
        (("张明", "张亮"), (9, 6), ("张*（9 岁）", "张*（6 岁）")),
        (("张明", "张亮"), (6, 6), ("张*（6 岁，同岁的登记顺序第 1）", "张*（6 岁，同岁的登记顺序第 2）")),
        (("张子明", "张小亮"), (9, 6), ("张*明", "张*亮")),
        (("张子明", "王小明"), (9, 6), ("张*明", "王*")),
    ],
)
def test_brothers_and_sisters_are_told_apart_wherever_a_guardian_chooses_for_whom(town, login_as, names, years, told):
    """Two links lie on one phone, and two buttons on the desk's screen. The age is told only where names do not do."""
    manager, links, desks = login_as(MANAGER, community=town.community), [], []
    with town.session() as db:
        for name, old in zip(names, years, strict=True):
            child = community.add_resident(
                db, town.actor, town.house, name, None, Tie.FAMILY, starts_at=town.now - timedelta(days=9)
            )
            born = clock.now().date() - timedelta(days=old * 366 + 30)
            consent.note_age(db, town.actor, child.id, born, now=town.now)
            holder = access.add_cardholder(db, town.actor, town.community, child.person_id).id
            desks.append(f"/people/homes/{child.id}/face")
            links.append((holder, child.id))
    guardians = manager.get(f"/people/homes/{town.resident}/face", headers=HTML).text
    for (holder, _), desk, called in zip(links, desks, told, strict=True):
        assert re.search(rf'href="{desk}">[^<]*孩子 {re.escape(called)} ', guardians), (
            "the guardian's page, two buttons"
        )
        assert f"· {called} " in manager.get(desk, headers=HTML).text, "the desk's page of each"
        made = manager.post(
            f"/api/v1/cardholders/{holder}/face-invitation", json={"guardian_id": str(town.resident)}
        ).json()
        link = f"/enrol/{made['token']}"
        page = manager.get(link, headers=HTML).text
        assert f"为孩子 {called} · 5-2-1102 登记" in page and f"您是 {called} 的监护人" in page
        manager.post(f"{link}/consent", data={"text_id": sent(page, "text_id")}, headers=HTML)
        page = manager.get(link, headers=HTML).text
        assert f"请拍孩子 {called} 的脸" in page and "撤回同意并销毁" in page, "and where it is taken back"


@pytest.mark.req("PRIV-03")
def test_for_a_child_a_guardian_of_the_same_home_consents_behind_the_link(town, login_as):
    with town.session() as db:
        child = community.add_resident(
            db, town.actor, town.house, "小示例", None, Tie.FAMILY, starts_at=town.now - timedelta(days=9)
        )
        ids = child.id, child.person_id
        holder = access.add_cardholder(db, town.actor, town.community, child.person_id).id
        consent.note_age(db, town.actor, child.id, clock.now().date() - timedelta(days=9 * 365), now=town.now)
    manager, invitation = login_as(MANAGER, community=town.community), f"/api/v1/cardholders/{holder}/face-invitation"
    unnamed = manager.post(invitation)
    herself = manager.post(invitation, json={"guardian_id": str(ids[0])})
    for refused, key in ((unnamed, "consent.guardian_needed"), (herself, "consent.guardian_self")):
        assert refused.status_code == 409 and words_in("zh_CN")(key) in refused.text
    token = manager.post(invitation, json={"guardian_id": str(town.resident)}).json()["token"]
    page = manager.get(f"/enrol/{token}", headers=HTML).text
    assert "您是 小* 的监护人 张*" in page and 'type="radio"' not in page and "guardian_id" not in page
    assert "登记孩子的人脸" in page and "其中说的“我的”或“您的”人脸，是孩子 小* 的人脸" in page, (
        "the terms speak in the first person"
    )
    assert "同意书全文" in page and words_in("zh_CN")("consent.photos.words") in page, "and are shown as they are"
    data = {"text_id": sent(page, "text_id"), "guardian_id": ids[0]}  # another than the link names: not even read
    manager.post(f"/enrol/{token}/consent", data=data, headers=HTML)
    with town.session() as db:
        view = standing_of(db, town.community, ids[1], clock.now())
        spoke = db.scalar(select(ConsentRow.guardian_id).where(ConsentRow.person_id == ids[1]))
    assert view.standing is Standing.IN_FORCE and view.last.by_guardian and spoke == town.person
    page = manager.get(f"/enrol/{token}", headers=HTML).text
    assert "data-enrol=" in page and "请拍孩子 小* 的脸，不是您自己的脸" in page
    assert "请孩子正对镜头" in page and "正对镜头，把脸放进椭圆里" not in page


@pytest.mark.req("PRIV-03")
def test_a_guardian_who_moves_out_is_told_as_such_and_nobody_under_14_is_said_to_be_grown(town, login_as):
    with town.session() as db:
        child = community.add_resident(
            db, town.actor, town.house, "小示例", None, Tie.FAMILY, starts_at=town.now - timedelta(days=9)
        )
        holder = access.add_cardholder(db, town.actor, town.community, child.person_id).id
        consent.note_age(db, town.actor, child.id, clock.now().date() - timedelta(days=9 * 365), now=town.now)
    manager, invitation = login_as(MANAGER, community=town.community), f"/api/v1/cardholders/{holder}/face-invitation"
    token = manager.post(invitation, json={"guardian_id": str(town.resident)}).json()["token"]
    text = sent(manager.get(f"/enrol/{token}", headers=HTML).text, "text_id")
    manager.post(f"/enrol/{token}/consent", data={"text_id": text}, headers=HTML)
    with town.session() as db:
        community.end_residency(db, town.actor, town.resident, clock.now(), "搬走")
    page = manager.get(f"/enrol/{token}", headers=HTML).text
    assert "代孩子同意的监护人已不住在同一户" in page and "已满 14 周岁" not in page
    stands = manager.get(f"/api/v1/residents/{child.id}/consents").json()["now"]
    assert (stands["standing"], stands["anew"]) == ("asks_anew", "guardian_gone")
    assert "另一位监护人" in manager.get(f"/people/homes/{child.id}/face", headers=HTML).text


@pytest.mark.req("PRIV-03")
def test_the_desk_names_the_guardian_and_nobody_else_can_agree_behind_the_link(town, login_as):
    with town.session() as db:
        child = community.add_resident(
            db, town.actor, town.house, "小示例", None, Tie.FAMILY, starts_at=town.now - timedelta(days=9)
        ).id
        person = community_queries.resident_of(db, child).person_id
        access.add_cardholder(db, town.actor, town.community, person)
        consent.note_age(db, town.actor, child, clock.now().date() - timedelta(days=9 * 365), now=town.now)
    manager, desk = login_as(MANAGER, community=town.community), f"/people/homes/{child}/face"
    page = manager.get(desk, headers=HTML).text
    assert page.count(f'name="guardian_id" value="{town.resident}" required checked') == 2, "the only one there is"
    for form in ("invite", "here"):
        bare = manager.post(f"{desk}/{form}", data={"guardian_id": "nobody"}, headers=HTML)
        assert bare.status_code == 409 and words_in("zh_CN")("consent.guardian_needed") in bare.text
    adult = f"/people/homes/{town.resident}/face/invite"
    unwanted = manager.post(adult, data={"guardian_id": str(child)}, headers=HTML)
    assert unwanted.status_code == 409 and words_in("zh_CN")("consent.guardian_not_wanted") in unwanted.text
    made = manager.post(f"{desk}/invite", data={"guardian_id": str(town.resident)}, headers=HTML).text
    assert "请监护人 张* · " in made
    token = re.search(r"/enrol/([\w-]{20,})", made)[1]
    with town.session() as db:
        community.end_residency(db, town.actor, town.resident, clock.now(), "搬走")
    page = manager.get(f"/enrol/{token}", headers=HTML).text
    assert "没有指明现在能同意的监护人" in page and "代孩子同意</button>" not in page
    with town.session() as db:
        text_id = text_views(db, town.community)[0].text_id
    late = manager.post(f"/enrol/{token}/consent", data={"text_id": text_id}, headers=HTML)
    assert late.status_code == 409


@pytest.mark.req("PRIV-03", "PRIV-19")
def test_a_wrong_age_is_corrected_at_the_desk_and_a_child_alone_gets_no_link(town, login_as):
    guard, manager = (login_as(role, community=town.community) for role in (GUARD, MANAGER))
    desk = f"/people/homes/{town.resident}/face"

    def note(resident, years: int):
        day = clock.now().date() - timedelta(days=years * 366)
        return guard.post(f"/people/homes/{resident}/face/age", data={"born_on": day.isoformat()}, headers=HTML)

    page = guard.get(desk, headers=HTML).text
    assert "已成年；不保存出生日期" in page and "年龄记错了？改正" in page and "只给本人" in page
    assert note(town.resident, 9).status_code == 303
    with town.session() as db:
        corrected = db.scalars(select(AuditRow).where(AuditRow.what == "age.note").order_by(AuditRow.id)).all()[-1]
        assert (corrected.before, corrected.after) == ({"age": "of_age"}, {"age": "under_14"})
        other = next(one.resident_id for one in residents_of(db, town.community) if one.resident_id != town.resident)
    page = guard.get(desk, headers=HTML).text
    assert "未满 14 周岁；出生日期已加密保存" in page and "须先记下一位同住成年人的年龄" in page
    assert "须先登记一位同住的成年人" not in page, "there is one already"
    assert "/face/invite" not in page and "/face/here" not in page
    assert f"/people/homes/{other}/face" in page, "an adult there whose age alone is missing"
    added = manager.get(f"/people/homes/{other}?said=added", headers=HTML).text
    assert "这一户有未满 14 周岁的孩子" in added and f'href="/people/homes/{other}/face"' in added
    add = "/people/new?house=5-2-1102"
    assert add not in page and add in manager.get(desk, headers=HTML).text
    adult = f"/people/homes/{other}/face"
    assert "记下年龄后就能代孩子 张* 同意" in guard.get(adult, headers=HTML).text
    note(other, 40)
    assert f'href="{desk}"' in guard.get(adult, headers=HTML).text, "the way back to the child"
    page = guard.get(desk, headers=HTML).text
    assert "/face/invite" in page and "只给这位监护人" in page and "只给本人" not in page
    shown = guard.post(f"{desk}/invite", data={"guardian_id": str(other)}, headers=HTML).text
    assert "请监护人 " in shown and "请本人扫码" not in shown


@pytest.mark.req("PRIV-04")
def test_the_link_says_until_when_it_takes_the_consent_back_and_where_afterwards(town, login_as):
    client = login_as(GUARD, community=town.community)
    made = client.post(f"/api/v1/cardholders/{town.cardholder}/face-invitation").json()
    until = words_in("zh_CN").date(datetime.fromisoformat(made["expires_at"]))
    said = f"本链接到 {until} 有效，在这之前可以在本页撤回；之后请到物业值班台撤回"
    page = client.get(f"/enrol/{made['token']}", headers=HTML).text
    assert said in page, "before anything is agreed to"
    client.post(f"/enrol/{made['token']}/consent", data={"text_id": sent(page, "text_id")}, headers=HTML)
    assert said in client.get(f"/enrol/{made['token']}", headers=HTML).text


@pytest.mark.req("ACC-12")
def test_who_has_enrolled_reads_where_the_rules_want_more_than_the_face(town, login_as):
    client = login_as(GUARD, community=town.community)
    token = client.post(f"/api/v1/cardholders/{town.cardholder}/face-invitation").json()["token"]
    with town.session() as db:
        consent.give_consent(db, town.actor, town.resident, text_views(db, town.community)[0].text_id, Channel.DESK,
                             now=clock.now())  # fmt: skip
        db.execute(update(FaceEnrolmentRow).values(state=EnrolmentState.ENROLLED.value))

    def page() -> str:
        return client.get(f"/enrol/{token}", headers=HTML).text

    def rule(groups: list[str], lanes: list[UUID]) -> None:
        with town.session() as db:
            access.add_rule(db, town.actor, town.community, f"双重 {groups} {len(lanes)}", Effect.SECOND_FACTOR, groups,
                            lanes=lanes, now=clock.now())  # fmt: skip

    assert "认出后门若没有开，请出示通行码、门卡或密码" in page()
    rule(["visitor"], [town.lane])
    assert "光刷脸不开门" not in page(), "a rule of others"
    with town.session() as db:
        community.add_lane(db, town.actor, town.gate, "east-out", "东门出", Direction.OUT)
    rule(["resident"], [town.lane])
    assert "在东门进，按现在的规定还要出示通行码、门卡或密码，光刷脸不开门" in page()
    rule(["resident"], [])
    assert "不过，各个通道按现在的规定还要出示" in page()


@pytest.mark.req("PRIV-01", "PRIV-04")
def test_that_photos_stay_is_chosen_and_taken_back_apart_on_the_phone_and_at_the_desk(town, login_as):
    guard = login_as(GUARD, community=town.community)
    token = guard.post(f"/api/v1/cardholders/{town.cardholder}/face-invitation").json()["token"]

    def phone() -> str:
        return guard.get(f"/enrol/{token}", headers=HTML).text

    def keeps() -> bool:
        with town.session() as db:
            return standing_of(db, town.community, town.person, clock.now()).keeps_photos

    page = phone()
    (box,) = re.findall(r'<input type="checkbox"[^>]*>', page)
    assert 'name="keep_photos"' in box and "checked" not in box, "off until it is ticked"
    assert "这次登记的照片不销毁" in page and "照片说明第 1 版" in page, "in words of its own"
    text = {"text_id": sent(page, "text_id")}
    guard.post(f"/enrol/{token}/consent", data=text, headers=HTML)
    assert not keeps() and "提取特征后立即销毁" in phone()
    guard.post(f"/enrol/{token}/keep-photos", data={"keep": "true"}, headers=HTML)
    assert keeps() and "照片加密留在那里" in phone() and "提取特征后立即销毁" not in phone()
    desk = f"/people/homes/{town.resident}/face"
    assert "另外选择了保留照片（说明第 1 版" in guard.get(desk, headers=HTML).text
    guard.post(f"{desk}/photos", data={"keep": "false"}, headers=HTML)
    assert not keeps() and "收回了保留照片的选择" in guard.get(desk, headers=HTML).text
    guard.post(f"{desk}/photos", data={"keep": "true"}, headers=HTML)
    assert keeps()
    guard.post(f"/enrol/{token}/withdraw", headers=HTML)
    assert not keeps() and "checked" not in phone()
    refused = guard.post(f"{desk}/photos", data={"keep": "true"}, headers=HTML)
    assert "没有有效的人脸同意，不能另外选择保留照片" in refused.text
    guard.post(f"/enrol/{token}/consent", data=text | {"keep_photos": "true"}, headers=HTML)
    assert keeps()


@pytest.mark.req("ACC-14")
def test_another_face_than_the_known_one_is_told_to_the_person_and_to_the_desk_with_what_to_do(town, login_as):
    guard = login_as(GUARD, community=town.community)
    token = guard.post(f"/api/v1/cardholders/{town.cardholder}/face-invitation").json()["token"]
    guard.post(
        f"/enrol/{token}/consent",
        data={"text_id": sent(guard.get(f"/enrol/{token}", headers=HTML).text, "text_id")},
        headers=HTML,
    )
    with town.session() as db:
        wrong = [{"problem": "another_face", "photo": None}]
        db.execute(update(FaceEnrolmentRow).values(state=EnrolmentState.REFUSED.value, problems=wrong))
    phone = guard.get(f"/enrol/{token}", headers=HTML).text
    said = phone[phone.index('data-problem="another_face"') :][:200]
    assert "没有更换" in said and "先撤回同意并销毁旧的" in said
    desk = guard.get(f"/people/homes/{town.resident}/face", headers=HTML).text
    assert "不是同一个人，旧的登记没有变" in desk and "先在这里撤回并销毁旧的" in desk and "照片不能用" not in desk


@pytest.mark.req("PRIV-04", "SEC-02")
def test_the_desk_says_who_asked_before_it_destroys_somebodys_face_and_the_link_needs_one_step(town, login_as):
    guard = login_as(GUARD, community=town.community)
    desk = f"/people/homes/{town.resident}/face"

    def agrees() -> bool:
        with town.session() as db:
            return standing_of(db, town.community, town.person, clock.now()).standing is Standing.IN_FORCE

    def give() -> None:
        with town.session() as db:
            text = text_views(db, town.community)[0]
            consent.give_consent(db, town.actor, town.resident, text.text_id, Channel.DESK, now=clock.now())

    give()
    page = guard.get(desk, headers=HTML).text
    fold = page[page.index("<summary>撤回同意并销毁") : page.index("确认撤回并销毁")]
    assert "谁提出的" in fold and 'value="person_paper"' in fold and "guardian" not in fold
    bare = guard.post(f"{desk}/withdraw", headers=HTML)
    assert (
        bare.status_code == 422
        and "还没选谁提出的" in bare.text
        and '<details class="fold face-fold" open>' in bare.text
    )
    assert agrees()
    guard.post(f"{desk}/withdraw", data={"asked": "person_paper"}, headers=HTML)
    assert not agrees()
    again = guard.post(f"{desk}/withdraw", data={"asked": "person_paper"}, headers=HTML)
    assert words_in("zh_CN")("consent.nothing_to_withdraw") in again.text, "pressed twice, it is said"
    with town.session() as db:
        kept = db.scalar(select(AuditRow).where(AuditRow.what == "consent.withdraw"))
        assert kept.after["channel"] == "paper" and kept.after["by_guardian"] is False
    give()
    token = guard.post(f"/api/v1/cardholders/{town.cardholder}/face-invitation").json()["token"]
    guard.post(f"/enrol/{token}/withdraw", headers=HTML)
    assert not agrees()


@pytest.mark.req("PRIV-09")
def test_a_manager_reads_what_will_happen_and_gets_a_link_for_each(parts, database, two_tenants, login_as):
    site, now = seed(database.engine, two_tenants.a), clock.now()
    actor = system(site.tenant_id, "test", of_preset(ADMINISTRATOR))
    manager = login_as(MANAGER, community=site.community_id)
    assert "没有需要重新登记的人" in manager.get("/faces/earlier", headers=HTML).text
    with site.gate.session() as db:
        text = consent.publish_text(
            db, actor, site.community_id, "同意书", "Terms", old_until=now, lasts_days=9, now=now
        )
        home = residents_of(db, site.community_id)[0]
        consent.note_age(db, actor, home.resident_id, date(1980, 5, 1), now=now)
        consent.give_consent(db, actor, home.resident_id, text.id, Channel.DESK, now=now)
        node = replace(actor, id=site.gate.reply.node_id)
        why = NotMadeAnew(cardholder_id=site.cardholders[0], problems=(PhotoProblem(problem="too_dark", photo=1),))
        note_models(db, node, TemplateModels(model="new", earlier=site.cardholders, not_anew=(why,)), now)
    site.gate.write(TemplateStored(cardholder_id=new_id(), model="new", photos=3, anew=True))
    site.gate.tell()
    assert "有 1 人是在旧模型下登记的" in manager.get("/face-figures", headers=HTML).text
    page = manager.get("/faces/earlier", headers=HTML).text
    assert "1 人的特征已由登记设备用他们留下的照片重新生成" in page and "留下的照片不能用：太暗" in page
    assert home.name in page and "为接下来的 1 人各生成一个登记链接" in page and "/enrol/" not in page
    asked = manager.post("/faces/earlier/ask", data={"community": site.community_id}, headers=HTML).text
    (link,) = re.findall(r"http://\S+(/enrol/[^<\s]+)", asked)
    assert "每个人都已有有效的链接" in asked
    assert "门口换了新的人脸模型" in manager.get(link, headers=HTML).text


@pytest.mark.req("SEC-05")
def test_who_tries_links_of_enrolments_shuts_out_nobody_who_has_one(town, login_as):
    client = login_as(MANAGER, community=town.community)
    old, link = (
        "/enrol/" + client.post(f"/api/v1/cardholders/{town.cardholder}/face-invitation").json()["token"]
        for _ in range(2)
    )
    for _ in range(WRONG_LINKS_MAX):
        assert client.get(old).status_code == 410, "one that was replaced is no wrong one"
    for number in range(WRONG_LINKS_MAX):
        assert client.get(f"/enrol/{number:043d}").status_code == 410
    refused = client.get("/enrol/" + "x" * 43)
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
    assert client.get(link).status_code == 200
