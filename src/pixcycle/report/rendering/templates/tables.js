// Tables that sort by any column: ascending, descending, then in the original order again.
{
  const SECONDS = { s: 1, min: 60, h: 3600 };
  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };

  const text = (row, column) => (row.cells[column].querySelector("button") ?? row.cells[column]).textContent.trim();

  /** Return the number that a text begins with, durations in seconds; NaN for "–" and words. */
  const number = (said) => {
    const [, digits, unit] = said.match(/^([+-]?\d[\d.]*(?:e[+-]?\d+)?)(?: (s|min|h)$)?/) ?? [];
    return Number(digits) * (SECONDS[unit] ?? 1);
  };

  /** Sort rows by a column; rows without a value come last in either order. */
  const sorted = (rows, column, numeric, sign) => {
    const keyed = rows.map((row) => [numeric ? number(text(row, column)) : text(row, column), row]);
    const missing = (key) => (numeric ? isNaN(key) : key === "" || key === "–");
    const compare = (a, b) => (numeric ? a - b : a.localeCompare(b, "en", { numeric: true }));
    keyed.sort(([a], [b]) => missing(a) - missing(b) || (missing(a) ? 0 : sign * compare(a, b)));
    return keyed.map(([, row]) => row);
  };

  for (const table of document.querySelectorAll("figure.table table")) {
    const [body] = table.tBodies;
    const published = [...body.rows];
    const headings = [...table.querySelectorAll("th[data-column]")];
    for (const heading of headings) {
      const title = heading.firstElementChild;
      const button = element("button", { type: "button", className: "sort" }, ...title.childNodes);
      title.append(button);
      button.addEventListener("click", () => {
        const order = NEXT[heading.ariaSort ?? "none"];
        for (const other of headings) other.ariaSort = null;
        heading.ariaSort = order;
        const numeric = heading.classList.contains("number");
        const sign = order === "ascending" ? 1 : -1;
        body.append(...(order === "none" ? published : sorted(published, heading.dataset.column, numeric, sign)));
      });
    }
  }
}
