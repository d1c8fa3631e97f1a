"""The commissioning page over HTTP, on this machine alone, behind a one-time code.

/enter          the code          /devices /setup      what is plugged in, and what it is
/streams        what a camera offers
/trial          one device, live  /site                the site file in the making
/barrier        a vehicle lane, live
/checklist      what was seen     /report.zip          all of it, to hand over
"""

import asyncio
import logging
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from devices.address import Place
from devices.camera.onvif import streams, with_password
from devices.catalogue import Kind, parse
from devices.diagnose import PROVED, Diagnosis, Finding
from devices.errors import AddressError, DeviceError
from devices.registry import relay_board_facts
from edge.commission import found_words, pushes, words
from edge.commission.access import Answer
from edge.commission.asked import form_of, go_to, language_of, not_kept, page_of, refusal, way_now
from edge.commission.barrier.serving import barrier_pages
from edge.commission.checklist import inputs_of, name_of, outputs_of
from edge.commission.checklist_serving import checklist_pages
from edge.commission.desk import Desk, Replaced
from edge.commission.draft import INPUTS, NIR, devices_of, lanes_of
from edge.commission.forms_serving import forms_pages
from edge.commission.found import Found, Plug, look_on_the_network
from edge.commission.guard import COOKIE, Door, guarded
from edge.commission.intercom_serving import intercom_pages
from edge.commission.keeping import Full
from edge.commission.picker import address_of, can_search, fields, given_by, options, options_for, where_for
from edge.commission.reached import push_to
from edge.commission.render import HERE, LANGUAGES
from edge.commission.site_serving import site_pages
from edge.commission.trial import OPENED, WHOLE, Doing, State, Trial
from edge.console.words import Line, Said
from edge.told import halves

log = logging.getLogger(__name__)
CASES = {OPENED: "reader_opened", WHOLE: "reader_whole"}


def make_app(desk: Desk, door: Door) -> FastAPI:
    """The pages of one commissioning."""
    app = FastAPI(title="Menting commissioning", docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=Path(HERE) / "static"))
    _entering(app, desk, door)
    _devices(app, desk)
    _streams(app, desk)
    _trial(app, desk)
    site_pages(app, desk)
    forms_pages(app, desk)
    intercom_pages(app, desk)
    checklist_pages(app, desk)
    barrier_pages(app, desk, form_of, page_of, language_of)

    @app.exception_handler(HTTPException)
    async def told(request: Request, error: HTTPException) -> HTMLResponse:
        return page_of(desk, request, "said.html", status=error.status_code, said=words.PAGE["gone"])

    @app.exception_handler(Replaced)
    async def replaced(request: Request, error: Replaced) -> Response:
        none = desk.barrier is None and desk.trial is None and desk.intercom is None
        return refusal(desk, request, 409, words.PAGE["no_trial" if none else "another_test"], way_now(desk))

    @app.exception_handler(OSError)
    async def unkept(request: Request, error: OSError) -> Response:
        """Whatever page it was: the disk did not take it, and the desk has changed nothing."""
        log.warning("%s was not kept", request.url.path, exc_info=error)
        return refusal(desk, request, 507, not_kept(error))

    return guarded(app, door)


def _entering(app: FastAPI, desk: Desk, door: Door) -> None:
    @app.get("/")
    async def start() -> Response:
        return go_to("/devices")

    @app.get("/enter")
    async def ask(request: Request) -> Response:
        return page_of(desk, request, "enter.html", problem=None)

    @app.post("/enter")
    async def enter(request: Request) -> Response:
        answer, session = door.enter((await form_of(request)).get("code", ""))
        if answer is not Answer.WELCOME:
            problem = words.PAGE["code_wait" if answer is Answer.WAIT else "code_wrong"]
            return page_of(desk, request, "enter.html", 429 if answer is Answer.WAIT else 403, problem=problem)
        inside = go_to("/devices")
        inside.set_cookie(COOKIE, session, httponly=True, samesite="strict")
        return inside

    @app.get("/language")
    async def language(to: str = "zh", back: str = "/") -> Response:
        local = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"
        changed = go_to(local)
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
        return page_of(
            desk, request, "devices.html", found=(*found, *(cameras or ())), searched=bool(network),
            can_search=cameras is not None, answered=len(cameras or ()), used=used, worked=desk.kept.worked,
        )  # fmt: skip

    @app.get("/setup")
    async def setup(request: Request) -> Response:
        given = dict(request.query_params)
        if "again" in given:  # back from its test, to change a field
            address = desk.meant(given["again"]).address
            return _setup(desk, request, given_by(parse(address)) | given, None, retype="@" in address)
        return _setup(desk, request, given, None)

    @app.post("/setup")
    async def chosen(request: Request) -> Response:
        form = await form_of(request)
        option = next((each for each in options() if each.scheme == form.get("scheme")), None)
        if option is None:
            raise HTTPException(404)
        made = desk.keeping.new_secret("plates") if option.kind is Kind.PLATES and not form.get("key_file") else None
        try:
            address = address_of(option, form.get("where", ""), form | ({"key_file": str(made)} if made else {}))
            once = desk.make_secret(made) if made is not None else ""
            # Stopping what was open may wait for its line.
            await asyncio.to_thread(desk.begin, address, search="search" in form)
        except AddressError as error:
            zh, en = halves(str(error))
            said = Line(f"地址不能用：{zh}", f"This address cannot be used: {en}")
            return _setup(desk, request, form, said, wrong=error.parameter)
        return go_to("/trial", **({"once": once} if once else {}))


