/* Remote open: the button wakes when the picture is really on the screen, fresh, and a reason is given (ACC-25). */
(function () {
  "use strict";
  var REFRESH_S = 15, PATIENCE_MS = 8000;

  function form() { return document.querySelector("#dialog [data-open-form]"); }
  function judge() {
    var here = form();
    if (!here || here.classList.contains("htmx-request")) return;
    var look = document.getElementById("look"), picture = look && look.querySelector("img");
    var limit = Number(document.querySelector("[data-open-lane-form]").dataset.limit);
    var drawn = picture && picture.complete && picture.naturalWidth > 0;
    var age = look && look.dataset.taken ? (menting.now() - Date.parse(look.dataset.taken)) / 1000 : Infinity;
    var fresh = drawn && age < limit - 2, why = here.elements.reason.value.trim() !== "";
    var state = here.querySelector("[data-open-state]"), said = state.dataset.wait;
    var cut = document.documentElement.dataset.line === "cut";
    var silent = look && look.dataset.silent !== undefined;
    if (!here.dataset.since || silent) here.dataset.since = String(menting.now());
    if (drawn && !fresh) said = state.dataset.old;
    else if (fresh && why) said = state.dataset.ready;
    else if (!drawn && menting.now() - Number(here.dataset.since) > PATIENCE_MS) said = state.dataset.none;
    if (cut) said = state.dataset.cut;  // whatever the picture was: no command gets there
    here.querySelector("[data-open-button]").disabled = cut || !(fresh && why);
    if (state.textContent !== said) state.textContent = said;
    if (drawn) {
      here.elements.looked_at.value = look.dataset.taken;
      here.elements.nonce.value = look.dataset.nonce;
      var told = document.querySelector("[data-look-age]"), time = told.querySelector("time");
      told.hidden = false;
      if (time.getAttribute("datetime") !== look.dataset.taken) { time.setAttribute("datetime", look.dataset.taken); menting.tick(); }
    }
    if (drawn && age > REFRESH_S && !here.dataset.asked) {
      here.dataset.asked = "yes";
      setTimeout(function () { delete here.dataset.asked; }, 5000);
      htmx.ajax("POST", "/lanes/" + document.querySelector("[data-open-lane-form]").dataset.lane + "/look", { target: "#look-said", swap: "innerHTML" });
    }
  }
  document.addEventListener("input", judge);
  document.addEventListener("menting:tick", judge);
  document.addEventListener("load", function (event) { if (event.target.closest && event.target.closest("#look")) judge(); }, true);
  document.body.addEventListener("htmx:afterSwap", judge);
  document.body.addEventListener("htmx:afterSwap", function () {
    var result = document.getElementById("open-result");
    if (result && !result.contains(document.activeElement)) result.focus();
  });
})();
