(function () {
  "use strict";
  function open() {
    var target = /^#h\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (target) { target.open = true; }
  }
  window.addEventListener("hashchange", open);
  open();
}());
