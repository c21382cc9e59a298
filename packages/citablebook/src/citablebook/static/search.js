/* Searches the text that the build wrote into search-text.js: every word, or a "phrase". */
(() => {
  if (!document.getElementById("book-search")) return;
  const field = document.getElementById("book-query");
  const list = document.getElementById("book-results");
  const count = document.getElementById("book-count");
  const fold = (text) => text.toLocaleLowerCase().normalize("NFC");
  const terms = (query) => [...query.matchAll(/"([^"]+)"|(\S+)/g)].map((match) => fold(match[1] ?? match[2]));
  const excerpt = (text, wanted) => {
    const folded = fold(text);
    const first = Math.min(...wanted.map((term) => folded.indexOf(term)).filter((at) => at >= 0), text.length);
    const start = Math.max(0, first - 90);
    const piece = text.slice(start, first + 170);
    const shown = document.createElement("p");
    let rest = (start ? "\u2026 " : "") + piece + (first + 170 < text.length ? " \u2026" : "");
    for (;;) {
      const low = fold(rest);
      const hits = wanted.map((term) => [low.indexOf(term), term.length]).filter(([at]) => at >= 0).sort((a, b) => a[0] - b[0]);
      if (!hits.length || low.length !== rest.length) break;
      const [at, length] = hits[0];
      const mark = document.createElement("mark");
      mark.textContent = rest.slice(at, at + length);
      shown.append(rest.slice(0, at), mark);
      rest = rest.slice(at + length);
    }
    shown.append(rest);
    return shown;
  };
  const search = () => {
    const wanted = terms(field.value);
    list.replaceChildren();
    if (!wanted.length) { count.textContent = ""; return; }
    // Text that has the terms in its heading stands before text that has them in its body.
    const rank = (part) => wanted.every((term) => fold(part.title).includes(term)) ? 0 : 1;
    const found = window.bookText.filter((part) => wanted.every((term) => fold(`${part.title} ${part.text}`).includes(term)))
      .map((part) => [rank(part), part]).sort((a, b) => a[0] - b[0]).slice(0, 60);
    count.textContent = found.length ? `${found.length} place${found.length > 1 ? "s" : ""} found` : "Nothing found. Try fewer words, or a part of a word.";
    for (const [, part] of found) {
      const item = document.createElement("li");
      const link = Object.assign(document.createElement("a"), { href: part.href, textContent: part.title });
      item.append(link, excerpt(part.text, wanted));
      list.append(item);
    }
  };
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  field.addEventListener("input", search);
  document.getElementById("book-search").addEventListener("submit", (event) => event.preventDefault());
  search();
})();
