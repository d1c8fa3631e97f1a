"""The commissioning page over HTTP, on this machine alone, behind a one-time code.

/enter          the code          /devices /setup      what is plugged in, and what it is
/streams        what a camera offers
/trial          one device, live  /site                the site file in the making
/checklist      what was seen     /report.zip          all of it, to hand over
"""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from devices.address import Place
from devices.camera.onvif import streams, with_password
from devices.catalogue import parse
from devices.errors import AddressError, DeviceError
from edge.commission import found_words, words
from edge.commission.access import Answer
from edge.commission.checklist import Done, name_of, open_of, points_of
from edge.commission.desk import Desk
from edge.commission.draft import contact_defaults, devices_of, lanes_of, shown, with_lane, with_node, without_lane
from edge.commission.found import Found, Plug, look_on_the_network
from edge.commission.guard import COOKIE, Door, guarded
from edge.commission.keeping import Full
from edge.commission.picker import address_of, fields, options, options_for, where_for
from edge.commission.render import HERE, LANGUAGES, page
from edge.commission.report import report_zip
from edge.commission.setting_words import SETTINGS
from edge.commission.settings import (
    lane_settings,
    node_settings,
    only_in_the_file,
    said,
    with_lane_settings,
    with_node_settings,
)
from edge.commission.trial import State, Trial
from edge.console.words import Line
from edge.site_problem import SiteError
from edge.verify.face.photo import BadPhoto

TEXT_MAX = 200


def make_app(desk: Desk, door: Door) -> FastAPI:
    """The pages of one commissioning."""
    app = FastAPI(title="Menting commissioning", docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=Path(HERE) / "static"))
    _entering(app, desk, door)
    _devices(app, desk)
    _streams(app, desk)
    _trial(app, desk)
    _site(app, desk)
    _checklist(app, desk)

    @app.exception_handler(HTTPException)
    async def told(request: Request, error: HTTPException) -> HTMLResponse:
        return _page(desk, request, "said.html", status=error.status_code, said=words.PAGE["gone"])

    return guarded(app, door)


def _language(request: Request) -> str:
    asked = request.cookies.get("menting_language", "zh")
    return asked if asked in LANGUAGES else "zh"


