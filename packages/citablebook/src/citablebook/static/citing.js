/* Addresses and citations: copied with feedback, shown in a panel, offered with a copied quotation.
   Without this script every control is a link to a page that holds the same. */
(() => {
  const root = document.documentElement.dataset.content_root ?? "./";
  const published = document.querySelector('meta[name="book-address"]')?.content;
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  // A message at the foot of the page, read out by screen readers; it may hold a button.
  const message = make("div", { className: "message" });
  message.setAttribute("role", "status");
  document.body.append(message);
  let leaving;
  const say = (text, ...controls) => {
    message.replaceChildren(text, ...controls);
    (document.querySelector("dialog[open]") ?? document.body).append(message);
    message.classList.add("shown");
    clearTimeout(leaving);
    leaving = setTimeout(() => message.classList.remove("shown"), controls.length ? 12000 : 3000);
  };
  const copy = async (text, told) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const before = document.activeElement;
      const field = make("textarea", { value: text, className: "unseen" });
      (document.querySelector("dialog[open]") ?? document.body).append(field);
      field.select();
      const copied = document.execCommand("copy");
      field.remove();
      before?.focus();
      if (!copied) return say(`Copying is not allowed here: ${text}`);
    }
    say(told);
  };
  const address = (identifier) => published ? `${published}id/${identifier}.html` : new URL(`${root}id/${identifier}.html`, location.href).href;

  // Addresses.
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest("a[data-identifier], a.headerlink");
    const identifier = link?.dataset.identifier ?? link?.closest("section, figure")?.querySelector("a[data-identifier]")?.dataset.identifier;
    if (!identifier) return;
    event.preventDefault();
    if (document.getElementById(identifier)) history.replaceState(null, "", `#${identifier}`);
    copy(address(identifier), `Address of ${identifier} copied`);
  });

  // Citations are loaded when they are asked for.
  const asked = {};
  const citations = (identifier) => asked[identifier] ??= new Promise((done, failed) => {
    const script = make("script", { src: `${root}cite/${identifier}.js`, onload: () => done(window.bookCitations[identifier]), onerror: failed });
    document.head.append(script);
  });
  const wire = (place) => {
    for (const format of place.querySelectorAll(".citation-format")) {
      const button = format.querySelector("button");
      button.hidden = false;
      button.setAttribute("aria-label", `Copy ${format.dataset.format}`);
      button.addEventListener("click", () => copy(format.querySelector("pre, p").textContent.trim(), `${format.dataset.format} copied`));
      // A page in a folder may not name the file that a link saves, so the text is handed over.
      const link = format.querySelector("a[download]");
      const text = [...format.querySelectorAll("pre, p:not(.citation-actions)")].map((part) => part.textContent).join("\n");
      link.addEventListener("click", () => { link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: "text/plain" })); });
    }
  };
  const open = async (identifier, opener) => {
    const { title, panel } = await citations(identifier);
    const body = make("div", { className: "panel-body", innerHTML: panel });
    const choices = [...body.querySelectorAll(".citation-choice")];
    for (const link of body.querySelectorAll("a[download]")) link.href = `${root}cite/${link.getAttribute("href")}`;
    const choose = make("select", {}, ...choices.map((choice, i) => make("option", { value: i, textContent: choice.dataset.choice })));
    const show = () => choices.forEach((choice, i) => { choice.hidden = i !== Number(choose.value); });
    choose.addEventListener("change", show);
    const close = make("button", { type: "button", textContent: "Close", className: "close" });
    const heading = make("p", { className: "panel-title", id: "panel-title", textContent: `${identifier}: ${title}` });
    const dialog = make("dialog", { className: "cite-panel" }, make("div", { className: "panel-head" }, heading, close), make("label", {}, "Cite ", choose), body);
    dialog.setAttribute("aria-labelledby", "panel-title");
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("keydown", (event) => event.stopPropagation());  // Sphinx takes Escape for itself
    dialog.addEventListener("close", () => { document.body.append(message); dialog.remove(); opener.focus(); });
    show();
    wire(body);
    document.body.append(dialog);
    dialog.showModal();
    choose.focus();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.cite");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(link.dataset.cite, link).catch(() => { location.href = link.href; });
  });
  for (const place of document.querySelectorAll("body.citing, .citing-whole")) wire(place);

  // A copied quotation is offered with its reference: that of the nearest thing with an identifier.
  const near = (node) => {
    for (let place = node.nodeType === 1 ? node : node.parentElement; place && place.tagName !== "ARTICLE"; place = place.parentElement) {
      const row = place.closest("tr[id^=ledger-]");
      if (row) return row.id.replace("ledger-", "");
      if (/^([STFP]-E?\d|C\d)/.test(place.id)) return place.id;
      const held = place.tagName === "FIGURE" && place.querySelector("a[data-identifier]");
      if (held) return held.dataset.identifier;
    }
  };
  document.querySelector("article")?.addEventListener("copy", () => {
    const selection = getSelection();
    const quoted = selection.toString().replace(/\s*[#¶]\s*/g, " ").replace(/\s+/g, " ").trim();
    const identifier = quoted.length > 12 && near(selection.getRangeAt(0).startContainer);
    // A paragraph is cited as its section, with the paragraph named.
    const section = document.getElementById(identifier)?.closest("section[id^=S-]")?.id;
    const cited = identifier && (identifier.startsWith("P-") ? section : identifier);
    if (!cited) return;
    const button = make("button", { type: "button", textContent: "Copy with its reference" });
    button.addEventListener("click", async () => {
      const { panel } = await citations(cited);
      const [entry, sign] = [...make("div", { innerHTML: panel }).querySelectorAll('[data-format="APA"] p')].map((part) => part.textContent.trim());
      const where = sign.replace(/^In the text: /, "").replace(/\)$/, cited === identifier ? ")" : `, paragraph ${identifier})`);
      copy(`\u201c${quoted}\u201d ${where}\n\n${entry}\n${address(identifier)}`, "Quotation copied with its reference");
    });
    say("Copied. ", button);
  });

  // The ledger's filter.
  const filter = document.querySelector("form.ledger-filter");
  if (filter) {
    const rows = [...document.querySelectorAll("table.ledger tbody tr")];
    const apply = () => {
      const words = filter.elements.q.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word)) || ["status", "section"].some((name) => filter.elements[name].value && filter.elements[name].value !== row.dataset[name]);
        shown += !row.hidden;
      }
      filter.querySelector("output").textContent = `${shown} of ${rows.length} claims`;
    };
    const asks = new URLSearchParams(location.search);
    for (const name of ["q", "status", "section"]) if (asks.has(name)) filter.elements[name].value = asks.get(name);
    filter.hidden = false;
    filter.addEventListener("input", apply);
    filter.addEventListener("submit", (event) => event.preventDefault());
    apply();
  }
})();
