/* Notes of origin: keep them on the screen, open them on tap, close them with Escape.
   Without this script they still open on hover and focus, and the number still links. */
(() => {
  // Landmarks of the theme, named for screen readers.
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Contents of the book");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "Contents of this page");

  const place = (number) => {
    const note = number.querySelector(":scope > .note");
    if (!note) return;
    number.classList.remove("dismissed");
    note.style.setProperty("--shift", "0px");
    const box = note.getBoundingClientRect();
    const room = document.documentElement.clientWidth - 8;
    const shift = box.left < 8 ? 8 - box.left : box.right > room ? room - box.right : 0;
    note.style.setProperty("--shift", `${shift}px`);
  };
  const numbers = () => document.querySelectorAll(".number");
  for (const number of numbers()) {
    number.addEventListener("pointerenter", () => place(number));
    number.addEventListener("focusin", () => place(number));
    // On touch the first tap opens the note, the next one follows the link.
    number.addEventListener("click", (event) => {
      const note = number.querySelector(":scope > .note");
      if (note && matchMedia("(hover: none)").matches && number.dataset.open !== "yes") {
        event.preventDefault();
        for (const other of numbers()) delete other.dataset.open;
        number.dataset.open = "yes";
        number.querySelector("a, mark")?.focus();
        place(number);
      }
    });
    number.addEventListener("focusout", () => delete number.dataset.open);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const number of document.querySelectorAll(".number:hover, .number:focus-within")) number.classList.add("dismissed");
  });

  // Interactive charts: the library and the chart are loaded when a reader asks for them.
  const loaded = {};
  const root = document.documentElement.dataset.content_root ?? "./";
  const load = (path) => loaded[path] ??= new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), { src: root + path, onload: done, onerror: failed });
    document.head.append(script);
  });
  for (const button of document.querySelectorAll("button.explore:not([data-exploring])")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      const chart = button.closest(".chart-bar").previousElementSibling;
      const name = `${button.dataset.chart}-${chart.clientWidth >= 600 ? 680 : 340}`;
      await Promise.all([load("_static/vega.js"), load(`_static/charts/${name}.js`)]);
      const place = document.createElement("div");
      place.className = "interactive";
      const still = [...chart.children];
      chart.replaceChildren(place);
      await window.bookEmbed(place, window.bookCharts[name], { actions: false, renderer: "svg" });
      place.querySelector("svg")?.setAttribute("role", "img");
      place.querySelector("svg")?.setAttribute("aria-label", still[0].getAttribute("aria-label"));
      place.querySelector("input, select")?.focus();
      button.disabled = false;
      button.hidden = true;
    });
  }
})();
