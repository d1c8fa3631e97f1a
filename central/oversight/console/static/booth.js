/*
 * The booth's live page: whatever happens at a lane, list and lane are asked for anew. The list keeps its place and the
 * hand on it; the lane is left alone while somebody writes there, and says that it has changed.
 */
(function () {
  "use strict";
  var line = menting.line, booth = document.querySelector("[data-booth]");
  var SOON_MS = 150, EVERY_MS = 15000, timer = null, fetching = false, wanted = false, active = false;
  var HTML = "text/html", BY_ITSELF = "text/event-stream, text/html";
  ["keydown", "pointerdown", "wheel"].forEach(function (sign) {
    document.addEventListener(sign, function () { active = true; }, { passive: true });
  });

  line.last = booth.dataset.after;
  line.take = function () { wanted = true; };
  line.after = function () { if (wanted) soon(); };
  function soon() { if (!timer && !fetching) timer = setTimeout(ask, SOON_MS); }
  async function ask() {
    timer = null;
    if (line.ended) return;
    fetching = true; wanted = false;
    var shown = document.getElementById("booth-lane").dataset.lane;
    try {
      var answer = await fetch("/booth/now" + (shown ? "?lane=" + encodeURIComponent(shown) : ""), {
        headers: { "hx-request": "true", accept: active ? HTML : BY_ITSELF }, cache: "no-store"
      });
      active = false;
      if (answer.status === 401 || answer.headers.get("hx-redirect")) { line.ended = true; line.tell("ended"); return; }
      if (!answer.ok) throw new Error("the booth answered " + answer.status);
      var shelf = document.createElement("template");
      shelf.innerHTML = await answer.text();
      if (line.missed) { line.missed = 0; line.tell("live"); line.stamp(); }
      menting.lineBack();
      Array.from(shelf.content.children).forEach(place);
      menting.mark();
      menting.tick();
    } catch (error) {
      line.retry = Math.max(line.retry, 1);
      line.missed += 1; wanted = true;
      if (line.missed > 1) line.tell("cut");
      await new Promise(function (resolve) { setTimeout(resolve, 1500); });
    } finally {
      fetching = false;
    }
    if (wanted) soon();
  }
  function place(part) {
    var old = document.getElementById(part.id);
    if (!old || old.isEqualNode(part)) return;
    if (part.id === "booth-lane") {
      if (old.dataset.mark === part.dataset.mark && old.dataset.lane === part.dataset.lane) return;
      if (busy(old)) { var told = old.querySelector("[data-changed]"); if (told) told.hidden = false; return; }
    }
    var held = old.contains(document.activeElement) ? document.activeElement : null, row = held && held.closest("[data-asks-lane]");
    old.replaceWith(part);
    htmx.process(part);
    var again = row ? document.querySelector("#" + row.id + " > a") : held && part.querySelector(menting.like(held));
    if (again) again.focus({ preventScroll: true });
  }
  /* Somebody writes there, or has a deed unfolded: what was typed is not taken away. */
  function busy(lane) {
    return !!lane.querySelector("details[data-deed][open]") || !!document.querySelector("dialog[open]");
  }
  document.getElementById("dialog").addEventListener("close", function () { wanted = true; soon(); });
  setInterval(function () { wanted = true; soon(); }, EVERY_MS);

  /* ── keys */
  var keys = document.getElementById("keys");
  document.querySelectorAll("[data-show-keys]").forEach(function (button) { button.addEventListener("click", function () { keys.showModal(); }); });
  function move(step) {
    var calls = Array.from(document.querySelectorAll("#booth-list .call")), at = calls.indexOf(document.activeElement);
    if (at < 0) at = calls.findIndex(function (call) { return call.hasAttribute("aria-current"); });
    var next = calls[Math.min(calls.length - 1, Math.max(0, at + step))];
    if (next) { next.focus({ preventScroll: true }); next.scrollIntoView({ block: "nearest" }); }
  }
  function press(mark) {
    var button = document.querySelector("#booth-lane [" + mark + "]");
    if (button) { button.focus(); button.click(); }
  }
  function plate() {
    var fold = document.querySelector("#booth-lane details[data-deed=plate]");
    if (!fold) return;
    fold.open = true;
    fold.querySelector("input:not([type=hidden])").focus();
  }
  var deeds = {
    j: function () { move(1); }, k: function () { move(-1); }, t: function () { press("data-take"); },
    o: function () { press("data-open-lane"); }, d: function () { press("data-done"); }, p: plate,
    "?": function () { keys.showModal(); }
  };
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    if (event.repeat && !/^[jk]$/i.test(event.key)) return;
    var deed = deeds[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (deed) { event.preventDefault(); deed(); }
  });

  line.stamp();
  line.listen();
})();
