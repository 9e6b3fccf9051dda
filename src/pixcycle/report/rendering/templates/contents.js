// The contents: folded on narrow screens, and marked where the reader is.
{
  const contents = document.getElementById("contents");
  const here = document.getElementById("here");
  const column = contents.closest("nav");
  const narrow = matchMedia("(max-width: 64rem)");
  const links = new Map([...contents.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const parts = [...links.keys()].map((id) => document.getElementById(id));
  let marked;

  const fold = () => (contents.open = !narrow.matches);
  narrow.onchange = fold;
  fold();
  contents.addEventListener("click", ({ target }) => target.matches("a") && fold());

  const mark = () => {
    const shown = parts.filter((part) => part.offsetParent);
    const part = shown.findLast((each) => each.getBoundingClientRect().top < innerHeight / 4) ?? shown[0];
    const link = links.get(part?.id);
    if (link === marked || !link) return;
    marked?.removeAttribute("aria-current");
    link.setAttribute("aria-current", "location");
    marked = link;
    here.textContent = link.textContent;
    const [{ top, bottom }, frame] = [link.getBoundingClientRect(), column.getBoundingClientRect()];
    if (top < frame.top || bottom > frame.bottom) column.scrollTop += top - frame.top - frame.height / 3;
  };
  let waiting;
  addEventListener("scroll", () => {
    waiting ??= requestAnimationFrame(() => ((waiting = null), mark()));
  }, { passive: true });
  mark();
}
