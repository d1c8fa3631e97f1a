"""The pages of the checklist: ticks, photos, the enrolment, and the report to hand over."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote, unquote

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from edge.commission import words
from edge.commission.asked import form_of, go_to, page_of
from edge.commission.checklist import NEED_NODE, Item, alarms_of, fact_id, fact_of, only_told, open_of, points_of
from edge.commission.desk import Desk
from edge.commission.draft import lanes_of
from edge.commission.enrolling import BY_PAGE, CENTRAL, NotYet, enrol_here, enrolled
from edge.commission.guard import PHOTO_MAX
from edge.commission.keeping import Full
from edge.commission.problem_words import brief
from edge.commission.report import devices_told, report_zip
from edge.commission.setting_words import SETTINGS
from edge.commission.settings import node_settings, said
from edge.console.words import Line
from edge.verify.face.photo import BYTES_MAX, BadPhoto

CHECKER = "menting_checked_by"


def checklist_pages(app: FastAPI, desk: Desk) -> None:
    def show(
        request: Request, status: int = 200, problem: Line | None = None, not_yet: NotYet | None = None,
        given: Mapping[str, str] = MappingProxyType({}), at: str = "",
    ) -> Response:  # fmt: skip
        """`at`: the key of the point whose photo the `problem` is about."""
        kept, node = desk.kept, desk.node()
        points = [
            (each, desk.done(each), open_of(each, kept.tree, kept.done, kept.worked, node))
            for each in points_of(kept.tree)
        ]
        alarms = {
            each.key: alarms_of(each.lane, kept.tree) for each in points_of(kept.tree) if each.item is Item.TAMPER
        }
        places = {str(lane.get("code", "")): number for number, lane in enumerate(lanes_of(kept.tree), 1)}
        central = kept.tree.get("central")
        fields = [(each, given.get(each.key, said(each, central))) for each in node_settings() if each.key in CENTRAL]
        return page_of(
            desk, request, "checklist.html", status, alarms=alarms, places=places, node=node,
            checker=_checker(request), only_told=only_told,
            folder=str(desk.keeping.data.absolute()), points=points, problem=problem, at=at,
            photo_max=BYTES_MAX, devices=devices_told(desk),
            by_network={str(lane.get("code", "")) for lane in lanes_of(kept.tree) if lane.get("intercom")},
            need_node=NEED_NODE, facts={each.key: fact_of(each, kept.tree) for each, _, _ in points},
            fact_id=fact_id, earlier=desk.earlier, complete=desk.complete(), measured=desk.measured,
            can_enrol=node.lack in BY_PAGE and not node.simulated, central=fields, setting_words=SETTINGS, brief=brief,
            not_yet=not_yet, enrolled=enrolled(desk), on_enrolment=desk.on_enrolment,
        )  # fmt: skip

    def known(key: str) -> str:
        if key not in {each.key for each in points_of(desk.kept.tree) if each.ticked_by_a_person}:
            raise HTTPException(404)
        return key

    @app.get("/checklist")
    async def checklist(request: Request) -> Response:
        return show(request)

    @app.post("/checklist/tick")
    async def tick(request: Request) -> Response:
        form = await form_of(request)
        by = "" if "undo" in form else form.get("by", "")
        key = known(form.get("key", ""))
        if by and form.get("fact", "") != fact_id(desk.fact(key)):  # nobody confirms what they did not read
            return show(request, 409, words.PAGE["fact_changed"], at=key)
        desk.tick(key, by, form.get("note", ""), form.get("not_fitted", ""))
        back = go_to(f"/checklist#{form.get('key', '')}")
        if by:  # typed once, until this browser is closed
            back.set_cookie(CHECKER, quote(by), httponly=True, samesite="strict")
        return back

    @app.post("/checklist/photo")
    async def photo(request: Request) -> Response:
        key = known(request.query_params.get("key", ""))
        if int(request.headers["content-length"]) > PHOTO_MAX:
            async for _ in request.stream():
                pass
            return show(request, 413, words.PHOTO_REFUSED[BadPhoto.FILE_TOO_LARGE], at=key)
        form = await request.form(max_files=1, max_fields=4)
        sent = form.get("photo")
        content = await sent.read() if not isinstance(sent, str) and sent is not None else b""
        try:
            refused = await asyncio.to_thread(desk.photographed, key, content)
        except Full:
            return show(request, 507, words.PAGE["full"], at=key)
        if refused is not None:
            return show(request, 422, words.PHOTO_REFUSED[refused], at=key)
        return go_to(f"/checklist#{key}")

    @app.post("/checklist/enrol")
    async def enrol(request: Request) -> Response:
        """The answer is the checklist: with the words of why not, or with its last point done."""
        if desk.simulated:
            raise HTTPException(404)
        form = await form_of(request)
        not_yet = await asyncio.to_thread(enrol_here, desk, form)
        if not_yet is not None:
            return show(request, 409, not_yet=not_yet, given=form)
        return go_to("/checklist#enrolled")

    @app.get("/photo/{name}")
    async def one_photo(name: str) -> Response:
        path = desk.keeping.photo(name)
        if path is None:
            raise HTTPException(404)
        return Response(path.read_bytes(), media_type="image/jpeg")

    @app.get("/report.zip")
    async def report() -> Response:
        content = await asyncio.to_thread(report_zip, desk)
        named = 'attachment; filename="menting-commissioning.zip"'
        return Response(content, media_type="application/zip", headers={"content-disposition": named})


def _checker(request: Request) -> str:
    """Who ticked the last point in this browser."""
    return "".join(sign for sign in unquote(request.cookies.get(CHECKER, "")) if sign.isprintable())[:40]
