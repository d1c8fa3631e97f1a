/*
 * The live line of a page, and the truth about it at the page's foot. An event names an id; what the page makes of it
 * is its own (`line.take`, then `line.after`).
 *
 * The stream is read with fetch rather than EventSource, so that a silent line is seen (the server pings every 15 s),
 * and so that the last id is ours to send: whatever happened while the line was cut is replayed.
 */
(function () {
  "use strict";
  var truth = document.querySelector("[data-truth]"), SILENT_MS = 25000;
  var line = menting.line = {
    last: "", ended: false, retry: 0, heard: 0,
    missed: 0,  // what was announced and could not be fetched makes the page old, whatever the stream says
    take: function () {}, after: function () {}, tell: tell, stamp: stamp, listen: listen
  };

  function tell(state) {
    if (state === "live") { line.heard = Date.now(); line.retry = 0; }
    if (truth.dataset.truth === state) return;
    document.documentElement.dataset.line = truth.dataset.truth = state;
    if (state === "live") menting.lineBack();
  }
  function stamp() {
    var now = clock(menting.now());
    line.heard = Date.now();
    truth.querySelector("[data-as-of]").textContent = truth.querySelector("[data-clock]").textContent = now;  // never newer than the clock beside it
  }
  function clock(ms) { return new Date(ms).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" }); }
  document.addEventListener("menting:tick", function (event) { truth.querySelector("[data-clock]").textContent = clock(event.detail); });

  async function listen() {
    while (!line.ended) {
      var stop = new AbortController();
      var watch = setInterval(function () { if (Date.now() - line.heard > SILENT_MS) stop.abort(); }, 2500);
      try {
        line.heard = Date.now();
        var answer = await fetch("/api/v1/events?after=" + encodeURIComponent(line.last), {
          headers: { accept: "text/event-stream" }, signal: stop.signal, cache: "no-store"
        });
        if (answer.status === 401 || answer.status === 403 || answer.redirected) { line.ended = true; tell("ended"); break; }
        if (!answer.ok) throw new Error("the stream answered " + answer.status);
        await read(answer.body.getReader());
      } catch (error) {
        tell("cut");
      } finally {
        clearInterval(watch);
      }
      if (line.ended) break;
      line.retry += 1;
      if (line.retry > 1) tell("cut");
      await new Promise(function (resolve) { setTimeout(resolve, line.retry === 1 ? 150 : Math.min(1000 * line.retry, 8000) * (0.7 + 0.6 * Math.random())); });
    }
  }
  async function read(reader) {
    var decoder = new TextDecoder(), rest = "";
    for (;;) {
      var part = await reader.read();
      if (part.done) return;
      line.heard = Date.now();
      if (!line.missed) { tell("live"); stamp(); }
      rest += decoder.decode(part.value, { stream: true }).replace(/\r\n?/g, "\n");
      var frames = rest.split("\n\n");
      rest = frames.pop();
      frames.forEach(parse);
      line.after();
    }
  }
  function parse(frame) {
    var event = { name: "", data: "", id: "" };
    frame.split("\n").forEach(function (text) {
      var colon = text.indexOf(":"), field = text.slice(0, colon), value = text.slice(colon + 1).replace(/^ /, "");
      if (field === "event") event.name = value;
      else if (field === "data") event.data += value;
      else if (field === "id") event.id = value;
    });
    if (event.id) line.last = event.id;
    if (event.name === "reload") { location.reload(); return; }
    if (event.name && event.data) line.take(event.name, JSON.parse(event.data).id);
  }
})();
