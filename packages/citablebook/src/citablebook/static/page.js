/* The page as a place: the switch between reading and checking, the card of a paragraph, previews
   of claims, figures, tables, sections; the drawers close when their work is done.
   Without this script every mark is a link to a page that says the same. */
(() => {
  const html = document.documentElement;
  const root = html.dataset.content_root ?? "./";
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  // The switch, once in the page and once in the bar that phones have.
  const buttons = [];
  const view = (chosen) => {
    html.dataset.view = chosen;
    try { localStorage.setItem("view", chosen); } catch { /* a folder may keep nothing */ }
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.view === chosen));
  };
  for (const place of document.querySelectorAll(".content-icon-container, .mobile-header .header-right")) {
    const group = make("div", { className: "view-switch" });
    group.setAttribute("role", "region"); // a landmark: it stands outside the text
    group.setAttribute("aria-label", "View");
    for (const [name, hint] of [["reading", "The text alone"], ["checking", "With claims, addresses and origins"]]) {
      const button = make("button", { type: "button", textContent: name[0].toUpperCase() + name.slice(1), title: hint });
      button.dataset.view = name;
      button.addEventListener("click", () => view(name));
      buttons.push(button);
      group.append(button);
    }
    place.prepend(group);
  }
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.view === html.dataset.view));

  // Drawers of the theme: they close when a place in them is chosen, and on Escape.
  const drawers = [...document.querySelectorAll("#__navigation, #__toc")];
  const close = () => { for (const drawer of drawers) drawer.checked = false; };
  for (const link of document.querySelectorAll(".toc-drawer a, .sidebar-drawer a")) link.addEventListener("click", close);
  addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });

  // One card at a time, below or above what it belongs to.
  let card = null;
  let owner = null;
  let leaving = 0;
  const hide = () => {
    card?.remove();
    owner?.removeAttribute("aria-describedby");
    card = owner = null;
  };
  const show = (anchor, ...content) => {
    clearTimeout(leaving);
    hide();
    owner = anchor;
    card = make("div", { className: "card", id: "card" }, ...content);
    card.setAttribute("role", "tooltip");
    document.body.append(card);
    const at = anchor.getBoundingClientRect();
    const room = html.clientWidth - card.offsetWidth - 8;
    const below = at.bottom + card.offsetHeight + 12 < innerHeight || at.top < card.offsetHeight;
    card.style.left = `${Math.max(8, Math.min(at.left, room)) + scrollX}px`;
    card.style.top = `${(below ? at.bottom + 6 : at.top - card.offsetHeight - 6) + scrollY}px`;
    card.addEventListener("pointerenter", () => clearTimeout(leaving));
    card.addEventListener("pointerleave", later);
    anchor.setAttribute("aria-describedby", "card");
  };
  const later = () => { leaving = setTimeout(hide, 250); };
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  addEventListener("pointerdown", (event) => { if (card && !card.contains(event.target) && event.target.closest("a") !== owner) hide(); });

  // What links lead to, from a file that the build wrote; loaded when the first is asked for.
  let loading = null;
  const previews = () => loading ??= new Promise((done, failed) => {
    document.head.append(make("script", { src: `${root}_static/previews.js`, onload: () => done(window.bookPreviews), onerror: failed }));
  });
  const top = new URL(root, location.href).pathname;
  const keyOf = (link) => decodeURIComponent(`${link.pathname.slice(top.length)}${link.hash}`);
  const preview = async (link) => {
    const known = (await previews())[keyOf(link)];
    if (!known || !link.matches(":hover, :focus, [data-open]")) return;
    const picture = known.image ? [make("img", { src: `${root}${known.image}`, alt: "" })] : [];
    show(link, ...(known.title ? [make("p", { className: "card-title", textContent: known.title })] : []), ...picture,
      ...(known.text ? [make("p", { textContent: known.text })] : []),
      ...(known.status ? [make("p", { className: "card-where", textContent: known.status })] : []));
  };
  const article = document.querySelector("article");
  const leads = (event) => event.target.closest?.("a.claim, a.reference.internal[href*='#']:not(.number a), :is(td, li, dd) a[href*='#']:not(.number a, .toc-tree a)");
  let waiting = 0;
  article?.addEventListener("pointerover", (event) => {
    const link = leads(event);
    if (!link || event.pointerType === "touch") return;
    clearTimeout(waiting);
    waiting = setTimeout(() => preview(link).catch(() => {}), 120);
  });
  article?.addEventListener("pointerout", (event) => { if (leads(event)) { clearTimeout(waiting); later(); } });
  article?.addEventListener("focusin", (event) => { const link = leads(event); if (link?.matches(":focus-visible")) preview(link).catch(() => {}); });
  article?.addEventListener("focusout", (event) => { if (leads(event)) later(); });
  // On touch the first tap shows, the second follows.
  article?.addEventListener("click", (event) => {
    const link = leads(event);
    if (!link || !matchMedia("(hover: none)").matches || link.dataset.open) return;
    event.preventDefault();
    for (const other of document.querySelectorAll("a[data-open]")) delete other.dataset.open;
    link.dataset.open = "yes";
    preview(link).then(() => { if (!card) location.href = link.href; }, () => { location.href = link.href; });
  });

  // The card of a paragraph, on narrow pages in place of its claim numbers.
  article?.addEventListener("click", (event) => {
    const mark = event.target.closest("a.paragraph-mark");
    if (!mark || matchMedia("(min-width: 71em)").matches || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (owner === mark) return hide();
    const block = mark.closest("p, aside, div.admonition");
    const claims = [...block.querySelectorAll("a.claim")].map((claim) => make("li", {}, make("a", { href: claim.href, textContent: `Claim ${claim.textContent}` })));
    const address = make("button", { type: "button", textContent: "Copy the address" });
    address.dataset.copy = mark.dataset.identifier;
    show(mark, make("p", { className: "card-title", textContent: `Paragraph ${mark.dataset.identifier}` }),
      ...(mark.dataset.sentences ? [make("p", { textContent: `Stands for ${mark.dataset.sentences} of the paper.` })] : []),
      ...(claims.length ? [make("ul", {}, ...claims)] : []), make("p", {}, address));
    card.setAttribute("role", "dialog");
    card.setAttribute("aria-label", `Paragraph ${mark.dataset.identifier}`);
    card.querySelector("a, button").focus();
  }, true);

  // Two versions of a table, swapped in place; charts with a choice of the same names follow.
  const versions = [...document.querySelectorAll("form.table-versions")];
  const swap = (name) => {
    let second = false;
    for (const form of versions) {
      const choices = [...form.querySelectorAll("input")];
      const chosen = choices.find((choice) => choice.value === name);
      if (!chosen) continue;
      chosen.checked = true;
      second = chosen !== choices[0];
      const table = form.parentElement.querySelector("table");
      table.classList.toggle("second-version", second);
      for (const cell of table.querySelectorAll("td.differs")) {
        cell.querySelector(":scope > .first").hidden = second;
        cell.querySelector(":scope > .second").hidden = !second;
      }
      const told = form.querySelector("[role=status]");
      told.textContent = second ? told.dataset.told : "";
    }
    for (const choice of document.querySelectorAll("form.chart-controls input[type=radio]")) {
      if (choice.value !== JSON.stringify(name) || choice.checked) continue;
      choice.checked = true;
      choice.dispatchEvent(new Event("input", { bubbles: true }));
    }
    const address = new URL(location.href);
    if (second) address.searchParams.set("table", name); else address.searchParams.delete("table");
    history.replaceState(history.state, "", address);
  };
  for (const form of versions) {
    form.hidden = false;
    form.addEventListener("input", (event) => swap(event.target.value));
    form.addEventListener("submit", (event) => event.preventDefault());
  }
  addEventListener("pageshow", () => {
    const asked = new URLSearchParams(location.search).get("table");
    const kept = versions[0]?.querySelector("input:checked:not([checked])")?.value; // by the browser
    if (asked ?? kept) swap(asked ?? kept);
  });

  // With wider spacing of text a label may leave its drawing, which then makes room for it.
  const makeRoom = () => {
    for (const drawing of document.querySelectorAll(".chart svg[viewBox]")) {
      if (!drawing.checkVisibility()) continue;
      const { x, y, width, height } = drawing.viewBox.baseVal;
      const box = drawing.getBBox();
      if (box.x + box.width > x + width + 1) drawing.setAttribute("viewBox", `${x} ${y} ${Math.ceil(box.x + box.width - x)} ${height}`);
    }
  };
  addEventListener("load", makeRoom);
  addEventListener("resize", makeRoom);
})();
