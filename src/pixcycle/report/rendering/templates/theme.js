// Light or dark theme: the system's until the reader chooses; the choice lasts until the page is closed or reloaded.
{
  const { style } = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  const other = () => ((style.colorScheme || (system.matches ? "dark" : "light")) === "dark" ? "light" : "dark");

  const show = () => {
    button.textContent = { light: "☀ Light", dark: "☾ Dark" }[other()];
    button.ariaLabel = `Change to ${other()} colours`;
    document.dispatchEvent(new Event("recoloured"));
  };
  button.onclick = () => show((style.colorScheme = other()));
  system.onchange = show;
  button.hidden = false;
  show();
}
