/* What each gate says of a face, asked again while something is under way there: "destroying" turns into "destroyed". */
(function () {
  "use strict";
  var EVERY_MS = 2000, TIMES_MAX = 300;
  var asked = 0;

  async function look() {
    var shown = document.getElementById("gates");
    if (!shown || !shown.dataset.underWay || asked >= TIMES_MAX) return;
    if (!document.hidden) {
      asked += 1;
      try {
        var answer = await fetch(shown.dataset.underWay, { headers: { accept: "text/html" } });
        if (!answer.ok) return;  // the link is over: what was said last stands
        var box = document.createElement("template");
        box.innerHTML = await answer.text();
        var now = box.content.querySelector("#gates");
        if (now && now.textContent !== shown.textContent) shown.replaceWith(now);
        else if (now && !now.dataset.underWay) delete shown.dataset.underWay;
      } catch (error) { /* no line just now: asked again */ }
    }
    setTimeout(look, EVERY_MS);
  }
  setTimeout(look, EVERY_MS);
})();
