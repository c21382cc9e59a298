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
  // A place has an address that can be passed on only where the book has one itself.
  const address = (identifier) => published ? `${published}id/${identifier}.html` : "";
  const sectionOf = (identifier) => document.getElementById(identifier)?.closest('section[id^="S-"]')?.id;

  // Citations are loaded when they are asked for.
  const asked = {};
  const citations = (identifier) => asked[identifier] ??= new Promise((done, failed) => {
    const script = make("script", { src: `${root}cite/${identifier}.js`, onload: () => done(window.bookCitations[identifier]), onerror: failed });
    document.head.append(script);
  });
  // How a place is cited: a paragraph by its section and its own name.
  const reference = async (identifier) => {
    const paragraph = identifier.startsWith("P-");
    const { panel } = await citations(paragraph ? sectionOf(identifier) : identifier);
    const choices = [...make("div", { innerHTML: panel }).querySelectorAll(".citation-choice")];
    const own = choices.find((choice) => choice.dataset.choice.startsWith("This ")) ?? choices[0];
    const [entry, short] = [...own.querySelectorAll('[data-format="APA"] p')].map((part) => part.textContent.trim());
    const inText = short.replace(/^In the text: /, "");
    return { entry, inText: paragraph ? inText.replace(/\)?$/, `, paragraph ${identifier})`) : inText };
  };

  // Addresses.
  document.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const asks = event.target.closest("button[data-copy]");
    const link = event.target.closest("a[data-identifier], a.headerlink");
    const identifier = asks?.dataset.copy ?? link?.dataset.identifier ?? link?.closest("section, figure")?.querySelector("a[data-identifier]")?.dataset.identifier;
    if (!identifier) return;
    event.preventDefault();
    if (document.getElementById(identifier)) location.replace(`#${identifier}`); // which marks it, too
    if (published) return copy(address(identifier), `Address of ${identifier} copied`);
    try {
      const { entry, inText } = await reference(identifier);
      copy(`${inText}\n\n${entry}`, `Reference to ${identifier} copied`);
    } catch {
      copy(identifier, `${identifier} copied`);
    }
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
  // What is copied is the text: no signs, notes, numbers of lines.
  const textOf = (range) => {
    const part = make("div", {}, range.cloneContents());
    for (const sign of part.querySelectorAll(".claim-sign, .paragraph-mark, .note, .headerlink, .address, .unseen, form, button, script, style")) sign.remove();
    for (const block of part.querySelectorAll("p, li, td, th, figcaption, h1, h2, h3, h4, div, br")) block.append(" ");
    return part.textContent.replace(/\s+/g, " ").replace(/ ([.,;:)])/g, "$1").trim();
  };
  document.querySelector("article")?.addEventListener("copy", (event) => {
    const selection = getSelection();
    if (!selection.rangeCount) return;
    const quoted = textOf(selection.getRangeAt(0));
    const identifier = quoted.length > 12 && near(selection.getRangeAt(0).startContainer);
    if (!identifier) return;
    if (!selection.getRangeAt(0).cloneContents().querySelector("table, pre")) {
      event.clipboardData.setData("text/plain", quoted);
      event.preventDefault();
    }
    const button = make("button", { type: "button", textContent: "Copy with its reference" });
    button.addEventListener("click", async () => {
      const { entry, inText } = await reference(identifier);
      copy([`\u201c${quoted}\u201d ${inText}`, entry, address(identifier)].filter(Boolean).join("\n\n"), "Quotation copied with its reference");
    });
    say("Copied. ", button);
  });

  // The ledger's filter. What it asks for stands in the address and comes back with the page.
  const filter = document.querySelector("form.ledger-filter");
  if (filter) {
    const names = ["q", "status", "section"];
    const rows = [...document.querySelectorAll("table.ledger tbody tr")];
    const sections = [...new Set(rows.map((row) => row.closest("section")))];
    const recall = () => {
      const asks = new URLSearchParams(location.search);
      for (const name of names) filter.elements[name].value = asks.get(name) ?? "";
    };
    const apply = () => {
      const words = filter.elements.q.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word)) || ["status", "section"].some((name) => filter.elements[name].value && filter.elements[name].value !== row.dataset[name]);
        shown += !row.hidden;
      }
      for (const section of sections) section.hidden = !section.querySelector("table.ledger tbody tr:not([hidden])");
      filter.querySelector("output").textContent = `${shown} of ${rows.length} claims`;
    };
    const keep = () => {
      const address = new URL(location.href);
      for (const name of names) if (filter.elements[name].value) address.searchParams.set(name, filter.elements[name].value); else address.searchParams.delete(name);
      history.replaceState(history.state, "", address);
    };
    // A claim that an address names is shown, whatever the filter.
    const reveal = () => {
      const row = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (!row?.hidden && !row?.closest?.("section[hidden]")) return;
      filter.reset();
      for (const name of names) filter.elements[name].value = "";
      apply();
      row.scrollIntoView();
    };
    filter.hidden = false;
    filter.addEventListener("input", () => { apply(); keep(); });
    filter.addEventListener("submit", (event) => event.preventDefault());
    addEventListener("pageshow", () => { recall(); apply(); reveal(); }); // after the browser has restored the form
    addEventListener("hashchange", reveal);
    recall();
    apply();
  }
})();
