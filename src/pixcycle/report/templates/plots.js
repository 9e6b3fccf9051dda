// Curves to hover over, zoom into and smooth, drawn by uPlot in place of the figure's picture.
{
  const COLOURS = 3, LOOKS = 6, HEIGHT = 230, MANY = 20, SMOOTHING = 0.8;
  const probe = document.body.appendChild(element("span", { hidden: true }));
  const css = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;   // of the theme that is on
  };
  const shown = (value) => (value == null ? "–" : Number(value.toPrecision(4)).toString());

  /** The exponential moving average after each point: sum of decay^i x[t - i] over the sum of decay^i. */
  const smoothed = (values, decay) => {
    let sum = 0, weight = 0;
    return values.map((value) => {
      [sum, weight] = [sum * decay + (value ?? 0), weight * decay + (value != null)];
      return value == null ? null : sum / weight;
    });
  };

  const tables = (plot, decay) =>
    uPlot.join(plot.lines.map(({ x, mean, least, greatest }) => [x, smoothed(mean, decay), mean, least, greatest]));

  /** The place of a line's own point that is nearest to one of all lines. */
  const nearest = (u, series, place) => {
    const values = u.data[series];
    for (let by = 0; by < values.length; by++) {
      for (const found of [place - by, place + by]) if (values[found] !== undefined && values[found] !== null) return found;
    }
    return place;
  };

  const told = ({ each }, decay) => (u, value, series, place) => {
    if (place == null) return "–";
    const [mean, least, greatest] = [1, 2, 3].map((next) => shown(u.data[series + next][place]));
    const range = each > 1 ? `mean ${mean}, from ${least} to ${greatest}` : mean;
    return decay() ? `${shown(value)} (${range})` : range;
  };

  const seriesOf = (plot, decay) =>
    plot.lines.flatMap((line, i) => {
      const stroke = () => css(`--line-${(i % COLOURS) + 1}`);
      const dash = i % LOOKS >= COLOURS ? [8, 3] : undefined;
      const hidden = { class: "unnamed", width: 0.6, stroke: () => css(`--band-${(i % COLOURS) + 1}`), points: { show: false } };
      const points = { show: line.x.length <= MANY };
      return [
        { label: line.label || plot.y, stroke, dash, width: 2, points, value: told(line, decay) },
        { ...hidden, show: false }, hidden, hidden,
      ];
    });

  const drawn = (holder, plot, key, decay) => {
    const font = `12px ${getComputedStyle(holder).fontFamily}`;
    const axis = { font, labelFont: font, stroke: () => css("--muted"), grid: { stroke: () => css("--rule"), width: 1 }, ticks: { show: false } };
    const bands = plot.lines.map((_, i) => {
      return { series: [4 * i + 4, 4 * i + 3], fill: () => css(`--band-${(i % COLOURS) + 1}`) };
    });
    const options = {
      width: holder.clientWidth, height: HEIGHT, bands,
      scales: { x: { time: false } },
      axes: [{ ...axis, label: "epoch", labelSize: 22, size: 34 }, { ...axis, label: plot.y, labelSize: 22, size: 56 }],
      cursor: { sync: { key }, dataIdx: nearest, y: false },
      series: [{ label: "epoch", value: (u, value) => shown(value) }, ...seriesOf(plot, decay)],
    };
    return new uPlot(options, tables(plot, decay()), holder);
  };

  /** A figure's panels, and what is done to all of them at once. */
  const open = (id, plots) => {
    const figure = document.getElementById(id);
    const slider = element("input", { type: "range", min: 0, max: 0.99, step: 0.01, value: SMOOTHING });
    const value = element("output", { value: SMOOTHING });
    const longest = Math.max(...plots.flatMap(({ lines }) => lines.map(({ x }) => x.length)));
    const decay = () => (longest > MANY ? +slider.value : 0);
    const each = Math.max(...plots.flatMap(({ lines }) => lines.map((line) => line.each)));
    const controls = element("div", { className: "bar" });
    const holders = plots.map((plot) => {
      const title = element("p", { className: "title", textContent: plot.title });
      const chart = element("div", { tabIndex: 0, role: "group", ariaLabel: `${plot.title || plot.y}: arrow keys read the values` });
      return element("div", { className: "panel" }, title, chart);
    });
    figure.classList.add("plotted");
    figure.querySelector(".scroll").after(controls, element("div", { className: "plots" }, ...holders));
    let charts = [];
    const build = () => {
      for (const chart of charts) chart.destroy();
      charts = plots.map((plot, i) => drawn(holders[i].lastElementChild, plot, id, decay));
    };

    if (longest > MANY) {
      controls.append(element("label", {}, "Smoothing ", slider, " ", value));
      slider.addEventListener("input", () => {
        value.value = slider.value;
        for (const [i, chart] of charts.entries()) {
          chart.setData(tables(plots[i], decay()), false);
          chart.redraw();
        }
      });
      const band = each > 1 ? `Each point is the mean of up to ${each} logged steps, its band runs from the least to the greatest` : "Light: each logged step";
      const note = `${band}; strong: an exponential moving average with this decay. Drag to zoom, double click for all.`;
      figure.querySelector(".plots").after(element("p", { className: "note screen", textContent: note }));
    }
    const zoom = (factor) => {
      for (const chart of charts) {
        const { min, max } = chart.scales.x;
        const [middle, half] = [(min + max) / 2, ((max - min) / 2) * factor];
        const [first, last] = [chart.data[0][0], chart.data[0].at(-1)];
        chart.setScale("x", { min: Math.max(first, middle - half), max: Math.min(last, middle + half) });
      }
    };
    for (const [text, ariaLabel, factor] of [["+", "Zoom in", 0.5], ["−", "Zoom out", 2], ["All", "Show all epochs", Infinity]]) {
      const button = element("button", { type: "button", textContent: text, ariaLabel });
      button.addEventListener("click", () => zoom(factor));
      controls.append(button);
    }
    for (const [i, { lastElementChild: chart }] of holders.entries()) {
      chart.addEventListener("keydown", (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!by) return;
        event.preventDefault();
        const { data, cursor } = charts[i];
        const place = Math.min(data[0].length - 1, Math.max(0, cursor.idx == null ? 0 : cursor.idx + by));
        charts[i].setCursor({ left: charts[i].valToPos(data[0][place], "x"), top: 1 });
      });
    }

    build();
    document.addEventListener("recoloured", build);
    new ResizeObserver(() => {
      for (const [i, chart] of charts.entries()) chart.setSize({ width: holders[i].lastElementChild.clientWidth, height: HEIGHT });
    }).observe(figure);
  };

  for (const [id, { plots }] of Object.entries(OPENED)) if (plots.length) open(id, plots);
}
