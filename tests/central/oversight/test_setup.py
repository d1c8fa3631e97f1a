"""Setting a community up over the pages: who may, what is made, what comes back, and what a second press does."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.audit import AuditRow
from central.base.kernel.session import tenant_session
from central.gates.access import queries as access
from central.people.community import queries
from central.people.community.queries_floors import units_with_floors
from models.access.lifts import buttons_word
from models.access.policy import Effect
from models.access.schedule import ALWAYS, HOLIDAY
from models.site.topology import Direction
from models.values.ids import new_id
from models.wire.events import NodeNews
from tests.browser.gate import seed

HTML = {"accept": "text/html"}
PAGES = ("/setup", "/setup/houses", "/setup/floors", "/setup/gates", "/setup/rules")


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.fixture
def manager(login_as, site):
    return login_as("manager", community=site.community_id)


def send(client, address, **fields):
    return client.post(address, data=fields, headers=HTML)


def test_pages_hold_together_before_there_is_any_community(login_as, parts):
    administrator = login_as("administrator")
    for address in PAGES:
        assert administrator.get(address, headers=HTML).status_code == 200
    text = administrator.get("/", headers=HTML).text
    assert "data-steps" in text and "step--done" not in text
    answer = send(administrator, "/setup", name=" 门庭花园 ", kind="housing")
    assert answer.status_code == 303
    assert "门庭花园" in administrator.get(answer.headers["location"], headers=HTML).text
    assert administrator.get("/", headers=HTML).text.count("step--done") == 1
    again = send(administrator, "/setup", name="门庭花园", kind="housing")
    assert again.status_code == 409 and "已经有名为“门庭花园”的小区" in again.text


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_only_who_keeps_this_community_sets_it_up(login_as, site, two_tenants, database):
    lane = site.gate.reply.lanes[0].lane_id
    with tenant_session(database.engine, site.tenant_id) as db:
        gate = queries.gates_of(db, site.community_id)[0].gate_id
    guard = login_as("guard", community=site.community_id)
    elsewhere = login_as("manager", community=seed(database.engine, site.tenant_id).community_id)
    stranger = login_as("administrator", tenant=two_tenants.b)
    here = {"community": str(site.community_id)}
    for client in (guard, elsewhere, stranger):
        for address in PAGES[1:]:
            assert client.get(address, params=here, headers=HTML).status_code in (403, 404), address
        for address, fields in (
            ("/setup/houses", {**here, "building": "7", "unit": "1", "number": "101"}),
            ("/setup/houses/check", {**here, "lines": "7,1,101"}),
            ("/setup/houses/save", {**here, "lines": "7,1,101"}),
            ("/setup/gates", {**here, "name": "北门"}),
            ("/setup/lanes", {"gate": str(gate), "code": "n", "name": "北", "direction": "in"}),
            (f"/setup/lanes/{lane}/name", {"name": "别的"}),
            (f"/setup/gates/{gate}/name", {"name": "别的"}),
            ("/setup/rules", {**here, "name": "x", "effect": "allow", "groups": "resident"}),
            ("/setup/holidays", {**here, "name": "x", "day": "2027-01-01"}),
            ("/setup/settings", here),
        ):
            assert send(client, address, **fields).status_code in (403, 404), address
    manager = login_as("manager", community=site.community_id)
    assert send(manager, "/setup", name="别的小区", kind="housing").status_code == 403
    assert 'action="/setup"' not in manager.get("/setup", headers=HTML).text


@pytest.mark.req("ADMIN-01")
def test_a_list_is_looked_over_and_only_then_made(manager, site, db):
    here = str(site.community_id)
    listed = "楼栋,单元,房号\n5,2,101\n6,1,101\n6,1,102\n6,1,102\n6,1"
    looked = send(manager, "/setup/houses/check", community=here, lines=listed)
    assert looked.status_code == 200
    assert [looked.text.count(f"<span>{word}</span>") for word in ("新建", "已有", "本表重复", "看不懂")] == [
        2,
        1,
        1,
        1,
    ]
    assert "要三项：楼栋、单元、房号" in looked.text
    assert "新楼栋：6" in looked.text and "新单元：1" in looked.text
    assert "只差前面的 0" not in looked.text
    twins = send(manager, "/setup/houses/check", community=here, lines="05,02,0101\n05,02,0102\n5,2,0101").text
    assert "有 2 处和另一处只差前面的 0" in twins and "保存" in twins
    assert "和“5 栋”只差前面的 0" in twins and "和“5-2-101”只差前面的 0" in twins
    assert len(queries.houses_of(db, site.community_id)) == 6
    for made in (2, 0):  # a second press finds all of it there
        saved = send(manager, "/setup/houses/save", community=here, lines=listed)
        assert saved.status_code == 200 and ("已登记 2 户" if made else "没有新的房屋") in saved.text
        assert "有 1 行没有登记" in saved.text and re.search(r"第 6 行：6,1 .*?要三项", saved.text)
        assert re.search(r'<textarea[^>]*id="many-lines"[^>]*>6,1</textarea>', saved.text)
        whole = send(manager, "/setup/houses/save", community=here, lines=listed.removesuffix("\n6,1"))
        assert whole.headers["location"] == f"/setup/houses?community={here}&made=0"
    assert len(queries.houses_of(db, site.community_id)) == 8


@pytest.mark.req("ACC-29", "ADMIN-01")
def test_a_guessed_floor_counts_once_it_is_saved_and_a_lift_says_its_units(manager, site, db):
    here, unit = str(site.community_id), next(iter(queries.unit_labels(db, site.community_id)))
    shown = manager.get(f"/setup/floors?community={here}&unit={unit}", headers=HTML).text
    fields = dict(re.findall(r'name="([0-9a-f-]{36})" type="text" value="([^"]*)"', shown))
    assert sorted(fields.values()) == ["1", "1", "11", "11", "2", "2"] and shown.count("按房号推测</span>") == 6
    assert [one.known for one in units_with_floors(db, site.community_id)] == [0], "looking at a guess takes nothing"
    wrong = send(manager, "/setup/floors", community=here, unit=str(unit), **{next(iter(fields)): "十一"})
    assert wrong.status_code == 422 and "楼层照电梯按钮写" in wrong.text and 'value="十一"' in wrong.text
    told = fields | {next(iter(fields)): ""}
    assert send(manager, "/setup/floors", community=here, unit=str(unit), **told).status_code == 303
    assert [(one.houses, one.known) for one in units_with_floors(db, site.community_id)] == [(6, 5)]
    lane = site.gate.reply.lanes[0].lane_id
    assert send(manager, "/setup/lifts", community=here, lane=str(lane), units=str(unit)).status_code == 303
    page = manager.get(f"/setup/floors?community={here}", headers=HTML).text
    assert "5-2" in page and "没有其中一些楼层的按键" not in page, "nothing is known of its buttons"
    site.gate.write(NodeNews(what="started", detail={buttons_word(lane): "B1 1 2"}), lane=None)
    site.gate.tell()
    page = manager.get(f"/setup/floors?community={here}", headers=HTML).text
    assert "没有其中一些楼层的按键" in page and re.search(r"<li>[^<]*5-2[^<]*：11</li>", page)
    site.gate.write(NodeNews(what="started", detail={buttons_word(lane): "B1 1 2 11"}), lane=None)
    site.gate.tell()
    assert "没有其中一些楼层的按键" not in manager.get(f"/setup/floors?community={here}", headers=HTML).text
    assert send(manager, "/setup/lifts", community=here, lane=str(lane), units=str(new_id())).status_code == 422
    saved = send(manager, "/setup/houses/save", community=here, lines="5-2-101,B1\n5-2-102")
    assert saved.headers["location"].endswith("made=0&floors=1")
    assert "写上了楼层" in manager.get(saved.headers["location"], headers=HTML).text
    one = send(manager, "/setup/houses", community=here, building="8", unit="1", number="101", floor="一楼")
    assert one.status_code == 422 and "楼层照电梯按钮写" in one.text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_file_counts_before_what_was_pasted(manager, site, encoding):
    content = "楼栋,单元,房号\n甲,1,301".encode(encoding)
    answer = manager.post(
        "/setup/houses/check", data={"community": str(site.community_id), "lines": "9,9,999"},
        files={"file": ("houses.csv", content, "text/csv")}, headers=HTML,
    )  # fmt: skip
    assert "甲-1-301" in answer.text and "9-9-999" not in answer.text


def test_what_is_no_list_is_refused_beside_its_field(manager, site):
    here = {"community": str(site.community_id)}
    binary = {"file": ("houses.xlsx", b"PK\x03\x04\x00\x00", "application/zip")}
    answer = manager.post("/setup/houses/check", data=here, files=binary, headers=HTML)
    assert answer.status_code == 422 and 'id="many-file-wrong"' in answer.text
    answer = send(manager, "/setup/houses/check", **here, lines="   ")
    assert answer.status_code == 422 and 'id="many-lines-wrong"' in answer.text


@pytest.mark.parametrize(("lines", "file"), [("5,2,1\n" * 5001, ""), ("x" * 500_001, ""), ("", "5,2,1\n" * 90_000)])
def test_a_list_that_is_too_long_is_refused_whole_and_never_cut(manager, site, lines, file):
    sent = {"file": ("houses.csv", file.encode(), "text/csv")} if file else None
    here = {"community": str(site.community_id), "lines": lines}
    answer = manager.post("/setup/houses/check", data=here, files=sent, headers=HTML)
    assert answer.status_code == 422 and "一次最多 5000 行" in answer.text


def test_one_house_comes_with_its_building_and_a_wrong_one_comes_back_as_typed(manager, site, db):
    here = str(site.community_id)
    assert send(manager, "/setup/houses", community=here, building="8", unit="1", number="101").status_code == 303
    assert [one.label for one in queries.houses_of(db, site.community_id, "8")] == ["8-1-101"]
    again = send(manager, "/setup/houses", community=here, building="8", unit="1", number="101")
    assert again.status_code == 409 and "已经有房屋 8-1-101" in again.text
    wrong = send(manager, "/setup/houses", community=here, building="8#", unit="1", number="101")
    assert wrong.status_code == 422 and 'value="8#"' in wrong.text and 'id="house-building-wrong"' in wrong.text


def test_buildings_and_units_are_said_once_however_they_were_written(manager, site, db):
    here = str(site.community_id)
    assert (
        send(manager, "/setup/houses", community=here, building="7 栋", unit="3单元", number="101").status_code == 303
    )
    saved = send(manager, "/setup/houses/save", community=here, lines="7号楼,3单元,102\n综合楼,1,103")
    assert saved.status_code == 303
    assert [one.label for one in queries.houses_of(db, site.community_id, "7")] == ["7-3-101", "7-3-102"]
    text = manager.get("/setup/houses", params={"community": here}, headers=HTML).text
    assert text.count("7 栋 3 单元") == 1 and "综合楼 1 单元" in text and "栋 栋" not in text


@pytest.mark.req("ADMIN-01")
def test_gates_and_lanes_are_made_once_and_lanes_renamed(manager, site, db):
    here = str(site.community_id)
    assert send(manager, "/setup/gates", community=here, name="北门").status_code == 303
    assert send(manager, "/setup/gates", community=here, name="北门").status_code == 409
    gate = next(gate for gate in queries.gates_of(db, site.community_id) if gate.name == "北门")
    fields = {"gate": str(gate.gate_id), "code": "north-in", "name": "北门进", "direction": "in"}
    assert send(manager, "/setup/lanes", **fields).status_code == 303
    assert send(manager, "/setup/lanes", **fields).status_code == 409
    wrong = send(manager, "/setup/lanes", gate=str(gate.gate_id), code="North In", name="", direction="up")
    assert wrong.status_code == 422 and 'value="North In"' in wrong.text
    assert set(re.findall(r'id="lane-(\w+)-wrong"', wrong.text)) == {"code", "name", "direction"}
    lane = next(view.lane for view in queries.lanes_of(db, site.community_id) if view.lane.code == "north-in")
    assert (lane.direction, lane.name) == (Direction.IN, "北门进")
    assert send(manager, f"/setup/lanes/{lane.lane_id}/name", name="北门人行进").status_code == 303
    assert send(manager, f"/setup/lanes/{lane.lane_id}/name", name=" ").status_code == 422
    address = f"/setup/gates/{gate.gate_id}/name"
    taken = send(manager, address, name="东门")
    assert taken.status_code == 409 and f'id="rename-{gate.gate_id}-name-wrong"' in taken.text
    for _ in range(2):
        assert send(manager, address, name="大北门").status_code == 303
    db.expire_all()
    assert queries.lane_of(db, lane.lane_id).lane.name == "北门人行进"
    renamed = queries.gate_of(db, gate.gate_id)
    assert (renamed.name, renamed.number) == ("大北门", gate.number)


@pytest.mark.req("ACC-03")
def test_a_rule_with_its_times_is_added_changed_and_retired(manager, site, db):
    here, lane = str(site.community_id), str(site.gate.reply.lanes[0].lane_id)
    fields = {"community": here, "name": "家政白天", "effect": "allow", "groups": ["help"], "other_groups": "cleaner",
              "where": "some", "lanes": [lane], "when": "times", "days0": ["1", "2", "3"], "start0": "08:00",
              "end0": "18:00", "days2": ["8"], "start2": "22:00", "end2": "06:00"}  # fmt: skip
    assert send(manager, "/setup/rules", **fields).status_code == 303
    assert send(manager, "/setup/rules", **fields).status_code == 409  # a second press makes no second rule
    (rule,) = access.rules_of(db, site.community_id)
    assert (rule.groups, [str(one) for one in rule.lanes], rule.effect) == (("cleaner", "help"), [lane], Effect.ALLOW)
    assert [(set(one.days), one.start_minute, one.end_minute) for one in rule.schedule] == [
        ({1, 2, 3}, 480, 1080), ({HOLIDAY}, 1320, 360),
    ]  # fmt: skip
    text = manager.get("/setup/rules", params={"community": here}, headers=HTML).text
    assert "没有同意、已撤回或同意已到期的人，凭通行码、门卡或密码照常进出" in text
    assert "周一至周三 08:00–18:00" in text and "节假日 22:00–次日 06:00" in text
    filled = manager.get("/setup/rules", params={"community": here, "change": str(rule.rule_id)}, headers=HTML).text
    assert f'name="replaces" value="{rule.rule_id}"' in filled and 'value="家政白天"' in filled
    assert len(re.findall(r'name="days\d" value="\d" checked', filled)) == 4
    changed = {**fields, "when": "always", "where": "all", "replaces": str(rule.rule_id)}
    assert send(manager, "/setup/rules", **changed).status_code == 303
    assert send(manager, "/setup/rules", **changed).status_code == 409
    db.expire_all()
    (new,) = access.rules_of(db, site.community_id)
    assert (new.replaces, new.schedule, new.lanes) == (rule.rule_id, ALWAYS, ())
    assert send(manager, f"/setup/rules/{new.rule_id}/retire").status_code == 303
    db.expire_all()
    assert access.rules_of(db, site.community_id) == []
    assert send(manager, f"/setup/rules/{new_id()}/retire").status_code == 404


@pytest.mark.parametrize(
    ("change", "beside"),
    [
        ({"name": " "}, "name"),
        ({"groups": []}, "groups"),
        ({"effect": "maybe"}, "effect"),
        ({"other_groups": "Cleaner"}, "groups"),
        ({"where": "some"}, "lanes"),
        ({"when": "times"}, "days0"),
        ({"when": "times", "start1": "08:00"}, "days1"),
        ({"when": "times", "days0": ["1"], "start0": "8 Uhr"}, "start0"),
        ({"valid_from": "gestern"}, "valid_from"),
        ({"valid_from": "2027-01-02T00:00", "valid_until": "2027-01-01T00:00"}, "valid_until"),
    ],
)
def test_a_rule_that_cannot_be_taken_comes_back_with_the_reason_beside_its_field(manager, site, change, beside):
    fields = {"community": str(site.community_id), "name": "夜间", "effect": "allow", "groups": ["resident"]} | change
    answer = send(manager, "/setup/rules", **fields)
    assert answer.status_code == 422 and f'id="rule-{beside}-wrong"' in answer.text
    assert change.get("name", 'value="夜间"') in answer.text


def test_holidays_and_settings(manager, site, db):
    here = str(site.community_id)
    for status in (303, 409):
        assert send(manager, "/setup/holidays", community=here, day="2027-02-06", name="春节").status_code == status
    (holiday,) = access.holidays_of(db, site.community_id)
    for _ in range(2):
        gone = send(manager, f"/setup/holidays/{holiday.holiday_id}/remove", community=here)
        assert gone.status_code == 303
    db.expire_all()
    assert access.holidays_of(db, site.community_id) == []
    assert send(manager, "/setup/settings", community=here, refer_when_stale="yes").status_code == 303
    text = manager.get("/setup/rules", params={"community": here}, headers=HTML).text
    assert re.search(r'name="refer_when_stale" value="yes" checked', text)
    assert not re.search(r'name="send_pictures" value="yes" checked', text)


def test_the_first_steps_leave_the_desk_when_all_is_there(manager, site):
    assert "data-steps" in manager.get("/", headers=HTML).text  # the site has no rule yet
    fields = {"community": str(site.community_id), "name": "住户", "effect": "allow", "groups": ["resident"]}
    assert send(manager, "/setup/rules", **fields).status_code == 303
    assert "data-steps" not in manager.get("/", headers=HTML).text


def test_the_first_steps_are_not_for_a_guard_and_not_for_a_desk_with_events(login_as, manager, site):
    assert "data-steps" not in login_as("guard", community=site.community_id).get("/", headers=HTML).text
    site.gate.pass_through(new_id(), at=clock.now())
    site.gate.tell()
    assert "data-steps" not in manager.get("/", headers=HTML).text


@pytest.mark.req("GEN-02", "ADMIN-02")
def test_a_day_begins_when_the_community_says_so_and_it_is_written_down(manager, site, db):
    here = {"community": str(site.community_id)}
    shown = manager.get("/setup", params=here, headers=HTML).text
    assert re.search(r'id="day-begins" name="begins" type="time" value="00:00"', shown)
    assert send(manager, "/setup/day", **here, begins="04:30").status_code == 303
    assert send(manager, "/setup/day", **here, begins="04:30").status_code == 303, "a second press changes nothing"
    assert queries.community_of(db, site.community_id).day_begins_minute == 270
    assert 'value="04:30"' in manager.get("/setup", params=here, headers=HTML).text
    written = db.scalars(select(AuditRow).where(AuditRow.what == "community.day")).all()
    assert [(row.before, row.after) for row in written] == [({"day_begins": "00:00"}, {"day_begins": "04:30"})]
    told = manager.get("/audit", headers=HTML).text
    assert "修改一天从几点算起" in told and "04:30" in told


@pytest.mark.parametrize("begins", ["12:00", "24:00", "4:00", "04:60", "", "late"])
def test_a_day_that_begins_at_no_such_time_comes_back_with_the_reason(manager, site, db, begins):
    answer = send(manager, "/setup/day", community=str(site.community_id), begins=begins)
    assert answer.status_code == 422 and "00:00 到 11:59" in answer.text and 'id="day-begins-wrong"' in answer.text
    assert queries.community_of(db, site.community_id).day_begins_minute == 0
