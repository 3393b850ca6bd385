"use strict";
// Makes the tables of class "sortable" sortable by their first body; rows of
// other bodies and of the foot stay where they are.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  // key is a number, a text, or null for what is withheld or unknown.
  const key = (row, i) => {
    const cell = row.cells[i], text = cell.textContent.trim();
    if (cell.dataset.k) return Number(cell.dataset.k);
    if (text === "" || text === "withheld" || text === "unknown") return null;
    const number = /^[≥≈]?\s*([\d,]+)$/.exec(text);
    return number ? Number(number[1].replaceAll(",", "")) : text;
  };
  const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b
    : String(a).localeCompare(String(b), "en", {numeric: true});
  const sort = (th, i) => {
    const numeric = !th.classList.contains("t") && i > 0;
    const was = th.getAttribute("aria-sort");
    const down = was ? was === "ascending" : numeric;
    heads.forEach(h => h.removeAttribute("aria-sort"));
    th.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = [...table.tBodies[0].rows].map(row => [key(row, i), row]);
    keyed.sort(([a], [b]) => a === null || b === null ? (a === null) - (b === null) : down ? compare(b, a) : compare(a, b));
    table.tBodies[0].append(...keyed.map(([, row]) => row));
  };
  heads.forEach((th, i) => {
    // Not a button element: browsers do not print those in a head that is
    // repeated on each page.
    const button = document.createElement("span");
    button.role = "button";
    button.tabIndex = 0;
    button.append(...th.childNodes);
    th.append(button);
    button.addEventListener("click", () => sort(th, i));
    button.addEventListener("keydown", e => {
      if (e.key !== "Enter" && e.key !== " ") return;
      e.preventDefault();
      sort(th, i);
    });
  });
}
