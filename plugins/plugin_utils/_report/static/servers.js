(function () {
  "use strict";
  var table = document.getElementById("servers");
  if (!table) { return; }
  var body = table.tBodies[0];
  var original = Array.prototype.slice.call(body.rows);
  var rows = original;
  var filter = document.getElementById("filter");
  var more = document.getElementById("more");
  var count = document.getElementById("count");
  var chips = Array.prototype.slice.call(document.querySelectorAll("button[data-status]"));
  var page = Number(table.getAttribute("data-rows"));
  var shown = page;
  var status = "";
  // Only the rows on show are put in their order: moving all of thousands takes a second. Before anybody sorts they stand in it.
  var visible = [];
  var moved = false;
  var number = new Intl.NumberFormat(document.documentElement.lang);

  var thousands = table.getAttribute("data-thousands");
  var decimal = table.getAttribute("data-decimal");
  var dash = table.getAttribute("data-dash");

  // What the filter looks at: status, name with software and labels, antivirus. Gathered when it is first used.
  var texts = null;
  function gather() {
    texts = new Map();
    rows.forEach(function (row) {
      texts.set(row, [0, 1, 12].map(function (column) { return row.cells[column].textContent; }).join(" ").toLowerCase());
    });
  }

  function fill(pattern, values) {
    return pattern.replace(/\{(\w+)\}/g, function (_all, name) { return number.format(values[name]); });
  }

  function show() {
    var words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length && !texts) { gather(); }
    var matching = rows.filter(function (row) {
      var text = words.length ? texts.get(row) : "";
      return (!status || row.getAttribute("data-status") === status) && words.every(function (word) { return text.indexOf(word) !== -1; });
    });
    visible.forEach(function (row) { row.classList.remove("on"); });
    visible = matching.slice(0, shown);
    visible.forEach(function (row) { row.classList.add("on"); });
    if (moved) { body.prepend.apply(body, visible); }
    var pattern = count.getAttribute(words.length || status ? "data-filtered" : "data-all");
    count.textContent = fill(pattern, { shown: visible.length, matching: matching.length });
    var rest = Math.min(page, matching.length - visible.length);
    more.hidden = rest <= 0;
    more.textContent = fill(more.getAttribute("data-more"), { count: rest });
  }

  // The key of a cell is its first line. A dash is not known and sorts last both ways; < and > are beside the number that follows.
  function key(row, column, numeric) {
    var cell = row.cells[column];
    var text = cell.getAttribute("data-v") || cell.firstChild.textContent;
    if (!numeric) { return text === dash ? null : text; }
    var plain = text.split(thousands).join("").replace(decimal, ".").replace("−", "-");
    var number = parseFloat(plain.replace(/[<>+]/g, ""));
    return isNaN(number) ? null : plain.indexOf("<") !== -1 ? number / 2 : plain[0] === ">" ? number + 0.05 : number;
  }

  function sort(button) {
    var header = button.parentNode;
    var column = Number(button.getAttribute("data-column"));
    var numeric = button.getAttribute("data-kind") === "number";
    var before = header.getAttribute("aria-sort");
    var order = before === "descending" ? "ascending" : before === "ascending" ? "" : "descending";
    if (!numeric) { order = before === "ascending" ? "descending" : before === "descending" ? "" : "ascending"; }
    Array.prototype.forEach.call(table.querySelectorAll("th[aria-sort]"), function (other) {
      other.removeAttribute("aria-sort");
    });
    rows = original.slice();
    if (order) {
      header.setAttribute("aria-sort", order);
      var sign = order === "ascending" ? 1 : -1;
      var keys = new Map();
      rows.forEach(function (row) { keys.set(row, key(row, column, numeric)); });
      var collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
      rows.sort(function (first, second) {
        var a = keys.get(first), b = keys.get(second);
        if (a === null || b === null) { return (a === null ? 1 : 0) - (b === null ? 1 : 0); }
        return sign * (numeric ? a - b : collator.compare(a, b));
      });
    }
    moved = true;
    show();
  }

  filter.addEventListener("input", function () { shown = page; show(); });
  more.addEventListener("click", function () { shown += page; show(); });
  chips.forEach(function (chip) {
    chip.addEventListener("click", function () {
      status = chip.getAttribute("data-status");
      shown = page;
      chips.forEach(function (other) { other.setAttribute("aria-pressed", String(other === chip)); });
      show();
    });
  });
  Array.prototype.forEach.call(table.querySelectorAll("thead button"), function (button) {
    button.addEventListener("click", function () { sort(button); });
  });

  show();
}());
