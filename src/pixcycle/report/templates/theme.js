// Light or dark: as the system says, until the reader chooses; the choice lasts as long as the page is open.
{
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  let dark = system.matches;

  const show = () => {
    button.textContent = dark ? "☀ Light" : "☾ Dark";
    button.ariaLabel = `Change to ${dark ? "light" : "dark"} colours`;
    document.dispatchEvent(new Event("recoloured"));
  };
  button.addEventListener("click", () => {
    dark = !dark;
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    show();
  });
  system.addEventListener("change", () => {
    if (!document.documentElement.style.colorScheme) dark = system.matches;
    show();
  });
  button.hidden = false;
  show();
}
