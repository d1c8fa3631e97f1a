/* Keeps the screen awake over a pass where the browser can, and takes the code away when the pass is over. */
(function () {
  "use strict";
  var code = document.querySelector("[data-until]"), ahead = Date.now() - Date.parse(code.dataset.now);

  function stayAwake() {
    if (!navigator.wakeLock || document.visibilityState !== "visible") return;
    navigator.wakeLock.request("screen").then(function () {
      document.querySelector("[data-awake]").hidden = false;
    }, function () { /* a phone that saves its battery says no; the page works all the same */ });
  }
  /* Without a line the code stays as it is: the gate itself knows what has ended. */
  function ask() {
    if (document.visibilityState !== "visible") return;
    fetch(location.href, { cache: "no-store" }).then(function (answer) {
      if (answer.status === 410) location.reload();
    }, function () {});
  }
  document.addEventListener("visibilitychange", function () { stayAwake(); ask(); });
  stayAwake();
  setInterval(ask, 60000);
  setInterval(function () {
    if (Date.now() - ahead >= Date.parse(code.dataset.until) && !code.hidden) {
      code.hidden = true;
      location.reload();
    }
  }, 1000);
})();
