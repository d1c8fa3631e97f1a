"""The other end of the wire: WeChat Pay's and Alipay's own side over HTTP, with keys made here.

It checks who asks, keeps what was asked, and answers signed; a test says how it behaves: whose key signs, what it
refuses, what it says wrongly.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from central.money.payments.alipay import TIME, signed_text
from central.money.payments.rules import as_yuan, fen_of_yuan
from models.values.time import site_time
from tests.central.money.payments.keys import key, sign, wechat_signed


class Played(HTTPServer):
    """`paid`: by our number of an order, what was paid for it: (its own number, fen). `refunds`: by our number.

    `bound`: what a plate may do by contract: "pays", "blocked". `parkings`: what was said of each car that came in;
    `charges`: what was asked for under each of our numbers, `ends`: how a charge stands.
    """

    def __init__(self, now: datetime) -> None:
        super().__init__(("127.0.0.1", 0), Api)
        self.now = now
        self.signs: dict[str, str] = {}
        self.paid: dict[str, tuple[str, int]] = {}
        self.closed: list[str] = []
        self.known: set[str] = set()
        self.refunds: dict[str, dict[str, Any]] = {}
        self.refuses: tuple[int, str] | None = None
        self.says: dict[str, Any] = {}
        self.asked: list[str] = []
        self.settled = False
        self.bound: dict[str, str] = {}
        self.parkings: dict[str, dict[str, Any]] = {}
        self.charges: dict[str, dict[str, Any]] = {}
        self.ends = "ACCEPTED"
        self.silent: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def order_of(self, number: str) -> tuple[str, int]:
        """Ours, and fen, of a payment by its own number."""
        return next((ours, fen) for ours, (theirs, fen) in self.paid.items() if theirs == number)


class Api(BaseHTTPRequestHandler):
    server: Played

    def do_GET(self) -> None:
        self._wechat("GET", b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        if self.path == "/gateway.do":
            self._alipay(dict(parse_qsl(body.decode(), keep_blank_values=True)))
        else:
            self._wechat("POST", body)

    # --- WeChat Pay

    def _wechat(self, method: str, body: bytes) -> None:
        said = self.headers["authorization"].partition(" ")[2]
        parts = {name: one.strip('"') for name, one in (each.split("=", 1) for each in said.split(","))}
        text = f"{method}\n{self.path}\n{parts['timestamp']}\n{parts['nonce_str']}\n".encode() + body + b"\n"
        key("merchant").public_key().verify(base64.b64decode(parts["signature"]), text, PKCS1v15(), SHA256())
        self.server.asked.append(f"{method} {self.path.partition('?')[0]}")
        status, told = self._wechat_says(method, json.loads(body) if body else {})
        out = json.dumps(told | self.server.says if status == 200 else told).encode() if told else b""
        self._send(status, out, wechat_signed(out, self.server.now, self.server.signs.get("wechat", "wechat")))

    def _wechat_says(self, method: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        server, path = self.server, self.path.partition("?")[0].split("/")
        if path[2] == "vehicle":
            return self._parking(path, asked)
        if path[2] == "refund":
            if method == "POST":
                if server.refuses is not None:
                    return server.refuses[0], {"code": server.refuses[1], "message": "不行"}
                ours, fen = server.order_of(asked["transaction_id"])
                if asked["amount"]["total"] != fen:
                    return 400, {"code": "PARAM_ERROR", "message": "金额不符"}
                server.refunds.setdefault(asked["out_refund_no"], {
                    "refund_id": f"R{len(server.refunds) + 1}", "out_refund_no": asked["out_refund_no"],
                    "transaction_id": asked["transaction_id"], "out_trade_no": ours,
                    "amount": {"refund": asked["amount"]["refund"], "total": fen, "currency": "CNY"},
                })  # fmt: skip
                number = asked["out_refund_no"]
            else:
                number = path[-1]
            if number not in server.refunds:
                return 404, {"code": "RESOURCE_NOT_EXISTS", "message": "没有"}
            return 200, server.refunds[number] | {"status": "SUCCESS" if server.settled else "PROCESSING"}
        if path[-1] == "h5":
            server.known.add(asked["out_trade_no"])
            return 200, {"h5_url": f"https://wx.tenpay.com/{asked['out_trade_no']}"}
        if path[-1] == "close":
            if path[-2] in server.paid:
                return 400, {"code": "ORDERPAID", "message": "已付"}
            server.closed.append(path[-2])
            return 204, {}
        return self._order(path[-1])

    def _parking(self, path: list[str], asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        server, ours = self.server, {"mchid": "1900000001", "appid": "wx0001"}
        if path[-1] in server.silent:
            return 502, {"code": "SYSTEM_ERROR", "message": "稍后再试"}
        if path[-1] == "parkings":
            bound = server.bound.get(asked["plate_number"])
            number, open_parking = asked["out_parking_no"], bound == "pays"
            if number in server.charges:
                open_parking = False
            server.parkings[number] = asked
            why = {} if open_parking else {"block_reason": "OVERDUE" if bound else "OUT_SERVICE"}
            return 200, {"id": f"in-{number}", "state": "NORMAL" if open_parking else "BLOCKED"} | why
        if path[-2] == "transactions":
            parking = server.parkings[asked["parking_info"]["parking_id"].removeprefix("in-")]
            for name in ("plate_number", "plate_color", "start_time", "parking_name"):
                assert asked["parking_info"][name] == parking[name]
            if parking["out_parking_no"] in server.charges:
                return 400, {"code": "INVALID_REQUEST", "message": "场景信息和停车入场id不匹配"}
            server.charges |= {parking["out_parking_no"]: asked, asked["out_trade_no"]: asked}
            if "answer" in server.silent:
                return 502, {"code": "SYSTEM_ERROR", "message": "稍后再试"}
            return 200, ours | {"out_trade_no": asked["out_trade_no"], "trade_state": "ACCEPTED"}
        if path[-1] not in server.charges:
            return 404, {"code": "ORDER_NOT_EXIST", "message": "没有"}
        return 200, ours | {
            "out_trade_no": path[-1], "trade_state": server.ends, "transaction_id": "4200009",
            "amount": {"total": server.charges[path[-1]]["amount"]["total"], "currency": "CNY"},
            "success_time": site_time(server.now).isoformat(timespec="seconds"),
        }  # fmt: skip

    def _order(self, number: str) -> tuple[int, dict[str, Any]]:
        server = self.server
        told = {"mchid": "1900000001", "appid": "wx0001", "out_trade_no": number}
        if number in server.closed:
            return 200, told | {"trade_state": "CLOSED"}
        if number not in server.paid:
            return (200, told | {"trade_state": "NOTPAY"}) if number in server.known else (
                404, {"code": "ORDER_NOT_EXIST", "message": "没有"})  # fmt: skip
        theirs, fen = server.paid[number]
        return 200, told | {
            "trade_state": "SUCCESS", "transaction_id": theirs, "amount": {"total": fen, "currency": "CNY"},
            "success_time": site_time(server.now).isoformat(timespec="seconds"),
        }  # fmt: skip

    # --- Alipay

    def _alipay(self, asked: dict[str, str]) -> None:
        signature = base64.b64decode(asked.pop("sign"))
        key("app").public_key().verify(signature, signed_text(asked), PKCS1v15(), SHA256())
        method, server = asked["method"], self.server
        server.asked.append(method)
        told = self._alipay_says(method, json.loads(asked["biz_content"]))
        inner = json.dumps(told | server.says if told["code"] == "10000" else told, ensure_ascii=False)
        by = sign(server.signs.get("alipay", "alipay"), inner.encode())
        name = method.replace(".", "_") + "_response"
        self._send(200, f'{{"{name}":{inner},"sign":"{by}"}}'.encode(), {})

    def _alipay_says(self, method: str, asked: dict[str, str]) -> dict[str, str]:
        server, done = self.server, {"code": "10000", "msg": "Success"}
        missing = {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_NOT_EXIST"}
        number = asked.get("out_trade_no", "")
        if "mycar" in method:
            return self._mycar(method.rpartition("mycar.")[2], asked)
        match method:
            case "alipay.trade.query" if number in server.paid:
                theirs, fen = server.paid[number]
                return done | {
                    "trade_no": theirs, "out_trade_no": number, "trade_status": "TRADE_SUCCESS",
                    "total_amount": as_yuan(fen), "send_pay_date": site_time(server.now).strftime(TIME),
                }  # fmt: skip
            case "alipay.trade.query":
                waits = done | {"out_trade_no": number, "trade_status": "WAIT_BUYER_PAY"}
                return waits if number in server.known else missing
            case "alipay.trade.close" if number in server.paid:
                return missing | {"sub_code": "ACQ.TRADE_STATUS_ERROR"}
            case "alipay.trade.close":
                server.closed.append(number)
                return done if number in server.known else missing
            case "alipay.trade.refund":
                if server.refuses is not None:
                    return missing | {"sub_code": server.refuses[1]}
                ours, fen = server.order_of(asked["trade_no"])
                server.refunds.setdefault(asked["out_request_no"], {
                    "trade_no": asked["trade_no"], "out_trade_no": ours, "total_amount": as_yuan(fen),
                    "out_request_no": asked["out_request_no"], "refund_amount": asked["refund_amount"],
                })  # fmt: skip
                back = sum(fen_of_yuan(one["refund_amount"]) or 0 for one in server.refunds.values())
                return done | {"trade_no": asked["trade_no"], "out_trade_no": ours, "refund_fee": as_yuan(back)}
            case _:
                known = server.refunds.get(asked["out_request_no"])
                if known is None or not server.settled:
                    return done
                return done | known | {"refund_status": "REFUND_SUCCESS"}

    def _mycar(self, method: str, asked: dict[str, str]) -> dict[str, str]:
        server, done = self.server, {"code": "10000", "msg": "Success"}
        refused = {"code": "40004", "msg": "Business Failed", "sub_code": "PLATE_NO_AGREEMENT"}
        if method in server.silent:
            return {"code": "20000", "msg": "Service Currently Unavailable"}
        if method == "parking.agreement.query":
            scenes = {"pays": "ETC_PAY,PLATE_PAY", "blocked": "NSF_CHECK_FAILED"}
            return done | {
                "agreement_scene": scenes.get(server.bound.get(asked["car_number"], ""), "NO_AGREEMENT_SCENE")
            }
        if method == "parking.order.pay":
            number = asked["out_trade_no"]
            if server.bound.get(asked["car_number"]) != "pays" or number in server.charges:
                return refused
            server.charges[number] = asked
            return {"code": "20000", "msg": "?"} if "answer" in server.silent else done | {
                "out_trade_no": number, "trade_no": "2026112922009", "total_fee": asked["total_fee"]}  # fmt: skip
        number = asked["out_biz_trade_no"]
        if number not in server.charges:
            return refused | {"sub_code": "ORDER_NOT_EXIST"}
        state = {"ACCEPTED": "4", "SUCCESS": "1", "PAY_FAIL": "2", "REFUND": "8"}[server.ends]
        return done | {
            "out_biz_trade_no": number, "trade_no": "2026112922009", "trade_status": state,
            "total_fee": server.charges[number]["total_fee"], "gmt_payment": site_time(server.now).strftime(TIME),
        }  # fmt: skip

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, one in headers.items():
            self.send_header(name, one)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def played(now: datetime) -> Iterator[Played]:
    server = Played(now)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