def _streams(app: FastAPI, desk: Desk) -> None:
    @app.post("/streams")
    async def ask(request: Request) -> Response:
        """The camera's own list of its streams; asked by ONVIF, so that nobody needs to know a path."""
        form = await form_of(request)
        host, user, password = (form.get(name, "") for name in ("where", "user", "password"))
        try:
            told = await asyncio.to_thread(streams, host, user, password)
        except (DeviceError, ValueError, OSError) as error:
            problem = Line(f"摄像头没有给出码流：{error}", f"The camera told no streams: {error}")
            given = {"plug": Plug.NETWORK.value, "where": host, "scheme": form.get("scheme", "")}
            return _setup(desk, request, given, problem)
        desk.offered = {each.address: with_password(each.address, user, password) for each in told}
        return page_of(desk, request, "streams.html", host=host, streams=told)

    @app.post("/streams/take")
    async def take(request: Request) -> Response:
        address = desk.offered.get((await form_of(request)).get("address", ""))
        if address is None:  # another camera was asked since
            return go_to("/devices", network="1")
        await asyncio.to_thread(desk.begin, address)
        return go_to("/trial")


def _setup(
    desk: Desk, request: Request, given: dict[str, str], problem: Line | None, retype: bool = False,
    wrong: str = "",
) -> Response:  # fmt: skip
    plug = next((each for each in Plug if each.value == given.get("plug")), None)
    offered = options_for(plug) or options()
    if (hinted := next((each for each in options() if each.scheme == given.get("scheme")), None)) is not None:
        offered = offered if hinted in offered else (hinted, *offered)
    option = next((each for each in offered if each.scheme == given.get("scheme")), offered[0])
    where, asked = given.get("where", ""), fields(option, given)
    if plug is Plug.NETWORK:
        where = where_for(Found(plug, where, ""), option)
    return page_of(
        desk, request, "setup.html", 400 if problem else 200, plug=plug, offered=offered, option=option, where=where,
        fields=asked, at_host=option.grammar.place is Place.HOST,
        streams=plug is Plug.NETWORK and option.grammar.place is Place.HOST,
        searchable=can_search(option.scheme), problem=problem,
        wrong=wrong if any(each.name == wrong and not each.words for each in asked) else "",
        retype=retype and option.grammar.place is Place.HOST,
    )  # fmt: skip


