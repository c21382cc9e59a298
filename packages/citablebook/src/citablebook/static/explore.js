/* Charts that a reader may change. The still picture stays until the interactive one is
   drawn, and comes back on demand; library and chart are loaded when a reader asks. */
(() => {
  const root = document.documentElement.dataset.content_root ?? "./";
  const loaded = {};
  const load = (path) => loaded[path] ??= new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), { src: root + path, onload: done, onerror: failed });
    document.head.append(script);
  });

  for (const button of document.querySelectorAll("button.explore[data-exploring]")) {
    const name = button.dataset.chart;
    const chart = document.querySelector(`.chart[data-chart="${CSS.escape(name)}"]`);
    const form = chart.parentElement.querySelector(`form.chart-controls[data-chart="${CSS.escape(name)}"]`);
    const status = form.nextElementSibling;
    const controls = [...form.querySelectorAll("[data-param]")];
    const place = Object.assign(document.createElement("div"), { className: "interactive", hidden: true });
    let view, width;

    const columnWidth = () => (chart.clientWidth >= 600 ? 680 : 340);
    const chosen = (control) => control.type === "checkbox" ? control.checked : JSON.parse(control.value);
    const counts = (control) => control.type !== "radio" || control.checked;

    // The text alternative follows what is shown: the chart's own, or what was chosen.
    const describe = () => {
      const own = "alternative" in view.getState({ signals: (signal) => signal === "alternative" }).signals;
      const words = own ? view.signal("alternative") : controls.filter(counts).map((control) => {
        const group = control.closest("fieldset")?.querySelector("legend") ?? control.closest("label").firstChild;
        return `${group.textContent.trim()}: ${control.selectedOptions?.[0].textContent ?? chosen(control)}`;
      }).join("; ");
      const drawing = place.querySelector("svg");
      drawing.setAttribute("role", "img");
      drawing.setAttribute("aria-label", words);
      status.textContent = words;
    };
    const apply = async () => {
      for (const control of controls.filter(counts)) view.signal(control.dataset.param, chosen(control));
      await view.runAsync();
      describe();
    };
    const draw = async () => {
      width = columnWidth();
      view?.finalize();
      ({ view } = await window.bookEmbed(place, window.bookCharts[name][width], { actions: false, renderer: "svg" }));
      await apply();
    };
    const show = (exploring) => {
      button.dataset.exploring = exploring ? "yes" : "no";
      chart.classList.toggle("exploring", exploring);
      place.hidden = form.hidden = status.hidden = !exploring;
    };

    button.hidden = false;
    button.addEventListener("click", async () => {
      if (button.dataset.exploring === "yes") {
        form.reset();
        for (const output of form.querySelectorAll("output")) output.value = output.defaultValue;
        return show(false);
      }
      await Promise.all([load("_static/vega.js"), load(`_static/charts/${name}.js`)]);
      chart.append(place);
      place.hidden = false; // it has to have a size to be drawn
      await draw();
      show(true);
      controls[0].focus();
    });
    form.addEventListener("input", async (event) => {
      if (event.target.nextElementSibling?.tagName === "OUTPUT") event.target.nextElementSibling.value = event.target.value;
      await apply();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    new ResizeObserver(() => {
      if (button.dataset.exploring === "yes" && columnWidth() !== width) draw();
    }).observe(chart);
  }
})();
