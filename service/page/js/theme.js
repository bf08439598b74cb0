/* A classic script in the head: it sets the colours before the first paint, so that nothing flashes. */
(() => {
  const root = document.documentElement;
  const next = { system: "light", light: "dark", dark: "system" };
  let theme = stored() ?? "system";

  /* A browser that is told to store nothing throws. */
  function stored() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  }

  function store() {
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // It holds until the page is left.
    }
  }

  const apply = () => {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    const button = document.getElementById("theme");
    const words = theme === "system" ? "as the system" : theme;
    button?.setAttribute("aria-label", `Colours: ${words}. Change to ${next[theme] === "system" ? "the system's" : next[theme]}.`);
    document.dispatchEvent(new Event("themechange"));
  };

  if (!(theme in next)) theme = "system";
  apply();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    apply();
    document.getElementById("theme")?.addEventListener("click", () => {
      theme = next[theme];
      store();
      apply();
    });
  });
})();
