// Filters by chapter, dataset and verdict: they hide tables, figures, claims and lines of the matrix that lack it.
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
    for (const body of document.querySelectorAll(".matrix tbody")) {
      hide(body, !shown([...body.rows].filter((row) => row.dataset.datasets != null)).length);
    }
    for (const fold of document.querySelectorAll("details.unrun")) {
      hide(fold, !shown([...fold.querySelectorAll("[data-datasets]")]).length);
    }
    for (const link of document.querySelectorAll("#contents li a")) {
      hide(link.parentElement, document.querySelector(link.hash).classList.contains("filtered"));
    }
    const active = Boolean(chapter || narrowed);
    filter.querySelector("output").value = active ? `${shown(items).length} of ${items.length} shown` : "";
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
