/* A driver's page: keys for a plate, what is so now in place of what was, one press that counts once, and the truth when
   the line is gone. Without a script everything works by pressing and reloading. */
(function () {
  "use strict";
  var lost = document.querySelector("[data-lost]"), now = document.querySelector("[data-now]");

  /* ── what is so now ── */
  var last = new Date(), misses = 0, timer = 0, slow = 0;
  function two(n) { return (n < 10 ? "0" : "") + n; }
  function told(ok) {
    misses = ok ? 0 : misses + 1;
    if (ok) last = new Date();
    if (!lost) return;
    lost.hidden = misses < 2;
    lost.querySelector("[data-lost-at]").textContent = two(last.getHours()) + ":" + two(last.getMinutes()) + ":" + two(last.getSeconds());
  }
  function later() {
    clearTimeout(timer);
    timer = setTimeout(ask, Math.min(30, Number(now.dataset.every) * (1 + Math.floor(slow / 60))) * 1000);
  }
  function ask() {
    if (document.visibilityState !== "visible") return later();
    var mark = now.querySelector("[data-mark]").dataset.mark, stop = new AbortController();
    var giveUp = setTimeout(function () { stop.abort(); }, 8000);
    fetch(now.dataset.now + "?seen=" + encodeURIComponent(mark), { cache: "no-store", signal: stop.signal }).then(function (answer) {
      if (answer.status === 410 || answer.status === 429) return location.reload();  /* the page says why */
      if (answer.status === 204) { slow += 1; return told(true); }
      if (!answer.ok) return told(false);
      return answer.text().then(function (text) {
        slow = 0;
        told(true);
        if (now.querySelector("button:active, a:active, form[data-sent]")) return;  /* nothing moves under a thumb */
        now.innerHTML = text;
        wire(now);
      });
    }).catch(function () { told(false); }).then(function () { clearTimeout(giveUp); later(); });
  }

  /* ── one press counts once: the second finds the button asleep, and central finds the same order besides ── */
  function wire(within) {
    within.querySelectorAll("form[data-once]").forEach(function (form) {
      form.addEventListener("submit", function (event) {
        if (form.dataset.sent) return event.preventDefault();
        form.dataset.sent = "yes";
        form.querySelectorAll("button").forEach(function (one) { one.setAttribute("aria-disabled", "true"); });
      });
    });
  }

  /* ── keys for a plate: provinces, then letters, then letters and figures without I and O ── */
  function keyboard(box, input) {
    var letters = "ABCDEFGHJKLMNPQRSTUVWXYZ", ends = "警学挂港澳领使", own = true;
    function keys() {
      var n = input.value.length;
      return n === 0 ? box.dataset.provinces : n === 1 ? letters : "1234567890" + letters + (n >= 6 ? ends : "");
    }
    function key(text, press, wide) {
      var one = document.createElement("button");
      one.type = "button";
      one.textContent = text;
      if (wide) one.className = "keys__wide";
      one.addEventListener("click", press);
      box.appendChild(one);
    }
    function draw() {
      box.textContent = "";
      Array.from(keys()).forEach(function (sign) {
        key(sign, function () { if (input.value.length < 8) input.value += sign; draw(); });
      });
      key(box.dataset.back, function () { input.value = input.value.slice(0, -1); draw(); }, true);
      key(box.dataset.other, function () {
        own = false;
        box.hidden = true;
        input.inputMode = "text";
        input.focus();
      }, true);
    }
    input.inputMode = "none";
    box.hidden = false;
    input.addEventListener("input", function () { if (own) draw(); });
    draw();
  }

  document.querySelectorAll("[data-print]").forEach(function (one) {
    one.hidden = false;
    one.addEventListener("click", function () { window.print(); });
  });
  if (document.querySelector("[data-print-now]")) window.print();
  var box = document.querySelector("[data-keys]");
  if (box) keyboard(box, document.getElementById("plate"));
  wire(document);
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
      form.querySelectorAll("button").forEach(function (one) { one.removeAttribute("aria-disabled"); });
    });
  });
  if (document.body.dataset.at) history.replaceState(null, "", document.body.dataset.at);  /* what a form answered is no page to go back to */
  if (now) {
    document.addEventListener("visibilitychange", function () { if (document.visibilityState === "visible") ask(); });
    later();
    if (now.hasAttribute("data-go")) {
      history.replaceState(null, "", location.pathname);  /* who comes back waits for the word, and is not sent away again */
      var way = now.querySelector("[data-way]");
      if (way) location.assign(way.href);
    }
  }
})();
