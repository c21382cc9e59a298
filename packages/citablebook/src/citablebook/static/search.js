/* Searches the text that the build wrote into search-text.js: every word, a "phrase", or the
   identifier of a place. What readers type and what is printed are folded alike: case, accents,
   kinds of dash and quotation mark, commas in thousands. */
(() => {
  if (!document.getElementById("book-search")) return;
  const SHOWN = 50;
  const field = document.getElementById("book-query");
  const list = document.getElementById("book-results");
  const count = document.getElementById("book-count");
  const more = document.getElementById("book-more");

  // The folded text, and for each of its characters the place in the original.
  const mapped = (text) => {
    let folded = "";
    const places = [];
    for (let at = 0; at < text.length; at += 1) {
      const thousands = text[at] === "," && /\d/.test(text[at - 1] ?? "") && /^\d{3}(?!\d)/.test(text.slice(at + 1));
      if (thousands) continue;
      const plain = text[at].normalize("NFD").replace(/[\u0300-\u036f]/g, "").normalize("NFC").toLocaleLowerCase()
        .replace(/[\u2010-\u2015\u2212]/g, "-").replace(/[\u2018\u2019]/g, "'").replace(/[\u201c\u201d]/g, '"')
        .replace(/\u00df/g, "ss").replace(/\u00f8/g, "o").replace(/\u00a0/g, " ");
      folded += plain;
      for (let i = 0; i < plain.length; i += 1) places.push(at);
    }
    return { folded, places };
  };
  const fold = (text) => mapped(text).folded;
  const terms = (query) => [...query.matchAll(/[\u201c"]([^"\u201d]+)["\u201d]|(\S+)/g)].map((match) => fold(match[1] ?? match[2]));

  // The text is loaded when something is searched for; a script can be, from a folder as well.
  let text;
  const loaded = () => text ??= new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), { src: document.getElementById("book-search").dataset.text, onerror: failed });
    script.onload = () => done(window.bookText.map((part) => ({ ...part, inTitle: fold(part.title), inText: fold(part.text), names: part.ids.map((id) => id.toLowerCase()) })));
    document.head.append(script);
  });

  const excerpt = (text, wanted) => {
    const { folded, places } = mapped(text);
    const hits = wanted.flatMap((term) => [...folded.matchAll(new RegExp(term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "g"))])
      .map((hit) => [places[hit.index], (places[hit.index + hit[0].length] ?? text.length)]).sort((a, b) => a[0] - b[0]);
    const early = Math.max(0, (hits[0]?.[0] ?? 0) - 90);
    const start = early && text.indexOf(" ", early) + 1;
    const late = Math.min(text.length, start + 260);
    const end = late < text.length ? Math.max(text.lastIndexOf(" ", late), start) : late;
    const shown = document.createElement("p");
    let at = start;
    if (start) shown.append("\u2026 ");
    for (const [from, to] of hits) {
      if (from < at || from >= end) continue;
      const mark = document.createElement("mark");
      mark.textContent = text.slice(from, to);
      shown.append(text.slice(at, from), mark);
      at = to;
    }
    shown.append(text.slice(at, Math.max(at, end)));
    if (end < text.length) shown.append(" \u2026");
    return shown;
  };
  const show = (found, wanted) => {
    for (const part of found) {
      const item = document.createElement("li");
      const link = Object.assign(document.createElement("a"), { href: part.href, textContent: part.title || part.page });
      item.append(link);
      if (part.title !== part.page) item.append(Object.assign(document.createElement("span"), { className: "where", textContent: part.page }));
      item.append(excerpt(part.text, wanted));
      list.append(item);
    }
  };
  const search = async () => {
    const query = field.value.trim();
    const wanted = terms(query);
    list.replaceChildren();
    more.hidden = true;
    const address = new URL(location.href);
    if (query) address.searchParams.set("q", query); else address.searchParams.delete("q");
    history.replaceState(null, "", address);
    count.textContent = "";
    if (!wanted.length) return;
    const book = await loaded();
    if (field.value.trim() !== query) return; // another search has begun meanwhile
    list.replaceChildren();
    const name = query.toLowerCase();
    // An identifier first, then headings, prose, the ledger, works, rows of data.
    const rank = (part) => part.names.includes(name) ? -2 : wanted.every((term) => part.inTitle.includes(term)) ? -1 : part.kind;
    const found = book
      .filter((part) => part.names.includes(name) || wanted.every((term) => part.inTitle.includes(term) || part.inText.includes(term)))
      .map((part, order) => [rank(part), part.kind, order, part]).sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]).map((hit) => hit[3]);
    count.textContent = !found.length ? "Nothing found. Try fewer words, or a part of a word."
      : `${found.length} place${found.length > 1 ? "s" : ""} found${found.length > SHOWN ? `, the first ${SHOWN} shown` : ""}`;
    show(found.slice(0, SHOWN), wanted);
    more.hidden = found.length <= SHOWN;
    more.onclick = () => { more.hidden = true; count.textContent = `${found.length} places found`; show(found.slice(SHOWN), wanted); };
  };
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  field.addEventListener("input", search);
  document.getElementById("book-search").addEventListener("submit", (event) => event.preventDefault());
  search();
})();
