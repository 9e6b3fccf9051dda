// Links into the page: what they lead to is shown, even if it was filtered out or folded.
{
  const filter = document.getElementById("filter");

  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest(".filtered")) filter.querySelector("button").click();
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) {
      if (!fold.contains(filter)) fold.open = true;
    }
    if (target.matches("tr.unrun")) target.closest("figure").classList.remove("folded");
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", ({ target }) => {
    if (target.closest("a[href^='#']")?.hash === location.hash) reveal();   // again: the hash does not change
  });
  if (location.hash) reveal();

  for (const note of document.querySelectorAll(".note.unrun")) {
    const figure = note.closest("figure");
    const button = note.querySelector("button");
    const fold = (folded) => {
      figure.classList.toggle("folded", folded);
      button.textContent = folded ? "Show" : "Hide";
      button.ariaExpanded = !folded;
    };
    button.hidden = false;
    button.onclick = () => fold(!figure.classList.contains("folded"));
    fold(true);
  }
}
