/* Before the first paint: "auto" becomes what the device prefers, and follows it. Works without, in the light theme. */
(function () {
  "use strict";
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function settle() {
    var chosen = root.dataset.theme || "auto";
    root.setAttribute("data-bs-theme", chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen);
  }
  settle();
  dark.addEventListener("change", settle);
})();