def _trial(app: FastAPI, desk: Desk) -> None:
    @app.get("/trial")
    async def trial(
        request: Request, kept: str = "", kept_as: str = "", recorded: str = "", once: str = ""
    ) -> Response:
        return show(request, kept, recorded, kept_as=kept_as, once=once)

    def show(
        request: Request, kept: str = "", recorded: str = "", status: int = 200, refused: str = "",
        kept_as: str = "", once: str = "",
    ) -> Response:  # fmt: skip
        lanes = [(str(lane.get("code", "")), str(lane.get("name", ""))) for lane in lanes_of(desk.kept.tree)]
        names = {path.name for path in desk.keeping.captures()}
        return page_of(
            desk, request, "trial.html", status, trial=desk.trial, lanes=lanes,
            kept=kept in {code for code, _ in lanes}, wiring=_wiring(desk, kept), refused=refused,
            tried=desk.tried(kept_as), as_inputs=kept_as == INPUTS,
            searchable=desk.trial is not None and can_search(parse(desk.trial.address).scheme),
            recorded=recorded if recorded in names else "", has=_terminals(desk.trial),
            no_bytes="recorded" in request.query_params and not recorded,
            push_to=push_to(desk.trial, desk.told_once(once)), nir=NIR,
        )  # fmt: skip

    @app.get("/trial/state")
    async def state(request: Request, test: str = "") -> Response:
        language = language_of(request)
        try:
            trial = desk.meant(test)
        except Replaced:
            return JSONResponse(_overtaken(desk, language))
        now = told(trial, trial.state(), language) | _names(desk, trial, language)
        try:
            desk.looked()
        except OSError as error:  # the line to the node is whole: it is its disk that takes nothing
            now["findings"].append({"works": False, "what": getattr(not_kept(error), language), "do": "", "links": []})
        return JSONResponse(now)

    @app.get("/trial/picture")
    async def picture(test: str = "") -> Response:
        jpeg = desk.meant(test).picture()
        return Response(jpeg, media_type="image/jpeg") if jpeg else Response(status_code=404)

    @app.post("/trial/pulse")
    async def pulse(request: Request) -> Response:
        form = await form_of(request)
        channel, trial = form.get("channel", ""), desk.meant(form.get("test", ""))
        state = trial.state()
        number = int(channel) if channel.isascii() and channel.isdigit() else 0
        if form.get("sure") != "yes" or not 1 <= number <= len(state.outputs):
            return JSONResponse({"taken": False}, 409)
        if not state.switchable:
            return refusal(desk, request, 409, words.PAGE["not_switched"])
        trial.pulse(number)
        return JSONResponse({"taken": True})

    @app.post("/trial/show")
    async def show_text(request: Request) -> Response:
        """A test text on the driver's board: moves nothing."""
        trial = desk.meant((await form_of(request)).get("test", ""))
        if trial.kind is not Kind.BOARD or trial.state().doing is not Doing.RUNNING:
            return JSONResponse({"taken": False}, 409)
        trial.show(language_of(request))
        return JSONResponse({"taken": True})

    @app.post("/trial/moved")
    async def moved(request: Request) -> Response:
        """What was seen or heard of an output that cannot be read back."""
        form = await form_of(request)
        said, trial = form.get("moved", ""), desk.meant(form.get("test", ""))
        taken = said in ("yes", "no") and trial.saw(said == "yes")
        return JSONResponse({"taken": taken}, 200 if taken else 409)

    @app.post("/trial/stop")
    async def stop(request: Request) -> Response:
        await asyncio.to_thread(desk.meant((await form_of(request)).get("test", "")).stop)
        return go_to("/devices")

    @app.post("/trial/again")
    async def again(request: Request) -> Response:
        """The same address once more, or with `search` the speed and number that it answers at."""
        form = await form_of(request)
        test = form.get("test", "")
        search = "search" in form and can_search(parse(desk.meant(test).address).scheme)
        await asyncio.to_thread(desk.again, test, search=search)
        return go_to("/trial")

    @app.post("/trial/better")
    async def better(request: Request) -> Response:
        test = (await form_of(request)).get("test", "")
        if found := desk.meant(test).state().better:
            await asyncio.to_thread(desk.again, test, found)
        return go_to("/trial")

    @app.post("/trial/keep")
    async def keep(request: Request) -> Response:
        form = await form_of(request)
        lane, test = form.get("lane", ""), form.get("test", "")
        if lane not in {str(each.get("code")) for each in lanes_of(desk.kept.tree)}:
            raise HTTPException(404)
        used_as = form.get("as", "")
        if not desk.keep_device(lane, test, used_as):
            return show(request, status=409, refused=_why_not(desk.meant(test), language_of(request)))
        return go_to("/trial", kept=lane, **({"kept_as": used_as} if used_as else {}))

    @app.post("/trial/record")
    async def record(request: Request) -> Response:
        try:
            return go_to("/trial", recorded=desk.record((await form_of(request)).get("test", "")) or "")
        except Full:
            return page_of(desk, request, "said.html", 507, said=words.PAGE["full"])


def _wiring(desk: Desk, code: str) -> str:
    """Where the contacts of this lane are filled in; "" for a lane that is not there."""
    for place, lane in enumerate(lanes_of(desk.kept.tree), 1):
        if lane.get("code") == code:
            wires = "lift" if "lift" in lane else "contacts.lock"
            return f"/barrier#lane-{code}" if lane.get("barrier") else f"/site#lane.{place}.{wires}"
    return ""


def _overtaken(desk: Desk, language: str) -> dict[str, Any]:
    """What a page is told whose test is not the one that is open any more: it shows no other device in its place."""
    (text, href), said = way_now(desk), getattr(words.PAGE["overtaken"], language)
    links = [{"text": getattr(text, language), "href": href}]
    return {
        "doing": "over", "overtaken": True, "findings": [{"works": False, "what": said, "do": "", "links": links}]
    }  # fmt: skip


def _terminals(trial: Trial | None) -> tuple[bool, bool]:
    """Whether the board on trial has outputs, and inputs."""
    if trial is None or trial.kind is not Kind.RELAY:
        return True, False
    try:
        facts = relay_board_facts(trial.address)
    except AddressError:  # it is told as soon as it is opened
        return True, True
    return facts.outputs > 0, facts.inputs > 0


