"""What the phone says of a consent as it stands: a newer text, one that ended, a withdrawal gate by gate, a used-up
link."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

import pytest
from sqlalchemy import select

from central.base.identity.company import company_name
from central.base.kernel import clock
from central.base.kernel.i18n import words_in
from central.gates.access.queries import people_behind
from central.gates.access.service import add_cardholder
from central.gates.face_enrolment.rules import TRIES_MAX, EnrolmentState
from central.gates.face_enrolment.service import invite
from central.gates.nodes.faces.tables import FaceErasureRow
from central.oversight.console.forms import local
from central.oversight.console.pages import earlier_faces
from central.people.community.queries import residents_of
from central.people.community.rules import Tie
from central.people.community.service import add_resident
from central.people.consent import service as consent
from central.people.consent.queries import standing_of, text_views
from central.people.consent.rules import Channel, Standing
from models.wire.events import PhotosKept, TemplateErased, TemplateStored
from tests.central.oversight.phone import HTML, agree_again, confirm, desk_of, withdraw_at_the_desk


@pytest.mark.req("PRIV-02")
def test_a_newer_text_is_asked_for_while_the_old_consent_still_counts_and_needs_no_new_photos(phone):
    assert "门口已有您的人脸特征，见下面；不用再拍" in phone.page() and "data-enrol=" not in phone.page()
    capture = phone.page("?again=yes")
    assert "data-enrol=" in capture, "who wants new photos takes them"
    assert "capture=" not in capture, "or chooses them: a phone would open its camera instead"
    text = phone.publish(timedelta(days=30))
    page = phone.page()
    assert "新版全文" in page and "刷脸不中断" in page and "什么都不会保存" not in page
    assert "撤回同意并销毁" in page and "data-enrol=" not in page
    desk = phone.client.get(f"/people/homes/{phone.resident}/face", headers=HTML).text
    assert "同意的是第 1 版，现行是第 2 版" in desk
    done = phone.press("consent", text_id=text)
    assert "不用再拍" in done and "新版全文" not in done
    with phone.site.gate.session() as db:
        stands = standing_of(db, phone.site.community_id, phone.person, clock.now())
    assert (stands.standing, stands.last.text_version) == (Standing.IN_FORCE, 2)


@pytest.mark.req("PRIV-02", "PRIV-04")
def test_who_is_asked_anew_reads_that_the_template_is_there_still_and_can_withdraw(phone):
    phone.publish(timedelta())
    page = phone.page()
    assert "您按旧版的同意已不再算数" in page and "特征留着，但停用" in page
    assert "什么都不会保存" not in page and "直到您同意，或在下面撤回并销毁" in page
    assert "撤回同意并销毁" in page and "照片提取特征后即销毁" not in page
    assert "counts no longer" in phone.page(language="en")
    assert "已撤回" in phone.press("withdraw")


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_a_withdrawal_is_acknowledged_and_each_gate_confirms_on_the_phone(phone):
    page = phone.press("withdraw")
    assert "已撤回。各个门口正在销毁" in page and "东门岗：正在销毁" in page and "/gates" in page
    phone.parts.dispatcher.drain()
    assert "东门岗：正在销毁" in phone.page("/gates"), "the order is out, the gate has not answered"
    with phone.site.gate.session() as db:
        order = db.scalars(select(FaceErasureRow.id)).one()
    phone.says(
        TemplateErased(cardholder_id=phone.holder, order_id=order, had_template=True, places=("template", "key"))
    )
    told = phone.page("/gates")
    assert "各个门口都已确认销毁" in told and "东门岗：已确认销毁" in told and "data-under-way" not in told
    every, that = re.search(r"都已确认销毁[^（]*（([^）]+)）", told), re.search(r"东门岗：已确认销毁（([^）]+)）", told)
    assert every and that and every[1] >= that[1], "all of them have not confirmed before one of them has"
    assert "已撤回" in phone.page(), "and after a reload"
    desk = phone.client.get(f"/people/homes/{phone.resident}/face", headers=HTML).text
    assert "最近一次登记" not in desk, "of the link before it there is nothing left to say"
    assert "has confirmed that it destroyed them" in phone.page(language="en")
    with phone.site.gate.session() as db:
        text = text_views(db, phone.site.community_id)[0].text_id
    phone.press("consent", text_id=text)
    again = phone.press("withdraw")
    assert "各个门口都已确认" not in again and "data-under-way" in again, "that was of the time before"


def parts_of(page):
    """What the desk reads of the erasures: of now, and of before."""
    record = page.partition('id="erased-title"')[2].partition("</section>")[0]
    now, _, before = record.partition("<h3>")
    return now, before


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_the_desk_reads_at_once_that_the_destruction_is_under_way_and_until_the_gate_has_confirmed(phone):
    phone.link_is(expires_at=clock.now())
    assert 'hx-trigger="every 60s"' in desk_of(phone) and "销毁记录" not in desk_of(phone), "nothing is under way"
    page = withdraw_at_the_desk(phone)
    now, before = parts_of(page)
    assert "正在通知各节点销毁" in now and "东门岗" in now and before == "", "the order itself is not out yet"
    assert "3 张照片提取" in page and "待销毁，尚未确认" in page
    (address,) = re.findall(r'hx-get="([^"]+/face/now[^"]+)"', unescape(page))
    assert phone.client.get(address, headers=HTML).status_code == 204, "what is the same is left alone"
    phone.parts.dispatcher.drain()
    told = phone.client.get(address, headers=HTML).text
    assert "还有 1 个节点未确认" in parts_of(told)[0] and "hx-get=" in told
    confirm(phone)
    told = phone.client.get(address, headers=HTML).text
    assert "各节点均已确认销毁" in parts_of(told)[0] and "各门口都没有" in told and 'hx-trigger="every 60s"' in told
    assert "Record of erasures" in desk_of(phone, "en") and "record of erasures" in desk_of(phone, "en")


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_a_receipt_of_an_earlier_withdrawal_is_never_shown_as_of_this_one(phone):
    phone.link_is(expires_at=clock.now())
    withdraw_at_the_desk(phone)
    phone.parts.dispatcher.drain()
    confirm(phone)
    agree_again(phone)
    assert parts_of(desk_of(phone))[0].count("<p>") == 0, "before its news has come round as after it"
    phone.parts.dispatcher.drain()
    phone.says(TemplateStored(cardholder_id=phone.holder, model="m", photos=1))
    page = desk_of(phone)
    now, before = parts_of(page)
    assert "门禁可以识别其人脸" in page and "待销毁" not in page and 'hx-trigger="every 60s"' in page
    assert "确认销毁" not in now and "东门岗" not in now
    assert "此前的销毁" in before and "下令：本人撤回同意，各节点均已确认销毁" in before and "东门岗 已销毁" in before
    assert "from 1 photo," in desk_of(phone, "en")

    now, before = parts_of(withdraw_at_the_desk(phone))
    assert "正在通知各节点销毁" in now and "确认销毁" not in now and "已销毁：" not in now
    assert "各节点均已确认销毁" in before and "东门岗 已销毁" in before
    assert "已确认销毁" not in phone.page("/gates"), "nor on the phone"
    phone.parts.dispatcher.drain()
    now, before = parts_of(desk_of(phone))
    assert "还有 1 个节点未确认" in now and "已销毁：" not in now and "东门岗 已销毁" in before
    confirm(phone)
    now, before = parts_of(desk_of(phone))
    assert "各节点均已确认销毁" in now and now.count("东门岗 已销毁") == before.count("东门岗 已销毁") == 1


@pytest.mark.req("PRIV-04")
def test_a_gate_that_confirms_the_order_before_late_confirms_nothing_of_this_withdrawal(phone):
    """It destroyed what was made under the consent before; what was made since it has not heard of."""
    phone.press("withdraw")
    phone.parts.dispatcher.drain()
    agree_again(phone)
    phone.parts.dispatcher.drain()
    now, before = parts_of(desk_of(phone))
    assert "还有 1 个节点未确认" not in now and "还有 1 个节点未确认" in before and "face/now" in desk_of(phone)
    phone.press("withdraw")
    confirm(phone)
    now, before = parts_of(desk_of(phone))
    assert "正在通知各节点销毁" in now and "均已确认" not in now and "均已确认" in before
    assert "已确认销毁" not in phone.page("/gates") and "data-under-way" in phone.page("/gates")


@pytest.mark.req("PRIV-04")
def test_after_a_withdrawal_the_terms_are_a_step_away_and_a_link_made_later_opens_them(phone):
    """Whoever taps on where the button was has not consented anew."""
    page = phone.press("withdraw")
    assert "已撤回" in page and "我已阅读并同意" not in page and 'name="text_id"' not in page
    assert f'href="{phone.link}?anew=yes#consent-title"' in page and "改变了主意？可以重新同意" in page
    anew = phone.page("?anew=yes")
    assert "我已阅读并同意" in anew and "不想再用？不用做什么，撤回已经算数" in anew
    with phone.site.gate.session() as db:
        later, _ = invite(db, phone.actor, phone.holder, clock.now())
    phone.link = f"/enrol/{later}"
    assert "我已阅读并同意" in phone.page(), "the desk made it for that"


@pytest.mark.req("PRIV-04")
def test_who_agrees_anew_to_a_text_that_was_replaced_meanwhile_reads_so_beside_the_new_one(phone):
    with phone.site.gate.session() as db:
        old = text_views(db, phone.site.community_id)[0].text_id
    phone.press("withdraw")
    phone.publish(timedelta())
    page = phone.press("consent", text_id=old)
    assert words_in("zh_CN")("consent.old_text") in page and "新版全文" in page and "我已阅读并同意" in page


@pytest.mark.req("ACC-12")
def test_who_agrees_again_before_a_gate_destroyed_the_old_template_is_asked_for_photos(phone):
    phone.press("withdraw")
    phone.parts.dispatcher.drain()
    with phone.site.gate.session() as db:
        text = text_views(db, phone.site.community_id)[0].text_id
    assert "data-enrol=" in phone.press("consent", text_id=text)


@pytest.mark.req("ACC-12")
def test_the_phone_says_of_each_gate_that_it_has_the_face_or_that_it_is_on_its_way(phone):
    phone.link_is(state=EnrolmentState.ENROLLED.value)
    assert "登记好了" in phone.page() and "东门岗：已有特征" in phone.page()
    desk = f"/people/homes/{phone.resident}/face"
    assert "门禁可以识别其人脸" in phone.client.get(desk, headers=HTML).text
    phone.says(TemplateErased(cardholder_id=phone.holder, had_template=True, places=("template",)))
    assert "还没有登记：各门口都没有" in phone.client.get(desk, headers=HTML).text
    assert "东门岗：正在送达" in phone.page("/gates") and "data-under-way" in phone.page("/gates")


def test_a_link_whose_tries_are_used_up_says_so_on_the_phone_and_at_the_desk(phone):
    phone.says(TemplateErased(cardholder_id=phone.holder, had_template=True, places=("template",)))
    phone.link_is(state=EnrolmentState.REFUSED.value, tries=TRIES_MAX)
    page = phone.page()
    assert f"这个链接已试 {TRIES_MAX} 次" in page and "data-enrol=" not in page
    desk = phone.client.get(f"/people/homes/{phone.resident}/face", headers=HTML).text
    assert "同一个链接重拍" not in desk and "请生成新链接" in desk


def test_a_page_that_is_opened_again_waits_for_the_answer_instead_of_asking_for_photos(phone):
    phone.link_is(state=EnrolmentState.WAITING.value)
    assert 'data-state="waiting"' in phone.page()


@pytest.mark.req("PRIV-01")
def test_before_agreeing_the_person_reads_for_how_long_it_is_and_who_handles_the_data(phone):
    phone.publish(timedelta(days=30), days=365)
    page, until = phone.page(), words_in("zh_CN").year_day(clock.now() + timedelta(days=365))
    with phone.site.gate.session() as db:
        company = company_name(db)
    assert f"同意从今天起管 365 天，到 {until} 为止" in page and f"处理这些信息的是{company}" in page


@pytest.mark.req("PRIV-02")
@pytest.mark.parametrize(
    ("old_for", "why", "read"),
    [
        (timedelta(days=30), "刷脸停用；不用重拍", "刷脸不中断"),
        (timedelta(), "旧同意不再算数，刷脸已停用", "已不再算数"),
    ],
)
def test_who_agreed_to_an_earlier_text_is_listed_and_gets_a_link_before_and_after_it_ends(phone, old_for, why, read):
    def listed() -> str:
        return phone.client.get("/faces/earlier", headers=HTML).text

    assert "没有需要重新登记的人" in listed()
    phone.link_is(expires_at=clock.now())
    text = phone.publish(old_for)
    assert why in listed() and "旧模型" not in listed()
    assert "有 1 人要重新同意" in phone.client.get("/face-figures", headers=HTML).text
    asked = phone.client.post("/faces/earlier/ask", data={"community": phone.site.community_id}, headers=HTML).text
    (phone.link,) = re.findall(r"http://\S+(/enrol/[^<\s]+)", asked)
    assert "<img" not in asked and "手机打不开这些链接" in asked, "the address is of this machine alone"
    assert "每个人都已有有效的链接" in asked and read in phone.page()
    phone.press("consent", text_id=text)
    assert "没有需要重新登记的人" in listed()


@pytest.mark.req("PRIV-02", "PRIV-03")
def test_a_link_for_a_child_says_whose_it_is_and_to_whom_it_goes(phone, monkeypatch):
    monkeypatch.setattr(earlier_faces, "base_for_phones", lambda request: "https://central.example.cn")
    now = clock.now()
    with phone.site.gate.session() as db:
        home = next(one for one in residents_of(db, phone.site.community_id) if one.person_id == phone.person)
        child = add_resident(
            db, phone.actor, home.house_id, "张小例", None, Tie.FAMILY, starts_at=now - timedelta(days=9)
        )
        holder = add_cardholder(db, phone.actor, phone.site.community_id, child.person_id).id
        consent.note_age(db, phone.actor, child.id, now.date() - timedelta(days=9 * 365), now=now)
        text = text_views(db, phone.site.community_id)[0]
        consent.give_consent(
            db, phone.actor, child.id, text.text_id, Channel.DESK, now=now, guardian_id=phone.resident
        )  # fmt: skip
    phone.says(TemplateStored(cardholder_id=holder, model="m", photos=3))
    phone.link_is(expires_at=now)
    phone.publish(timedelta(days=30))
    asked = phone.client.post("/faces/earlier/ask", data={"community": phone.site.community_id}, headers=HTML).text
    slips = re.findall(r'<li class="face-link">(.*?)</li>', asked, re.DOTALL)
    childs = [one for one in slips if "data-guardian" in one]
    assert len(slips) == 2 and len(childs) == 1 and all(one.count("<img") == 1 for one in slips)
    assert "为这个孩子登记，交给监护人：" in childs[0] and "只给写着的那一位" in asked


@pytest.mark.req("PRIV-02")
def test_who_publishes_reads_how_many_it_concerns_and_afterwards_how_many_are_left(phone):
    here, until = {"community": str(phone.site.community_id)}, local(clock.now() + timedelta(days=30))
    words = here | {"zh": "新的", "en": "New", "lasts_days": "365", "old_until": until}
    with phone.site.gate.session() as db:  # a second one agreed, and never had their photos taken
        person = people_behind(db, phone.site.community_id)[phone.site.cardholders[1]]
        other = next(one for one in residents_of(db, phone.site.community_id) if one.person_id == person)
        now = clock.now()
        consent.note_age(db, phone.actor, other.resident_id, date(1980, 5, 1), now=now)
        text = text_views(db, phone.site.community_id)[0]
        consent.give_consent(db, phone.actor, other.resident_id, text.text_id, Channel.DESK, now=now)
    draft = phone.client.post("/privacy/consent-texts/check", data=words, headers=HTML).text
    assert "现在有 1 人按旧版同意、门口认得出" in draft and "另有 1 人也同意过旧版，但没有登记人脸" in draft
    assert "有 1 人要重新同意" not in phone.client.get("/face-figures", headers=HTML).text
    phone.client.post("/privacy/consent-texts", data=words | {"version": "2"}, headers=HTML)
    assert "要请 1 人" in phone.client.get("/faces/earlier", headers=HTML).text, "the same people, by the same rule"
    page = phone.client.get("/privacy", params=here, headers=HTML).text
    assert "有 1 人还没有同意第 2 版" in page and 'href="/faces/earlier"' in page
    assert re.search(r'name="lasts_days"[^>]*value="365"|value="365"[^>]*name="lasts_days"', page), (
        "as the last one said"
    )


@pytest.mark.req("PRIV-04")
def test_a_link_that_is_over_says_where_a_consent_is_taken_back_and_leads_to_no_log_in(phone):
    phone.link_is(expires_at=clock.now())
    page = phone.page()
    assert "要撤回同意，不用链接，到物业值班台" in page and "回到首页" not in page


@pytest.mark.req("PRIV-02", "PRIV-05")
def test_who_took_back_that_photos_are_kept_reads_so_and_that_they_are_gone(phone):
    assert "您没有选择保留" in phone.page()
    phone.press("keep-photos", keep="true")
    phone.says(PhotosKept(cardholder_id=phone.holder, photos=3))
    back = phone.press("keep-photos", keep="false")
    assert "收回了保留照片的选择" in back and "您没有选择保留" not in back
    assert "还留着 3 张照片" in back and "重新打开本页看最新的" in back
    phone.says(PhotosKept(cardholder_id=phone.holder, photos=0))
    gone = phone.page()
    assert "已确认销毁留下的照片" in gone and "还留着" not in gone
    assert "has confirmed that it destroyed the photos it kept" in phone.page(language="en")


@pytest.mark.req("PRIV-05")
def test_what_a_gate_confirms_over_and_over_is_one_line_that_says_how_often(phone):
    phone.link_is(expires_at=clock.now())
    withdraw_at_the_desk(phone)
    phone.parts.dispatcher.drain()
    for _ in range(4):
        confirm(phone)
    now, _ = parts_of(desk_of(phone))
    assert now.count("东门岗 已销毁") == 1 and "此前还报过 3 次" in now
    agree_again(phone)
    phone.parts.dispatcher.drain()
    now, before = parts_of(desk_of(phone))
    assert "东门岗" not in now and before.count("东门岗 已销毁") == 1 and "此前还报过 3 次" in before
    assert len(phone.client.get(f"/api/v1/residents/{phone.resident}/face").json()["erased"]) == 4, "all of it, told"
