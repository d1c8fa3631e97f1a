/* Keeps the screen awake over a pass where the browser can, takes the code away when the pass is over, and writes below
   the saved code what it is for. */
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
  /* The saved picture says beside the code where and when it opens, in this phone's own type. A browser that cannot
     draw it saves the bare code, which opens as well. */
  function caption() {
    var save = document.querySelector("a[download]"), image = code.querySelector("img"), side = 640, pad = 32;
    if (!save || !image.naturalWidth) return;
    var canvas = document.createElement("canvas"), pen = canvas.getContext("2d"), lines = [];
    function type(line) { return (line.strong ? "600 30px " : "26px ") + getComputedStyle(document.body).fontFamily; }
    function cut(text, strong) {
      var line = { text: "", strong: strong };
      pen.font = type(line);
      text.trim().split(/(?=[\s\u2e80-\uffff])/).forEach(function (piece) {
        if (line.text && pen.measureText(line.text + piece).width > side - 2 * pad) {
          lines.push(line);
          line = { text: "", strong: strong };
          piece = piece.trim();
        }
        line.text += piece;
      });
      lines.push(line);
    }
    document.querySelectorAll("[data-keep]").forEach(function (kept) {
      cut(kept.dataset.keep, kept.matches("h1, .span"));
    });
    canvas.width = side;
    canvas.height = side + lines.length * 42 + pad;
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(image, 0, 0, side, side);
    pen.fillStyle = "#1b2320";
    pen.textAlign = "center";
    lines.forEach(function (line, row) {
      pen.font = type(line);
      pen.fillText(line.text, side / 2, side + 30 + row * 42);
    });
    canvas.toBlob(function (picture) { if (picture) save.href = URL.createObjectURL(picture); }, "image/png");
  }
  window.addEventListener("load", caption);
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
