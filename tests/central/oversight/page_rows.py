"""Every page and every form of the console: who may, and what is sent. `test_page_matrix` asks each of everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from central.base.kernel.permissions import ADMINISTRATOR, GUARD, MANAGER
from tests.central.people.assessed import ANSWERS

HTML = {"accept": "text/html"}


@dataclass(frozen=True)
class Row:
    """`least`: the first role that may, None for a route that is open or anybody's own. `names`: something in it
    belongs to one community; else it is a list, which for a stranger holds nothing of others. `company`: only with the
    right in the whole company."""

    method: str
    route: str
    least: str | None
    form: Mapping[str, Any] | None = None
    query: str = ""
    names: bool = True
    company: bool = False

    def ask(self, client: Any, things: Mapping[str, str], *, blank: bool = False) -> Any:
        """`blank`: with nothing said where a person is to say why."""
        form = {name: value.format(**things) for name, value in (self.form or {}).items()}
        if blank:
            form |= {name: "" for name in ("reason", "name", "ends_at", "day") if name in form}
        address = (self.route + self.query).format(**things)
        if self.method == "GET":
            return client.get(address, headers=HTML)
        return client.post(address, data=form, headers=HTML)


def read(route: str, least: str | None, query: str = "", **more: Any) -> Row:
    return Row("GET", route, least, query=query, **more)


def send(route: str, least: str | None, form: Mapping[str, Any] | None = None, **more: Any) -> Row:
    return Row("POST", route, least, form, **more)


HERE, WHY = {"community": "{community}"}, {"reason": "测试"}
HOME, FACE, CARDS, PASS, LANE = (
    "/people/homes/{resident}",
    "/people/homes/{resident}/face",
    "/people/homes/{resident}/cards",
    "/visitors/{pass}",
    "/lanes/{lane}",
)
ACCOUNT = "/accounts/{account}"
STAY = {"house": "5-2-1102", "tie": "tenant", "starts": "2026-11-01", "name": "周示例", "resident": "{new}"}

ATTACK_TEST = {"liveness": "challenge-1", "tested_by": "王师傅", "tested_on": "2026-11-01", "signed_by": "李经理",
               "note": "20 张彩色打印，白天，一米", "print_trials": "20", "print_wrong": "1"}  # fmt: skip
QUOTA = {"quota": "{new}", "kind": "minutes", "amount": "60", "count": "10", "price": "0", "paid_by": "bank",
         "hold_hours": "24", "ends_at": "2099-01-01T00:00"}  # fmt: skip
TEXT = HERE | {"zh": "同意书", "en": "The terms", "lasts_days": "730", "old_until": "2099-01-01T00:00"}

ROWS = (
    # the desk and what stands behind its cards
    read("/", GUARD, names=False),
    read("/desk/stream", GUARD, "?before={visit}", names=False),
    read("/desk/cards", GUARD, "?card=visit:{visit}&card=alarm:{alarm}&card=lane:{lane}", names=False),
    read("/alarms/told", GUARD, names=False),
    read("/visit/{visit}", GUARD),
    read("/booth", GUARD, "?lane={lane}"),
    read("/booth/now", GUARD, "?lane={lane}"),
    send("/booth/{lane}/take", GUARD),
    send("/booth/{lane}/give-back", GUARD),
    send("/booth/{lane}/done", GUARD),
    send("/booth/missed/{call}", GUARD),
    read("/visit/{visit}/bill", GUARD),
    read("/face-figures", GUARD, names=False),
    read("/face-figures/{lane}", GUARD),
    read("/face-figures/{lane}/calibrations/{calibration}", MANAGER),
    send("/face-figures/{lane}/calibrate", MANAGER, WHY),
    read("/faces/earlier", MANAGER, names=False),
    send("/faces/earlier/ask", MANAGER, HERE),
    read("/face-figures/{lane}/attack-tests", GUARD),
    send("/face-figures/{lane}/attack-tests", MANAGER, ATTACK_TEST),
    read(f"{LANE}/open", GUARD),
    send(f"{LANE}/look", GUARD),
    read(f"{LANE}/live", GUARD),
    send(f"{LANE}/open", GUARD, WHY | {"nonce": "n" * 32, "looked_at": "2026-11-23T00:00:00Z"}),
    read(f"{LANE}/opens/{{look}}", GUARD),
    read(f"{LANE}/end-fire", GUARD),
    send(f"{LANE}/end-fire", GUARD, WHY),
    read(f"{LANE}/fire-ends/{{fire_end}}", GUARD),
    read(f"{LANE}/hold", GUARD),
    send(f"{LANE}/hold", GUARD, WHY | {"minutes": "30"}),
    send(f"{LANE}/resume", GUARD, WHY),
    read(f"{LANE}/turn", GUARD),
    send(f"{LANE}/turn", GUARD, WHY | {"direction": "out"}),
    read(f"{LANE}/holds/{{held_lane}}", GUARD),
    send("/alarms/{alarm}/acknowledge", GUARD),
    read("/alarms/{alarm}/close-fire", GUARD),
    send("/alarms/{alarm}/close-fire", GUARD, WHY),
    read("/visit/{second_entry}/reset-passback", GUARD),
    send("/visit/{second_entry}/reset-passback", GUARD, WHY),
    read(f"{LANE}/passback-resets/{{reset}}", GUARD),
    read("/visit/{compared}/correction", GUARD),
    send("/visit/{compared}/correction", GUARD, WHY),
    read("/lockdown", GUARD, "?community={community}"),
    send("/lockdown", GUARD, HERE | WHY | {"lanes": "{lane}", "admits": "staff", "until": "{soon}"}),
    send("/lockdown/{waiting}/approve", MANAGER, HERE),
    send("/lockdown/{withdrawn}/withdraw", MANAGER, HERE | WHY),  # a guard withdraws only what was their own
    send("/lockdown/{running}/end", MANAGER, HERE | WHY),
    read("/storm", GUARD, "?community={community}"),
    send("/storm", GUARD, HERE | WHY | {"hours": "4"}),
    read("/storm/{storm}/gates", GUARD),
    send("/storm/{storm}/told", GUARD, HERE | {"stay": "{stay}"}),
    send("/storm/{storm}/prolong", GUARD, HERE | WHY | {"hours": "4"}),
    send("/storm/{storm}/end", GUARD, HERE | WHY),
    send("/storm/{storm}/waive", MANAGER, HERE | WHY),
    # people and their passes
    send("/people", GUARD, HERE | {"who": "欧"}, names=False),
    read("/people", GUARD, "?community={community}", names=False),
    read("/people/new", MANAGER, "?community={community}", names=False),
    send("/people/new", MANAGER, HERE | STAY | {"gates": "yes", "groups": "resident"}),
    read("/people/{person}/unmask", GUARD),
    send("/people/{person}/unmask", GUARD, WHY),
    read(HOME, MANAGER),
    send(f"{HOME}/correct", MANAGER, WHY | {"name": "孙示例", "tie": "family"}),
    send(f"{HOME}/another", MANAGER, STAY | {"resident": "{other_new}"}),
    send(f"{HOME}/groups", MANAGER, {"groups": "help"}),
    send(f"{HOME}/block", MANAGER, WHY | {"deed": "block"}),
    send(f"{HOME}/pass", MANAGER, {"starts": "2026-11-01", "ends_at": "2027-10-31"}),
    read(CARDS, MANAGER),
    send(CARDS, MANAGER, {"printed": "wiegand26", "number": "12,34567"}),
    send(f"{CARDS}/read", MANAGER, {"visit": "{card_read}"}),
    send(f"{CARDS}/{{card}}/name", MANAGER, {"name": "蓝色门卡"}),
    send(f"{HOME}/pin", MANAGER, {"house_id": "{house}"}),
    read("/cards", MANAGER, "?community={community}", names=False),
    read("/cards/list.csv", MANAGER, "?community={community}"),
    read("/points", GUARD, "?community={community}", names=False),
    send("/points", MANAGER, HERE | {"kind": "garage", "name": "地库口"}),
    send("/points/doors", MANAGER, HERE),
    # what parking costs
    read("/tariffs", GUARD, "?community={community}", names=False),
    read("/tariffs/new", MANAGER, "?community={community}&like={tariff}"),
    send("/tariffs", MANAGER, HERE | {"name": "地面车位", "starts_at": "2027-01-01T00:00", "kind": "per_use",
                                      "use_yuan": "10", "free_minutes": "30", "leave_minutes": "15"}),
    send("/tariffs/{tariff}/approve", MANAGER, HERE),
    read("/tariffs/compare", GUARD, "?community={community}", names=False),
    send("/tariffs/compare", GUARD, HERE | {"version": "{tariff}", "beside": "{tariff}",
                                            "so_far": '{{"until": "2026-11-20T00:00:00Z"}}'}),
    read(FACE, GUARD),
    read(f"{FACE}/now", GUARD),
    send(f"{FACE}/age", GUARD, {"born_on": "1980-05-01"}),
    send(f"{FACE}/invite", GUARD),
    send(f"{FACE}/withdraw", GUARD),
    send(f"{FACE}/photos", GUARD, {"keep": "false"}),
    read("/visitors", GUARD, "?community={community}", names=False),
    read("/visitors/houses", GUARD, "?community={community}&house=5"),
    send("/visitors", GUARD, HERE | {"house": "5-2-101", "name": "周来访", "start": "2026-11-29T08:00",
                                     "end": "2026-11-29T12:00"}),
    send("/visitors/find", GUARD, HERE | {"who": "5-2"}),
    read(PASS, GUARD),
    read(f"{PASS}/change", GUARD),
    send(f"{PASS}/change", GUARD, WHY | {"start": "2026-11-29T08:00", "end": "2026-11-29T12:00", "uses": "3",
                                         "party": "1"}),
    send(f"{PASS}/link", GUARD),
    send(f"{HOME}/household", MANAGER, WHY | {"deed": "block", "until": "2026-12-05"}),
    # who is looked out for: a right of its own, which no preset role but the administrator's carries
    read("/watch-group", ADMINISTRATOR, "?community={community}"),
    send("/watch-group", ADMINISTRATOR, HERE | {"ground": "court", "document": "裁定 1 号", "asked_by": "法院",
                                                "label": "甲", "expires_at": "2026-12-20T08:00"}),
    send("/watch-group/most", ADMINISTRATOR, HERE | {"faces_max": "10"}),
    read("/watch-group/{watched}", ADMINISTRATOR),
    send("/watch-group/{watched}/correct", ADMINISTRATOR, WHY | {"ground": "police", "document": "协查函 31",
         "asked_by": "派出所"}),
    # whose car drives in by its plate
    read("/plates", MANAGER, "?community={community}"),
    send("/plates", MANAGER, HERE | {"kind": "permit", "plate": "川B8K3H5", "until": "2027-01-01T00:00"}),
    # the stays of cars
    read("/parking", GUARD, "?community={community}"),
    send("/parking", GUARD, HERE | {"plate": "川A12345"}),
    read("/parking/stays/{stay}", GUARD),
    send("/parking/stays/{stay}/plate", GUARD, WHY | {"plate": "川A12346"}),
    read("/parking/money", GUARD, "?community={community}"),
    send("/parking/stays/{stay}/cash", GUARD, {"amount_fen": "700", "till": "{lane}"}),
    send("/parking/stays/{stay}/free", GUARD, WHY | {"amount_fen": "700", "free": "repair"}),
    send("/parking/stays/{stay}/write-off", MANAGER, WHY),
    send("/parking/refunds/{refund}/again", MANAGER),
    send("/parking/stays/{owing}/not-theirs", GUARD, WHY),  # before it is frozen by a guard: then it is a manager's
    send("/parking/stays/{owing}/freeze", GUARD),
    read("/parking/exits", GUARD, "?community={community}"),
    read("/desk/denied", GUARD, names=False),
    send("/parking/stays/{owing}/stands", GUARD, WHY),
    read("/parking/signs", MANAGER, "?community={community}"),
    read("/parking/signs/{sign}", MANAGER),
    send("/parking/signs", MANAGER, HERE | {"lane": ""}),
    read("/parking/fee-board", MANAGER, "?community={community}"),
    send("/parking/refunds/{refund}", MANAGER, {"note": "原路退回"}),
    read("/parking/shift", GUARD, "?community={community}"),
    send("/parking/shift", GUARD, HERE | {"till": "", "seen_us": "1798761600000000", "counted": "0.00"}),
    send("/parking/shift/{till}/sign", GUARD, {}),
    send("/parking/shift/{till}/withdraw", GUARD, {}),
    read("/parking/lot", GUARD, "?community={community}&lane=east-in&house=5-2-1102"),
    send("/parking/lot/count", GUARD, HERE | WHY | {"zone": "", "counted": "3"}),
    send("/parking/lot/find", GUARD, HERE | WHY | {"part": "A12345"}),
    read("/parking/lot/plan", MANAGER, "?community={community}"),
    read("/parking/lot/plan/example.json", MANAGER, "?community={community}"),
    send("/parking/lot/plan", MANAGER, HERE | {"text": "{{}}"}),
    read("/parking/lot/plan/{plan}", MANAGER),
    send("/parking/lot/plan/{plan}/use", MANAGER),
    send("/parking/lot/settings", MANAGER, HERE | {"places": "90", "own_places": "10", "full_at": "0",
                                                    "long_days": "7", "abandoned_days": "30", "wait_minutes": "30",
                                                    "charged_minutes": "30"}),
    read("/parking/bookings", GUARD, "?community={community}"),
    send("/parking/bookings", MANAGER, HERE | {"plate": "川B8K3H5", "since": "{soon}", "until": "{later}"}),
    send("/parking/bookings/{booking}/let-off", MANAGER, HERE | WHY),
    send("/parking/bookings/{booking}/cancel", MANAGER, HERE | WHY),
    read("/parking/shared", MANAGER, "?community={community}"),
    send("/parking/shared/terms", MANAGER, HERE | {"price": "3.00", "minutes": "60", "percent": "60"}),
    send("/parking/shared", MANAGER, HERE | {"entry": "{bay_permit}", "first_day": "{soon_day}",
                                             "last_day": "{soon_day}", "start": "20:00", "end": "07:00"}),
    send("/parking/shared/{offer}/end", MANAGER, HERE | WHY),
    send("/parking/lot/systems", MANAGER, HERE | {"name": "B1"}),
    send("/parking/lot/systems/{bay_system}/end", MANAGER),
    send("/parking/stays/{lone_exit}/join", GUARD, WHY | {"stay": "{stay}"}),
    send("/parking/stays/{stay}/void", GUARD, WHY),
    send("/parking/stays/{stay}/charge", GUARD, WHY | {"moment": "again"}),
    send("/parking/stays/{stay}/let-off", GUARD, WHY),
    send("/parking/stays/{stay}/keep", MANAGER, WHY | {"fen": "700"}),
    send("/parking/stays/{stay}/give-back", MANAGER, WHY | {"fen": "700"}),
    send("/parking/unclaimed/{exit_cash}/count", MANAGER, HERE | WHY | {"plate": "川A12345", "fen": "1000"}),
    send("/parking/unclaimed/{exit_cash}/give-back", MANAGER, HERE | WHY | {"fen": "1000"}),
    send("/parking/stays/{lone_exit}/lone-cash", GUARD, WHY | {"amount": "5.00", "paid_fen": "500", "till": ""}),
    read("/parking/receipts/{receipt}", GUARD),
    send("/parking/receipts/{receipt}/invoice", GUARD, {"title": "示例公司", "contact": "a@example.com"}),
    send("/parking/receipts/{receipt}", GUARD),
    send("/parking/receipts/{receipt}/print", GUARD, {"receipt_id": ""}),
    read("/parking/invoices", MANAGER, "?community={community}"),
    send("/parking/invoices/{invoice}/refuse", MANAGER, WHY),
    send("/parking/invoices/{invoice}/made", MANAGER, {"number": "26312000000000000001", "link": ""}),
    send("/parking/refunds/{refund}/ask", MANAGER),
    send("/parking/refunds/{refund}/take-out", MANAGER, {"note": "查无此单"}),
    read("/parking/contracts", MANAGER, "?community={community}"),
    send("/parking/contracts", MANAGER, HERE | {"uses": "no"}),
    # shops and their coupons
    read("/coupons", MANAGER, "?community={community}"),
    send("/coupons/shops", MANAGER, HERE | {"name": "药房", "day_most": "10", "plate_most": "1"}),
    send("/coupons/shops/{shop}/quotas", MANAGER, HERE | QUOTA),
    send("/coupons/shops/{shop}/renew", MANAGER, HERE),
    send("/coupons/{coupon}/back", MANAGER, HERE | WHY),
    send("/coupons/shops/{shop}/close", MANAGER, HERE | WHY),
    # nodes, their records, the audit
    read("/nodes", GUARD, names=False),
    send("/nodes", MANAGER, HERE | {"gate": "{gate}", "name": "西门岗"}),
    read("/nodes/{node}/revoke", MANAGER),
    read("/nodes/{node}/maker", MANAGER),
    read("/nodes/{node}/records", MANAGER),
    send("/nodes/{node}/records", MANAGER, WHY),
    read("/parked", MANAGER, names=False),
    read("/parked/{parked}", MANAGER),
    send("/parked/{parked}", MANAGER, WHY | {"deed": "reject"}),
    read("/audit", MANAGER, names=False),
    read("/privacy", MANAGER, "?community={community}", names=False),
    send("/privacy/assessments", MANAGER, HERE | {"signed_by": "李经理"} | ANSWERS),
    read("/privacy/assessments/{assessment}", MANAGER),
    send("/privacy/consent-texts/check", MANAGER, TEXT),
    send("/privacy/consent-texts", MANAGER, TEXT | {"version": "2"}),
    send("/privacy/holds/{hold}/release", MANAGER, HERE | WHY),
    send("/visit/{visit}/hold", GUARD, WHY),
    read(f"{HOME}/group-test", GUARD),
    send(f"{HOME}/group-test", GUARD, {"age": "30_44"}),
    send(f"{HOME}/group-test/withdraw", GUARD),
    send("/face-figures/findings/{finding}/close", MANAGER, WHY),
    # setting a community up
    read("/setup", MANAGER, "?community={community}", names=False),
    send("/setup", MANAGER, {"name": "云岭", "kind": "housing"}, company=True, names=False),
    send("/setup/day", MANAGER, HERE | {"begins": "04:00"}, names=False),
    send("/setup/phone", MANAGER, HERE | {"phone": "021-5550 1234"}, names=False),
    read("/setup/gates", MANAGER, "?community={community}"),
    send("/setup/gates", MANAGER, HERE | {"name": "北门"}),
    send("/setup/gates/{gate}/name", MANAGER, {"name": "东大门"}),
    send("/setup/lanes", MANAGER, {"gate": "{gate}", "code": "west-in", "name": "西进", "direction": "in"}),
    send("/setup/lanes/{lane}/name", MANAGER, {"name": "东进"}),
    send("/setup/lanes/{lane}/rings-at", MANAGER, {"rings_at": "8001"}),
    read("/setup/houses", MANAGER, "?community={community}"),
    send("/setup/houses", MANAGER, HERE | {"building": "6", "unit": "1", "number": "101"}),
    send("/setup/houses/check", MANAGER, HERE | {"lines": "7-1-101"}),
    send("/setup/houses/save", MANAGER, HERE | {"lines": "7-1-101"}),
    read("/setup/floors", MANAGER, "?community={community}&unit={unit}&lane={lane}"),
    send("/setup/floors", MANAGER, HERE | {"unit": "{unit}"}),
    send("/setup/lifts", MANAGER, HERE | {"lane": "{lane}", "units": "{unit}"}),
    read("/setup/kinds", MANAGER, "?community={community}&lane={lane}"),
    send("/setup/kinds", MANAGER, HERE | {"lane": "{lane}", "card-when": "always", "pin-when": "always"}),
    read("/setup/rules", MANAGER, "?community={community}&change={rule}"),
    send("/setup/rules", MANAGER, HERE | {"name": "保洁", "effect": "allow", "groups": "help", "where": "all"}),
    read("/setup/zones", MANAGER, "?community={community}&change={zone}"),
    send("/setup/zones", MANAGER, HERE | {"name": "地库", "mode": "soft", "lanes": "{lane}", "zone": "{zone}"}),
    send("/setup/holidays", MANAGER, HERE | {"name": "元旦", "day": "2027-01-01"}),
    send("/setup/settings", MANAGER, HERE | {"refer_when_stale": "yes"}),
    # who signs in: the whole company's, and so no one community's
    read("/accounts", MANAGER, company=True, names=False),
    send("/accounts", ADMINISTRATOR, {"account": "{new}", "login": "new.guard", "name": "新保安", "role": "guard",
                                      "where": "all"}, company=True, names=False),
    read(ACCOUNT, MANAGER, company=True),
    send(f"{ACCOUNT}/password", ADMINISTRATOR, WHY, company=True),
    send(f"{ACCOUNT}/roles", ADMINISTRATOR, {"role": "guard", "where": "all"}, company=True),
    send(f"{ACCOUNT}/roles/withdraw", ADMINISTRATOR, {"role": "guard", "where": "all"}, company=True),
    send(f"{ACCOUNT}/disable", ADMINISTRATOR, WHY, company=True),
    send(f"{ACCOUNT}/enable", ADMINISTRATOR, WHY, company=True),
    # what ends something
    send(f"{CARDS}/{{card}}/pass-on", MANAGER, {"cardholder": "{cardholder}"}),
    send(f"{CARDS}/{{card}}/revoke", MANAGER, WHY),
    send(f"{HOME}/pins/{{pin}}/drop", MANAGER, WHY),
    send("/points/{point}/drop", MANAGER, HERE),
    send("/tariffs/{tariff}/withdraw", MANAGER, HERE | WHY),
    send("/watch-group/{watched}/end", ADMINISTRATOR, WHY),
    send("/plates/{plate}/link", MANAGER, HERE),
    send("/plates/{plate}/end", MANAGER, HERE | WHY),
    send("/plates/{listed}/approve", MANAGER, HERE),
    send("/setup/zones/{zone}/drop", MANAGER, HERE),
    send("/setup/holidays/{holiday}/remove", MANAGER, HERE),
    send("/setup/rules/{rule}/retire", MANAGER),
    send(f"{PASS}/revoke", GUARD, WHY),
    send(f"{HOME}/end", MANAGER, WHY | {"ends_at": "2026-12-31"}),
    send(f"{HOME}/withdraw", MANAGER, WHY),
    send("/nodes/{node}/maker", MANAGER, WHY),
    send("/nodes/{node}/revoke", MANAGER, WHY),
    send(f"{FACE}/here", GUARD),  # the last: it signs out whoever asks
)  # fmt: skip

OPEN = {
    "GET /login", "POST /login", "POST /language", "POST /theme",
    "GET /enrol/{}", "GET /enrol/{}/gates", "POST /enrol/{}/consent", "POST /enrol/{}/withdraw",
    "POST /enrol/{}/keep-photos", "POST /enrol/{}/not-me", "POST /enrol/{}/finish",
    "GET /pass/{}", "GET /pass/{}/picture.png",
    "GET /park/{}", "POST /park/{}", "GET /park/{}/now", "POST /park/{}/car", "POST /park/{}/call", "GET /park/{}/fees",
    "GET /stay/{}", "GET /stay/{}/now", "POST /stay/{}/pay", "POST /stay/{}/not-mine", "GET /stay/{}/receipt",
    "POST /stay/{}/receipt", "POST /stay/{}/receipt/prove", "POST /stay/{}/receipt/print", "POST /stay/{}/invoice",
    "POST /invoices/notices/{}/{}",
    "POST /pay/notices/{}/{}", "GET /pay/test/{}/{}", "POST /pay/test/{}/{}",
    "POST /pay/silent/{}/{}", "GET /pay/test-contracts/{}", "POST /pay/test-contracts/{}",
    "GET /shop/{}", "POST /shop/{}", "GET /coupon/{}", "POST /coupon/{}", "GET /mycar/{}",
}  # fmt: skip
"""Open to everyone, or by a link that is the key (tests/central/gates/face_enrolment, tests/browser/test_enrol.py,
tests/central/oversight/test_visitor_pass.py, tests/central/oversight/test_shop_page.py), or by a sign or its ticket
(tests/central/oversight/driver), or signed by a channel of payment (tests/central/money/payments)."""
ONES_OWN = {"POST /logout", "GET /change-password", "POST /change-password"}
"""Of whoever is signed in, naming nothing (tests/central/base/test_identity_pages.py)."""
