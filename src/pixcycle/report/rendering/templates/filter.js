// Filters by chapter, dataset and verdict: they hide tables, figures, claims and lines of the matrix that lack it. What
// shows a claim of the chosen verdict stays with it.
{
  const filter = document.getElementById("filter");
  const choices = [...filter.querySelectorAll("select")];
  const everything = filter.querySelector("button");
  const items = [...document.querySelectorAll("[data-datasets]")];
  const sections = [...document.querySelectorAll("main > section")];
  const tiles = [...document.querySelectorAll(".tiles > li")];
  const chapterOf = (item) => item.closest("[data-chapter]").dataset.chapter;
  const hide = (part, hidden) => part.classList.toggle("filtered", hidden);
  const shown = (parts) => parts.filter((part) => !part.classList.contains("filtered"));

  /** Count what is shown: `18 claims, and what shows them`, `3 claims, 12 tables and figures`. */
  const said = (verdict) => {
    const among = (selector) => shown(items.filter((item) => item.matches(selector))).length;
    const counted = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;
    const [claims, rows] = [among(".claims > li"), among("tr")];
    if (verdict && claims) return `${counted(claims, "claim")}, and what shows ${claims === 1 ? "it" : "them"}`;
    if (verdict) return `${counted(rows, "row")}, and the tables`;
    return `${counted(claims, "claim")}, ${among("figure")} tables and figures`;
  };

  const apply = () => {
    const { chapter, dataset, verdict } = Object.fromEntries(choices.map((choice) => [choice.name, choice.value]));
    const narrowed = dataset || verdict;
    const fits = (value, chosen) => !chosen || value.split(" ").includes(chosen);
    for (const item of items) {
      const { datasets, verdicts } = item.dataset;
      hide(item, !fits(chapterOf(item), chapter) || !fits(datasets, dataset) || !fits(verdicts, verdict));
    }
    for (const section of sections) {
      const own = items.filter((item) => section.contains(item));
      const parts = sections.filter((part) => chapterOf(part) === section.id);   // of a chapter, itself among them
      const kept = parts.length > 1 ? items.some((item) => parts.some((part) => part.contains(item)) && shown([item])[0])
        : shown(own).length;
      hide(section, !fits(chapterOf(section), chapter) || Boolean(narrowed && !kept));
    }
    for (const tile of tiles) hide(tile, !fits(tile.dataset.chapter, chapter));
    for (const part of document.querySelectorAll(".matrix, #matrix, .opening")) {
      hide(part, !shown([...part.querySelectorAll("[data-datasets]")]).length);
    }
    for (const chip of document.querySelectorAll(".chips a")) {
      chip.classList.toggle("dimmed", Boolean(verdict) && !chip.classList.contains(verdict));
    }
    for (const fold of document.querySelectorAll("details.unrun")) {
      hide(fold, !shown([...fold.querySelectorAll("[data-datasets]")]).length);
    }
    for (const link of document.querySelectorAll("#contents li a")) {
      hide(link.parentElement, document.querySelector(link.hash).classList.contains("filtered"));
    }
    const active = Boolean(chapter || narrowed);
    filter.querySelector("output").value = active ? said(verdict) : "";
    everything.hidden = !active;
  };

  filter.addEventListener("change", apply);
  everything.addEventListener("click", () => {
    for (const choice of choices) choice.value = "";
    apply();
  });
  filter.hidden = !items.length;
  apply();
}