def _names(desk: Desk, trial: Trial, language: str) -> dict[str, dict[int, str]]:
    """What the draft wires to the outputs and inputs of this board, in words, by number."""
    tree, board = desk.kept.tree, name_of(trial.address)
    outputs = {
        one.output: getattr(words.USES[one.use], language).format(lane=one.lane, floor=one.floor)
        for one in outputs_of(tree) if one.board == board
    }  # fmt: skip
    inputs = {
        one.terminal: re.split("[：:]", getattr(words.CONTACTS[one.contact], language))[0]
        for one in inputs_of(tree) if one.board == board
    }  # fmt: skip
    return {"output_names": outputs, "input_names": inputs}


def _why_not(trial: Trial, language: str) -> str:
    """Why the device on trial is used for no lane: written into the page, where no later look takes it away."""
    findings = told(trial, trial.state(), language)["findings"]
    what = next((str(each["what"]) for each in findings if not each["works"]), "")
    reason = f"{'：' if language == 'zh' else ': '}{what}" if what else ""
    return str(getattr(words.PAGE["keep_refused"], language)).format(why=reason)


def told(trial: Trial, state: State, language: str) -> dict[str, Any]:
    """What the page of a trial shows at this moment, fit for JSON."""
    address = parse(trial.address)
    findings = []
    for each in (*state.pulse_told, *state.told):
        searched = (state.tried, state.planned) if trial.search else None
        said = found_words.say(each, address.options, can_search(address.scheme), searched)
        if each.finding is Finding.UNPLUGGED and state.doing is Doing.RUNNING and said.do is not None:
            back = found_words.COMES_BACK
            said = Said(said.what, Line(said.do.zh + back.zh, f"{said.do.en} {back.en}"))
        what, do = getattr(said.what, language), getattr(said.do, language) if said.do else ""
        links = [{"text": getattr(text, language), "href": href} for text, href in _links(each, trial)]
        findings.append({"works": each.finding in PROVED, "what": what, "do": do, "links": links})
    if any(each.finding not in PROVED for each in state.pulse_told):
        findings = [each for each in findings if not each["works"]]  # it answers, and does not do what it is for
    faulty = any(not each["works"] for each in findings)
    return {
        "doing": state.doing.value, "findings": findings, "inputs": state.inputs, "outputs": state.outputs,
        "timed": state.timed, "told_only": state.told_only, "asks": trial.asks(),
        "pulsed": 0 if faulty and not state.told_only else state.pulsed,
        "seen": [getattr(words.PAGE[CASES[one]], language) if one in CASES else one for one in state.seen],
        "size": state.size,
        "age_s": None if state.age_s is None else round(state.age_s, 1),
        "usable": trial.usable(), "followed": bool(state.changed), "switchable": state.switchable,
        "search": can_search(address.scheme) and any(each.finding in found_words.SEARCH_AFTER for each in state.told),
        "better": state.better and str(parse(state.better)), "tried": state.tried, "planned": state.planned,
        "pushes": pushes.told(state.pushes, time.monotonic(), language) if trial.kind is Kind.PLATES else None,
        "shown": getattr(words.PAGE["text_told"], language).format(text=state.shown) if state.shown else "",
    }  # fmt: skip


def _links(diagnosis: Diagnosis, trial: Trial) -> list[tuple[Line, str]]:
    """Where to mend what a finding speaks of."""
    address, again = parse(trial.address), {"again": trial.id}
    if diagnosis.finding in (Finding.UNPLUGGED, Finding.BUSY, Finding.NO_PERMISSION):
        return [(words.PAGE["devices"], "/devices")]
    if trial.search and diagnosis.finding is Finding.NOT_ITS_LANGUAGE:
        return [(words.PAGE["what_is_it"], f"/setup?{urlencode(again)}")]
    name, value = found_words.FIELDS.get(diagnosis.finding, ("", ""))
    value = found_words.end_to_set(diagnosis, address.options) or value
    if diagnosis.finding is Finding.SILENT:  # a serial line is there; the number may be another device's
        name = next((each for each in ("unit", "address") if each in address.options), name)
    if diagnosis.finding is Finding.NOT_SET_UP:
        name = diagnosis.facts.get("field", "")
    if diagnosis.finding is Finding.REFUSES and "profile" not in address.options:
        name = "key_file"
    if name != "where" and name not in address.options:
        return []
    text, field = words.PAGE["set_to" if value else "change"], found_words.label(name)
    filled = Line(text.zh.format(field=field.zh, value=value), text.en.format(field=field.en, value=value))
    given = again | ({name: value} if value else {})
    listed = [(words.PAGE["devices"], "/devices")] if diagnosis.finding is Finding.NO_PORT else []
    return [*listed, (filled, f"/setup?{urlencode(given)}#{name}")]
