"""An example for every field and body of the published description.

One word means one thing throughout the API, so a field's example stands here once, by the field's name; where the same
word is said of several things, under `Schema.field`. An example beside the field itself, in its model, goes before
these. Ids, instants, days, switches and closed lists need no entry: they speak by their form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

JSON = "application/json"
HEX, POINT = "3b6a27bcceb6a42d62a3a8d02ab5e6f1" * 2, "04" + "6b17d1f2e12c4247" * 8

FORMS: Mapping[str, Any] = {
    "uuid": "01938b1a-5c00-7d3e-9f21-4b6c8d0e2f10",
    "date-time": "2026-11-23T08:41:07+08:00",
    "date": "2026-11-23",
}

WORDS: Mapping[str, Any] = {
    "acked_seq": 4127, "acknowledged_by": "王师傅", "actor_name": "王师傅", "actuation_fault": "no_answer",
    "beside": ["东门岗"], "blocked_reason": "欠押金", "breaks": [4128], "broken_since": 4128, "calibrations": {},
    "central_key": HEX, "checks": [], "code": "east-in", "count": 3, "days": [1, 2, 3, 4, 5], "decide_ms": 3.4,
    "detail": {}, "cover": "reader_fault", "device": "relay", "faults": ["scanner"],
    "direction": "in", "disk_free_mb": 12800, "duplicates": 0, "en": "I agree that the gate compares my face.",
    "end_minute": 1080, "event": {"seq": 4127}, "faces": 412, "first_seq": 4101, "gate_name": "东门", "gate_number": 1,
    "gates": [1], "granted": 18, "groups": ["resident"], "house": "5-2-1102", "houses": ["5-2-1102"],
    "day_begins": "04:00", "image_rule": "kept", "inputs": {"direction": "in"},
    "issued_by": "王师傅", "key_id": HEX[:16], "key_number": 2, "kind": "resident", "label": "5",
    "lane_name": "东门人行进", "last_seq": 4126, "lasts_days": 730, "liveness": "live", "low": 0.6,
    "missing": [[4101, 4126]],
    "model": "sface", "name": "东门", "new_password": "请换成一句自己的长话", "next": "WyIyMDI2LTExLTIzIl0",
    "node": "东门岗",
    "nonce": "q3cVtK0xY1n8ZrT5uLw2Bg7e", "number": 1, "old_password": "一次性口令", "orphans": 0, "others": 2,
    "overlap_days": 30, "parked_open": 0, "party": 2, "passage_why": "no_passage", "phone": "19000000001", "photos": 3,
    "places": ["gallery"], "point": POINT, "position": "closed", "problems": [], "public_key": HEX,
    "published_by": "李经理", "purpose": "face", "queue_length": 0, "reached": 412, "reason": "登记时写错",
    "recorded_by": "王师傅", "relay_ms": 41.8, "released": 12, "records": 12, "resend": 7,
    "resolution": "已核对纸质登记", "resolved_by": "李经理", "result_reason": "fire", "revoked_reason": "访客改期",
    "rules_age_s": 240, "rules_version": 318, "said": "快递送到门口", "score": 0.72, "scored": 20, "seq": 4127,
    "skew_ms": 12, "snapshot_version": 318, "start_minute": 480, "state": "open", "status": "ok", "step": "gate",
    "still_parked": 0, "stored": 4127, "text_version": 1, "threshold": 0.45, "thresholds": [0.42, 0.45], "times": 1,
    "token": "pR7mXw2Kd9sVbQ4nTz6yLf1HcJ8gAe3U", "total": 23, "tries": 1, "upto_seq": 4127, "uses": 1, "uses_before": 0,
    "version": 1, "why": "withdrawn", "zh": "我同意门口比对我的人脸。", "zh_CN": "请从东门进入。",
    # one word said of several things
    "EnrolRequest.version": "0.1.0", "CommunityOut.name": "翠湖花园", "EnrolLane.name": "东门人行进",
    "EnrolRequest.name": "east", "FaceOut.name": "张*", "HolidayOut.name": "元旦", "Lane.name": "东门人行进",
    "LaneNameIn.name": "东门人行进", "LaneNowOut.name": "东门人行进", "LaneOut.name": "东门人行进",
    "RuleOut.name": "住户",
    "NewTokenOut.name": "东门岗", "TokenOut.name": "东门岗",
    "central__people__community__schemas__PersonOut.name": "张示例",
    "UnitOut.label": "2", "central__gates__access__schemas__PersonOut.label": "张*", "Check.detail": {"gate": "1"},
    "CommandOut.reason": "住户忘带钥匙", "OpenIn.reason": "住户忘带钥匙", "EndIn.reason": "搬走",
    "ChangePassIn.reason": "访客改期",
    "Parked.reason": "unknown_lane", "central__gates__access__schemas__StandingOut.reason": "ok",
    "AlarmOut.detail": "input 3", "ParkedOut.detail": "lane west-in", "SealedPhoto.nonce": "q3cVtK0xY1n8ZrT5",
    "SealedPhoto.ephemeral": "BGsX" + "0fLh" * 20 + "LEI=", "SealedPhoto.sealed": "q3cVtK0xY1n8ZrT5uLw2Bg7e",
    "ReceivingKey.point": HEX, "ReceivingKey.signature": HEX * 2, "SealedTemplate.sealed": "q3cVtK0xY1n8ZrT5uLw2Bg7e",
    "SealedTemplate.stamp": "Vb0s" + "7Xk2" * 20 + "mQ==", "problem": "too_dark", "photo": 2,
}  # fmt: skip


class Exemplar:
    """Examples out of the schemas of one description."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas

    def settle_fields(self) -> None:
        """Put an example beside every field that has none. Fields that lead to a schema take that one's."""
        for title, schema in self._schemas.items():
            for name, field in schema.get("properties", {}).items():
                found = self._said(title, name, field)
                if found is not None:
                    field["examples"] = [found]

    def of(self, schema: Mapping[str, Any]) -> Any:
        """A whole example of what this schema takes; None where nothing is known."""
        if "$ref" in schema:
            return self.of(self._schemas[schema["$ref"].rpartition("/")[2]])
        for kept in ("examples", "example"):
            if kept in schema:
                return schema[kept][0] if kept == "examples" else schema[kept]
        if "properties" in schema:
            return {name: self.of(field) for name, field in schema["properties"].items()}
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        choices = [one for one in schema.get("anyOf", schema.get("oneOf", ())) if one.get("type") != "null"]
        if choices:
            return self.of(choices[0])
        if schema.get("type") == "array":
            found = self.of(schema.get("items", {}))
            return [] if found is None else [found] * max(1, schema.get("minItems", 1))
        if schema.get("type") == "object":
            return {}
        return False if schema.get("type") == "boolean" else FORMS.get(schema.get("format", ""))

    def _said(self, title: str, name: str, field: Mapping[str, Any]) -> Any:
        if "examples" in field or "example" in field or "'$ref'" in repr(field):
            return None
        formed = self.of(field)
        if formed not in (None, [], {}, [[]]):
            return formed
        return WORDS.get(f"{title}.{name}", WORDS.get(name))


def settle_examples(described: dict[str, Any]) -> None:
    """Examples for every field, every JSON body and every JSON answer that says yes."""
    exemplar = Exemplar(described.get("components", {}).get("schemas", {}))
    exemplar.settle_fields()
    for path in described.get("paths", {}).values():
        for operation in path.values():
            bodies = [operation.get("requestBody", {})]
            bodies += [one for status, one in operation.get("responses", {}).items() if status.startswith("2")]
            for body in bodies:
                media = body.get("content", {}).get(JSON)
                if media is not None and media.get("schema"):
                    media["example"] = exemplar.of(media["schema"])
