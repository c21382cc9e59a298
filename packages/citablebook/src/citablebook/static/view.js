/* The reader's choices, set before the page is drawn, so that nothing jumps: the theme's light or
   dark, and reading or checking. Checking is also what an address asks for that names a claim or a
   paragraph. */
(() => {
  const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  document.body.dataset.theme = kept("theme") || "auto";
  const asked = new URLSearchParams(location.search).get("view");
  document.documentElement.dataset.view = [asked, kept("view")].find((view) => ["reading", "checking"].includes(view)) ?? "reading";
})();