def _page(desk: Desk, request: Request, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
    told = page(
        template, _language(request), here=request.url.path, simulated=desk.simulated,
        inside=COOKIE in request.cookies, **facts,
    )  # fmt: skip
    return HTMLResponse(told, status)


async def _form(request: Request) -> dict[str, str]:
    """What was typed, each at most TEXT_MAX signs (addresses 2000), control signs taken out."""
    form = await request.form(max_files=0, max_fields=60)
    told = {}
    for name, value in form.items():
        limit = 2000 if name in ("where", "address") or "." in name else TEXT_MAX
        told[name[:40]] = "".join(sign for sign in str(value)[:limit] if sign.isprintable()).strip()
    return told


def _to(path: str, **query: str) -> RedirectResponse:
    return RedirectResponse(path + ("?" + urlencode(query) if query else ""), 303)


def _entering(app: FastAPI, desk: Desk, door: Door) -> None:
    @app.get("/")
    async def start() -> Response:
        return _to("/devices")

    @app.get("/enter")
    async def ask(request: Request) -> Response:
        return _page(desk, request, "enter.html", problem=None)

    @app.post("/enter")
    async def enter(request: Request) -> Response:
        answer, session = door.enter((await _form(request)).get("code", ""))
        if answer is not Answer.WELCOME:
            problem = words.PAGE["code_wait" if answer is Answer.WAIT else "code_wrong"]
            return _page(desk, request, "enter.html", 429 if answer is Answer.WAIT else 403, problem=problem)
        inside = _to("/devices")
        inside.set_cookie(COOKIE, session, httponly=True, samesite="strict")
        return inside

    @app.get("/language")
    async def language(to: str = "zh", back: str = "/") -> Response:
        local = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"
        changed = _to(local)
        changed.set_cookie("menting_language", to if to in LANGUAGES else "zh", samesite="strict", max_age=31_536_000)
        return changed


def _devices(app: FastAPI, desk: Desk) -> None:
    @app.get("/devices")
    async def devices(request: Request, network: int = 0) -> Response:
        cameras: tuple[Found, ...] | None = ()
        if network:
            try:
                cameras = await asyncio.to_thread(look_on_the_network)
            except OSError:
                cameras = ()
        found = await asyncio.to_thread(desk.look)
        used = {name_of(address): lane for lane, _, address in devices_of(desk.kept.tree)}
        return _page(
            desk, request, "devices.html", found=(*found, *(cameras or ())), searched=bool(network),
            can_search=cameras is not None, used=used, worked=desk.kept.worked,
        )  # fmt: skip

    @app.get("/setup")
    async def setup(request: Request) -> Response:
        return _setup(desk, request, dict(request.query_params), None)

    @app.post("/setup")
    async def chosen(request: Request) -> Response:
        form = await _form(request)
        option = next((each for each in options() if each.scheme == form.get("scheme")), None)
        if option is None:
            raise HTTPException(404)
        try:
            address = address_of(option, form.get("where", ""), form)
            # Stopping what was open may wait for its line.
            await asyncio.to_thread(desk.begin, address, search="search" in form)
        except AddressError as error:
            return _setup(desk, request, form, Line(f"地址不能用：{error}", f"This address cannot be used: {error}"))
        return _to("/trial")


def _streams(app: FastAPI, desk: Desk) -> None:
    @app.post("/streams")
    async def ask(request: Request) -> Response:
        """The camera's own list of its streams; asked by ONVIF, so that nobody needs to know a path."""
        form = await _form(request)
        host, user, password = (form.get(name, "") for name in ("where", "user", "password"))
        try:
            told = await asyncio.to_thread(streams, host, user, password)
        except (DeviceError, ValueError, OSError) as error:
            problem = Line(f"摄像头没有给出码流：{error}", f"The camera told no streams: {error}")
            given = {"plug": Plug.NETWORK.value, "where": host, "scheme": form.get("scheme", "")}
            return _setup(desk, request, given, problem)
        desk.offered = tuple(with_password(each.address, user, password) for each in told)
        return _page(desk, request, "streams.html", host=host, streams=told)

    @app.post("/streams/{number}")
    async def take(number: int) -> Response:
        if not 0 <= number < len(desk.offered):
            return _to("/devices", network="1")
        await asyncio.to_thread(desk.begin, desk.offered[number])
        return _to("/trial")


def _setup(desk: Desk, request: Request, given: dict[str, str], problem: Line | None) -> Response:
    plug = next((each for each in Plug if each.value == given.get("plug")), None)
    offered = options_for(plug) or options()
    if (hinted := next((each for each in options() if each.scheme == given.get("scheme")), None)) is not None:
        offered = offered if hinted in offered else (hinted, *offered)
    option = next((each for each in offered if each.scheme == given.get("scheme")), offered[0])
    where = given.get("where", "")
    if plug is Plug.NETWORK:
        where = where_for(Found(plug, where, ""), option)
    return _page(
        desk, request, "setup.html", 400 if problem else 200, plug=plug, offered=offered, option=option, where=where,
        fields=fields(option, given), at_host=option.grammar.place is Place.HOST,
        streams=plug is Plug.NETWORK and option.grammar.place is Place.HOST,
        searchable=option.kind.value == "relay" and "baud" in option.grammar.parameters, problem=problem,
    )  # fmt: skip


def _trial(app: FastAPI, desk: Desk) -> None:
    @app.get("/trial")
    async def trial(request: Request, kept: str = "", recorded: str = "") -> Response:
        lanes = [(str(lane.get("code", "")), str(lane.get("name", ""))) for lane in lanes_of(desk.kept.tree)]
        names = {path.name for path in desk.keeping.captures()}
        return _page(
            desk, request, "trial.html", trial=desk.trial, lanes=lanes, kept=kept in {code for code, _ in lanes},
            recorded=recorded if recorded in names else "", none="recorded" in request.query_params and not recorded,
        )  # fmt: skip

    @app.get("/trial/state")
    async def state(request: Request) -> Response:
        if desk.trial is None:
            return JSONResponse({"doing": "over"})
        desk.looked()
        return JSONResponse(told(desk.trial, desk.trial.state(), _language(request)))

    @app.get("/trial/picture")
    async def picture() -> Response:
        jpeg = desk.trial.picture() if desk.trial is not None else None
        return Response(jpeg, media_type="image/jpeg") if jpeg else Response(status_code=404)

    @app.post("/trial/pulse")
    async def pulse(request: Request) -> Response:
        form = await _form(request)
        channel = form.get("channel", "")
        outputs = len(desk.trial.state().outputs) if desk.trial is not None else 0
        if (
            form.get("sure") != "yes"
            or not (channel.isascii() and channel.isdigit())
            or not 1 <= int(channel) <= outputs
        ):
            return JSONResponse({"taken": False}, 409)
        assert desk.trial is not None
        desk.trial.pulse(int(channel))
        return JSONResponse({"taken": True})

    @app.post("/trial/stop")
    async def stop() -> Response:
        if desk.trial is not None:
            await asyncio.to_thread(desk.trial.stop)
        return _to("/devices")

    @app.post("/trial/better")
    async def better() -> Response:
        found = desk.trial.state().better if desk.trial is not None else None
        if found:
            await asyncio.to_thread(desk.begin, found)
        return _to("/trial")

    @app.post("/trial/keep")
    async def keep(request: Request) -> Response:
        lane = (await _form(request)).get("lane", "")
        if lane not in {str(each.get("code")) for each in lanes_of(desk.kept.tree)}:
            raise HTTPException(404)
        desk.keep_device(lane)
        return _to("/trial", kept=lane)

    @app.post("/trial/record")
    async def record(request: Request) -> Response:
        try:
            return _to("/trial", recorded=desk.record() or "")
        except Full:
            return _page(desk, request, "said.html", 507, said=words.PAGE["full"])


def told(trial: Trial, state: State, language: str) -> dict[str, Any]:
    """What the page of a trial shows at this moment, fit for JSON."""
    options = parse(trial.address).options
    findings = []
    for each in (*state.pulse_told, *state.told):
        said = found_words.say(each, options)
        what, do = getattr(said.what, language), getattr(said.do, language) if said.do else ""
        findings.append({"works": each.finding.value == "works", "what": what, "do": do})
    return {
        "doing": state.doing.value, "findings": findings, "inputs": state.inputs, "outputs": state.outputs,
        "timed": state.timed, "pulsed": state.pulsed, "seen": state.seen, "size": state.size,
        "age_s": None if state.age_s is None else round(state.age_s, 1),
        "better": state.better and str(parse(state.better)), "tried": state.tried, "planned": state.planned,
    }  # fmt: skip


def _site(app: FastAPI, desk: Desk) -> None:
    def show(request: Request, status: int = 200, written: bool = False) -> Response:
        tree = desk.kept.tree
        return _page(
            desk, request, "site.html", status, tree=tree, lanes=lanes_of(tree), toml=shown(tree), written=written,
            problems=desk.problems(), contacts=contact_defaults(), file=str(desk.keeping.site_file), name_of=name_of,
            node_settings=node_settings(), lane_settings=lane_settings(), said=said, setting_words=SETTINGS,
            untouched=only_in_the_file(tree),
        )  # fmt: skip

    @app.get("/site")
    async def site(request: Request, written: int = 0) -> Response:
        return show(request, written=bool(written))

    @app.post("/site/node")
    async def node(request: Request) -> Response:
        desk.change(with_node(desk.kept.tree, (await _form(request)).get("name", "")))
        return _to("/site")

    @app.post("/site/settings")
    async def settings(request: Request) -> Response:
        desk.change(with_node_settings(desk.kept.tree, await _form(request)))
        return _to("/site")

    @app.post("/site/lane")
    async def lane(request: Request) -> Response:
        form = await _form(request)
        code = form.get("code", "")
        if not code:
            return _to("/site")
        if "remove" in form:
            desk.change(without_lane(desk.kept.tree, code))
            return _to("/site")
        values: dict[str, Any] = {name: form[name] for name in ("name", "direction", "fail") if name in form}
        values["escape_route"] = "escape_route" in form
        wired = {name: int(form[name]) for name in contact_defaults() if form.get(name, "").isdecimal()}
        before = next((lane for lane in lanes_of(desk.kept.tree) if lane.get("code") == code), {})
        settled = with_lane_settings(before, form)
        gone = before.keys() - settled.keys()
        desk.change(with_lane(desk.kept.tree, code, {**settled, **values}, wired, gone))
        return _to("/site")

    @app.post("/site/write")
    async def write(request: Request) -> Response:
        try:
            desk.keeping.write_site(desk.kept.tree)
        except SiteError:
            return show(request, 409)
        except OSError as error:
            line = Line(f"没有写入：{error.strerror}", f"It was not written: {error.strerror}")
            return _page(desk, request, "said.html", 507, said=line)
        desk.change(desk.kept.tree)
        return _to("/site", written="1")


def _checklist(app: FastAPI, desk: Desk) -> None:
    def show(request: Request, status: int = 200, problem: Line | None = None) -> Response:
        kept = desk.kept
        points = [
            (each, kept.done.get(each.key, Done()), open_of(each, kept.tree, kept.done, kept.worked))
            for each in points_of(kept.tree)
        ]
        devices = [(lane, key, name_of(address)) for lane, key, address in devices_of(kept.tree)]
        return _page(
            desk, request, "checklist.html", status, points=points, problem=problem, devices=devices,
            worked=kept.worked, complete=desk.complete(),
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
        form = await _form(request)
        by = "" if "undo" in form else form.get("by", "")
        desk.tick(known(form.get("key", "")), by, form.get("note", ""))
        return _to("/checklist")

    @app.post("/checklist/photo")
    async def photo(request: Request) -> Response:
        form = await request.form(max_files=1, max_fields=4)
        key, sent = known(str(form.get("key", ""))), form.get("photo")
        content = await sent.read() if not isinstance(sent, str) and sent is not None else b""
        try:
            name = await asyncio.to_thread(desk.keeping.add_photo, content)
        except Full:
            return show(request, 507, words.PAGE["full"])
        if isinstance(name, BadPhoto):
            return show(request, 422, words.PHOTO_REFUSED[name])
        desk.photographed(key, name)
        return _to("/checklist")

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
