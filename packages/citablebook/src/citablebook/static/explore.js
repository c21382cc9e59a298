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
    // Beside a slider stands its value.
    const said = (control) => {
      const beside = control.closest("label").nextElementSibling;
      if (beside?.tagName === "OUTPUT") beside.value = control.value;
    };
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
      ({ view } = await window.bookEmbed(place, window.bookCharts[name][width], { actions: false, renderer: "svg", ast: true }));
      await apply();
    };
    // What is chosen stands in the address, so that it can be shared and comes back.
    const defaults = new Map(controls.map((control) => [control, control.type === "radio" || control.type === "checkbox" ? control.defaultChecked : control.value]));
    const keep = (exploring) => {
      const address = new URL(location.href);
      for (const control of controls.filter(counts)) {
        const key = `${name}.${control.dataset.param}`;
        const own = control.type === "radio" || control.type === "checkbox" ? control.checked : control.value;
        if (exploring && own !== defaults.get(control)) address.searchParams.set(key, chosen(control)); else address.searchParams.delete(key);
      }
      history.replaceState(history.state, "", address);
    };
    const recall = () => {
      const asked = new URLSearchParams(location.search);
      let found = false;
      for (const control of controls) {
        const value = asked.get(`${name}.${control.dataset.param}`);
        if (value === null) continue;
        if (control.type === "checkbox") control.checked = value === "true";
        else if (control.type === "radio") control.checked = String(chosen(control)) === value;
        else control.value = control.tagName === "SELECT" ? [...control.options].find((option) => String(JSON.parse(option.value)) === value)?.value ?? control.value : value;
        said(control);
        found = true;
      }
      return found;
    };
    const show = (exploring) => {
      button.dataset.exploring = exploring ? "yes" : "no";
      chart.classList.toggle("exploring", exploring);
      place.hidden = form.hidden = status.hidden = !exploring;
    };

    button.hidden = false;
    const start = async () => {
      await Promise.all([load("_static/vega.js"), load(`_static/charts/${name}.js`)]);
      chart.append(place);
      place.hidden = false; // it has to have a size to be drawn
      await draw();
      show(true);
    };
    button.addEventListener("click", async () => {
      if (button.dataset.exploring === "yes") {
        form.reset();
        for (const output of form.querySelectorAll("output")) output.value = output.defaultValue;
        keep(false);
        return show(false);
      }
      await start();
      controls[0].focus();
    });
    form.addEventListener("input", async (event) => {
      said(event.target);
      if (button.dataset.exploring === "yes") await apply(); else await start();
      keep(true);
    });
    if (recall()) start();
    form.addEventListener("submit", (event) => event.preventDefault());
    new ResizeObserver(() => {
      if (button.dataset.exploring === "yes" && columnWidth() !== width) draw();
    }).observe(chart);
  }
})();
