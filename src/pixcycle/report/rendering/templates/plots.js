// Curves with hover, zoom and smoothing, drawn by uPlot in place of the figure's image.
{
  const COLOURS = 3, HEIGHT = 230, MANY = 20, SMOOTHING = 0.8;
  const BUTTONS = [["+", "Zoom in", 0.5], ["−", "Zoom out", 2], ["All", "Show all epochs", Infinity]];

  const probe = document.body.appendChild(element("span", { hidden: true }));
  /** Return a colour of the current theme in a form that a canvas accepts. */
  const css = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const shown = (value) => (value == null ? "–" : Number(value.toPrecision(4)).toString());

  /** Return the exponential moving average after each point: sum of decay^i x[t - i] over the sum of decay^i. */
  const smoothed = (values, decay) => {
    let sum = 0, weight = 0;
    return values.map((value) => {
      [sum, weight] = [sum * decay + (value ?? 0), weight * decay + (value != null)];
      return value == null ? null : sum / weight;
    });
  };

  /** Join all lines over their epochs, with four series per line: smoothed, mean, least, greatest. */
  const table = (plot, decay) =>
    uPlot.join(plot.lines.map(({ x, mean, least, greatest }) => [x, smoothed(mean, decay), mean, least, greatest]));

  /** Return the index of a line's own point that is nearest to a point of the joined lines. */
  const nearest = ({ data }, series, place) => {
    const own = data[series].flatMap((value, found) => (value == null ? [] : [found]));
    const nearer = (best, found) => (Math.abs(found - place) < Math.abs(best - place) ? found : best);
    return own.reduce(nearer, own[0] ?? place);
  };

  const options = (holder, plot, key, decay) => {
    const font = `12px ${getComputedStyle(holder).fontFamily}`;
    const grid = { stroke: () => css("--rule"), width: 1 };
    const axis = { font, labelFont: font, labelSize: 22, stroke: () => css("--muted"), grid, ticks: { show: false } };
    const series = [{ label: "epoch", value: (u, value) => shown(value) }];
    const bands = [];
    for (const [i, { label, each, x }] of plot.lines.entries()) {
      const light = () => css(`--band-${(i % COLOURS) + 1}`);
      const rim = { class: "unnamed", width: 0.6, stroke: light, points: { show: false } };
      const value = (u, average, at, place) => {
        if (place == null) return "–";
        const [mean, least, greatest] = [1, 2, 3].map((next) => shown(u.data[at + next][place]));
        const told = each > 1 ? `mean ${mean}, from ${least} to ${greatest}` : mean;
        return decay() ? `${shown(average)} (${told})` : told;
      };
      const dash = Math.floor(i / COLOURS) % 2 ? [8, 3] : undefined;
      const points = { show: x.length <= MANY };
      const strong = { width: 2, stroke: () => css(`--line-${(i % COLOURS) + 1}`), dash, points };
      bands.push({ series: [series.length + 3, series.length + 2], fill: light });
      series.push({ ...strong, label: label || plot.y, value }, { ...rim, show: false }, rim, rim);
    }
    return {
      title: plot.title, width: holder.clientWidth, height: HEIGHT, series, bands,
      scales: { x: { time: false } },
      axes: [{ ...axis, label: "epoch", size: 34 }, { ...axis, label: plot.y, size: 56 }],
      cursor: { sync: { key }, dataIdx: nearest, y: false },
    };
  };

  /** Draw a figure's panels and the controls that act on all of them. */
  const open = (id, plots) => {
    const figure = document.getElementById(id);
    const lines = plots.flatMap((plot) => plot.lines);
    const many = lines.some(({ x }) => x.length > MANY);
    const each = Math.max(...lines.map((line) => line.each));
    const slider = element("input", { type: "range", min: 0, max: 0.99, step: 0.01, value: many ? SMOOTHING : 0 });
    const value = element("output", { value: slider.value });
    const controls = element("div", { className: "bar" });
    const holders = plots.map(({ title, y }) => {
      const ariaLabel = `${title || y}: arrow keys read the values`;
      return element("div", { className: "panel", tabIndex: 0, role: "group", ariaLabel });
    });
    const grid = element("div", { className: "plots" }, ...holders);
    figure.classList.add("plotted");
    figure.querySelector(".scroll").after(controls, grid);

    const decay = () => +slider.value;
    const draw = (plot, i) => new uPlot(options(holders[i], plot, id, decay), table(plot, decay()), holders[i]);
    let charts = plots.map(draw);
    document.addEventListener("recoloured", () => {
      for (const chart of charts) chart.destroy();
      charts = plots.map(draw);
    });
    new ResizeObserver(() => {
      for (const [i, chart] of charts.entries()) chart.setSize({ width: holders[i].clientWidth, height: HEIGHT });
    }).observe(grid);

    if (many) {
      controls.append(element("label", {}, "Smoothing ", slider, " ", value));
      const points = each > 1 ? `means of up to ${each} logged steps, between least and greatest` : "logged steps";
      const said = `Strong: exponential moving average of ${points}. Drag to zoom, double click for all.`;
      grid.after(element("p", { className: "note screen" }, said));
    }
    slider.addEventListener("input", () => {
      value.value = slider.value;
      for (const [i, chart] of charts.entries()) {
        chart.setData(table(plots[i], decay()), false);
        chart.redraw();
      }
    });
    const zoom = (factor) => {
      for (const chart of charts) {
        const { data: [epochs], scales: { x } } = chart;
        const [middle, half] = [(x.min + x.max) / 2, ((x.max - x.min) / 2) * factor];
        chart.setScale("x", { min: Math.max(epochs[0], middle - half), max: Math.min(epochs.at(-1), middle + half) });
      }
    };
    for (const [textContent, ariaLabel, factor] of BUTTONS) {
      controls.append(element("button", { type: "button", textContent, ariaLabel, onclick: () => zoom(factor) }));
    }
    grid.addEventListener("keydown", (event) => {
      const chart = charts[holders.indexOf(event.target)];
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!chart || !by) return;
      event.preventDefault();
      const [epochs] = chart.data;
      const place = Math.min(epochs.length - 1, Math.max(0, chart.cursor.idx == null ? 0 : chart.cursor.idx + by));
      chart.setCursor({ left: chart.valToPos(epochs[place], "x"), top: 1 });
    });
  };

  for (const [id, { plots }] of Object.entries(OPENED)) if (plots.length) open(id, plots);
}
