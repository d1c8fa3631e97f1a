"""The arrivals of the demo and of its check, with the decision that each must get.

Commands from afar that come to nothing are in `afar.py`; reasons that nothing here brings about, in `rows.py`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from devices.ports import Pixels
from devices.sim.door import Deed
from devices.sim.relay_board import Fault
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from scripts.demo.arrivals import STANDS, Arrival, By, shown
from scripts.demo.world import WRONG_MAX
from scripts.prepare import frames
from scripts.prepare.demo_faces import DemoFaces

GRANT, DENY, REFER = Outcome.GRANT, Outcome.DENY, Outcome.REFER
CAMERA, SCANNER, HAND = By.CAMERA, By.SCANNER, By.HAND
NOBODYS = "990909#314159#"
PASS, FACE, EXIT = Kind.PASS, Kind.FACE, Kind.EXIT_BUTTON


class Cast:
    """Who there is to play: passes by name, faces by identity. Without the second source there is one identity."""

    def __init__(self, seeded: Mapping[str, Any], faces: DemoFaces):
        self._tokens = {name: one["token"] for name, one in seeded["passes"].items()}
        self._cards = {name: (one["facility"], one["number"]) for name, one in seeded["cards"].items()}
        pin = seeded["pins"]["resident"]
        self._pin = f"{pin['unit']}#{pin['pin']}#"
        people = faces.people
        self.whole = "office_holder_1" in people and "office_holder_2" in people
        second = faces.pictures("astronaut")[0]
        self._second = second
        self._holder: Pixels = faces.pictures("office_holder_1")[2] if self.whole else second
        self._stranger: Pixels = faces.pictures("office_holder_2")[0] if self.whole else second

    def show(self) -> list[Arrival]:
        """What the running demo repeats: one of each kind that a guard should know by sight."""
        t = self._tokens
        return [
            self._pass("visitor", "访客对镜头出示通行码", "a visitor's pass at the camera", CAMERA, GRANT, "visitor"),
            Arrival(
                "both", "住户出示通行码并看镜头", "a resident shows pass and face", CAMERA, PASS, GRANT, Reason.OK,
                token=t["resident"], scene=shown(t["resident"], self._holder),
            ),
            Arrival(
                "stranger", "陌生人拿着住户的通行码", "a stranger with that resident's pass", CAMERA, PASS, DENY,
                Reason.LOW_SCORE, token=t["resident"], scene=shown(t["resident"], self._stranger),
            ),
            self._refused("expired", "通行码已过期", "a pass that has ended", Reason.EXPIRED),
            self._refused("revoked", "通行码已被撤销", "a pass that was revoked", Reason.REVOKED),
            self._refused("forged", "伪造的通行码", "a forged pass", Reason.FORGED),
            self._pass("leaves", "访客扫码离开", "a visitor scans out", SCANNER, GRANT, "visitor", lane="east-out"),
            Arrival(
                "photo", "手机上的照片（模拟红外）", "that face on a phone's screen (simulated infrared)", CAMERA, FACE,
                REFER, Reason.SPOOF, lane="east-out", scene=lambda seed: frames.photograph(self._second, seed, STANDS),
                infrared=lambda seed: frames.infrared_of_photograph(self._second, seed, STANDS),
            ),
            self._living("face_out", "登记住户刷脸离开（模拟红外）", "a living face goes out (simulated infrared)"),
            Arrival(
                "exit", "有人按出门按钮", "somebody presses the exit button", HAND, EXIT, GRANT, Reason.OK,
                lane="east-out", deed=Deed.PRESS_EXIT,
            ),
        ]  # fmt: skip

    def check(self) -> list[Arrival]:
        """Who comes while both lanes are in use, in the order of each lane.

        Refusals stand where somebody else is walking through the door, and faces without a pass where it is shut.
        """
        t = self._tokens
        r = Reason
        visitor, both, stranger, expired, revoked, forged, leaves, photo, face_out, exit_button = self.show()
        return [
            # in
            Arrival(
                "face_alone", "登记住户只露脸", "an enrolled face without a pass", CAMERA, FACE, REFER, r.FACE_ALONE,
                scene=shown(None, self._second),
            ),
            expired,
            self._refused("not_yet", "通行码尚未生效", "a pass for another day", r.NOT_YET),
            revoked,
            forged,
            self._card("lost_card", "已收回的卡", "a card that was taken back", "revoked", DENY, r.REVOKED),
            Arrival(
                "unknown_card", "没有登记的卡", "a card nobody has", By.READER, Kind.CARD, DENY, r.UNKNOWN,
                card=(200, 54321),
            ),
            Arrival(
                "unknown_face", "陌生人只露脸", "a stranger's face without a pass", CAMERA, FACE, DENY, r.UNKNOWN,
                scene=shown(None, self._stranger),
            ),
            visitor,
            Arrival(
                "nobody", "住户只出示通行码，没有人脸", "a resident's pass without a face", CAMERA, PASS, REFER,
                r.NO_FACE, token=t["resident"], scene=shown(t["resident"], None),
            ),
            self._pass("scans", "访客扫码进入", "a visitor at the scanner", SCANNER, GRANT, "visitor"),
            Arrival(
                "no_reference", "同意了但没有登记人脸的住户", "a resident who agreed and is not enrolled", CAMERA, PASS,
                REFER, r.NO_REFERENCE, token=t["no_face"], scene=shown(t["no_face"], self._stranger),
            ),
            Arrival(
                "no_consent", "从未同意刷脸的住户，只凭通行码", "somebody who never agreed: the pass alone", CAMERA,
                PASS, GRANT, r.NO_CONSENT, token=t["no_consent"], scene=shown(t["no_consent"], self._stranger),
            ),
            Arrival(
                "withdrawn", "收回了同意的住户，只凭通行码", "somebody who took it back: the pass alone",
                SCANNER, PASS, GRANT, r.NO_CONSENT, token=t["withdrawn"],
            ),
            both,
            self._pass("once", "一次性通行码第一次用", "a pass for one entry", SCANNER, GRANT, "used_up"),
            Arrival(
                "far", "住户站得太远", "a resident too far away", SCANNER, PASS, REFER, r.LOW_QUALITY,
                token=t["resident"], scene=lambda seed: frames.tiny_face(self._holder, seed),
            ),
            self._refused("used_up", "一次性通行码再用", "the pass for one entry again", r.USED_UP),
            self._card("card", "住户刷卡并看镜头", "a resident shows card and face", "resident", GRANT, r.OK),
            stranger,
            Arrival(
                "two", "住户刷卡，两个人同时在镜头前", "a resident's card, and two people at once", By.READER,
                Kind.CARD, REFER, r.SEVERAL_FACES, card=self._cards["resident"],
                scene=lambda seed: frames.two_faces(self._holder, self._stranger, seed),
            ),
            self._keyed("pin", "住户输入房号和密码再看镜头", "a resident keys unit, PIN, and looks up", GRANT, r.OK),
            *(
                self._keyed(f"wrong_pin_{n}", f"密码不对，第 {n} 次", f"a wrong PIN, time {n}", DENY, r.UNKNOWN)
                for n in range(1, WRONG_MAX + 1)
            ),
            self._keyed(
                "locked_pin", "输错太多，连对的密码也不收", "the right PIN at a keypad that is locked", DENY,
                r.WRONG_ATTEMPTS,
            ),
            # out
            Arrival(
                "twins", "两个登记的人长得一样", "a face that two people are enrolled with", CAMERA, FACE, REFER,
                r.AMBIGUOUS, lane="east-out", scene=shown(None, self._holder),
            ),
            replace(photo, queued=True),
            self._refused(
                "unknown_key", "未知密钥签发的通行码", "a pass of a key nobody has", r.UNKNOWN_KEY, lane="east-out"
            ),
            Arrival(
                "malformed", "不是通行码的二维码", "a code that is no pass", SCANNER, PASS, DENY, r.MALFORMED,
                lane="east-out", token="WEATHER TODAY: RAIN",
            ),
            self._refused("wrong_gate", "别的门的通行码", "a pass for another gate", r.WRONG_POINT, lane="east-out"),
            self._refused(
                "wrong_time", "不在允许的时段", "outside the permitted hours", r.WRONG_TIME, lane="east-out"
            ),
            self._refused("blocked", "持有人已被停用", "a blocked cardholder", r.BLOCKED, lane="east-out"),
            face_out,
            leaves,
            exit_button,
            self._pass(
                "waits", "访客放行后没有走", "a visitor who stays in", SCANNER, GRANT, "visitor",
                lane="east-out", enters=False,
            ),
            self._pass(
                "stuck", "继电器卡住", "the relay is stuck", SCANNER, GRANT, "visitor",
                lane="east-out", fault=Fault.STUCK,
            ),
        ]  # fmt: skip

    def silent_board(self) -> Arrival:
        """While the board does not answer."""
        return self._refused("visitor", "继电器板没有应答", "the relay board is silent", Reason.FAULT, REFER)

    def while_other_door_open(self) -> Arrival:
        """While the other door of the interlock stands open."""
        return self._refused("visitor", "互锁的另一扇门开着", "the interlocked door is open", Reason.INTERLOCK, REFER)

    def denied_by_rule(self) -> Arrival:
        """After a manager has denied visitors this lane."""
        return self._refused(
            "visitor", "规则不允许访客走此门", "a rule denies visitors this lane", Reason.NO_RULE, lane="east-out"
        )

    def just_revoked(self) -> Arrival:
        """After a manager has revoked the visitor's pass."""
        return self._refused("visitor", "刚刚被撤销的通行码", "a pass revoked just now", Reason.REVOKED)

    def household_blocked(self) -> Arrival:
        """After a manager has kept the resident's household from entering."""
        return self._refused("resident", "整户暂停进入", "a household is kept from entering", Reason.HOUSEHOLD_BLOCKED)

    def after_withdrawal(self) -> Arrival:
        """The living face that went out before, after its owner has taken the consent back: nobody's, here."""
        return replace(
            self._living("face_out", "收回同意后再刷脸", "the same face after its owner took the consent back"),
            outcome=DENY, reason=Reason.UNKNOWN,
        )  # fmt: skip

    def during_fire(self) -> Arrival:
        """While the fire input holds the door."""
        return Arrival(
            "fire", "火警期间出示通行码", "a pass during a fire", SCANNER, PASS, GRANT, Reason.FIRE, lane="east-out",
            token=self._tokens["expired"], enters=False,
        )  # fmt: skip

    def _living(self, key: str, zh: str, en: str) -> Arrival:
        return Arrival(
            key, zh, en, CAMERA, FACE, GRANT, Reason.OK, lane="east-out", scene=shown(None, self._second),
        )  # fmt: skip

    def _card(self, key: str, zh: str, en: str, card: str, outcome: Outcome, reason: Reason) -> Arrival:
        scene = shown(None, self._holder) if outcome is GRANT else None
        return Arrival(key, zh, en, By.READER, Kind.CARD, outcome, reason, card=self._cards[card], scene=scene)

    def _keyed(self, key: str, zh: str, en: str, outcome: Outcome, reason: Reason) -> Arrival:
        """At the keypad. A wrong PIN is keyed behind a unit that nobody has: the resident's own is not locked by it."""
        keys = NOBODYS if reason is Reason.UNKNOWN else self._pin
        scene = shown(None, self._holder) if outcome is GRANT else None
        return Arrival(key, zh, en, By.READER, Kind.PIN, outcome, reason, keys=keys, scene=scene)

    def _pass(
        self, key: str, zh: str, en: str, by: By, outcome: Outcome, token: str,
        lane: str = "east-in", enters: bool = True, fault: Fault | None = None,
    ) -> Arrival:  # fmt: skip
        scene = shown(self._tokens[token], None) if by is By.CAMERA else None
        return Arrival(
            key, zh, en, by, PASS, outcome, Reason.OK,
            lane=lane, token=self._tokens[token], scene=scene, enters=enters, fault=fault,
        )  # fmt: skip

    def _refused(
        self, key: str, zh: str, en: str, reason: Reason, outcome: Outcome = DENY, lane: str = "east-in"
    ) -> Arrival:
        return Arrival(key, zh, en, SCANNER, PASS, outcome, reason, lane=lane, token=self._tokens[key])
