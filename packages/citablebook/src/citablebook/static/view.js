/* Reading or checking: set before the page is drawn, so that nothing jumps. Checking is also what
   an address asks for that names a claim or a paragraph. */
(() => {
  const kept = (() => { try { return localStorage.getItem("view"); } catch { return null; } })();
  const asked = new URLSearchParams(location.search).get("view");
  document.documentElement.dataset.view = [asked, kept].find((view) => ["reading", "checking"].includes(view)) ?? "reading";
})();
