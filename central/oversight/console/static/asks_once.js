/* What cannot be undone asks once more where it was pressed. The safe answer has the focus, and closes the question. */
(function () {
  "use strict";
  document.querySelectorAll("[data-asks-once]").forEach(function (box) {
    var keep = box.querySelector("[data-keep]"), ask = box.querySelector("summary");
    keep.hidden = false;  // without this script a second press of the button above closes it
    box.addEventListener("toggle", function () {
      if (!box.open) return;
      keep.focus({ preventScroll: true });
      box.scrollIntoView({ block: "nearest" });
    });
    keep.onclick = function () { box.open = false; ask.focus(); };
  });
})();
