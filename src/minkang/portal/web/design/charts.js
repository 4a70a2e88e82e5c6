// Charts by one theme, from the JSON beside them; colours are those of the style sheet.
"use strict";
(() => {
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(`--${name}`).trim();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const drawn = new Map();

  function theme() {
    const text = { color: colour("second"), fontFamily: css.fontFamily, fontSize: 12 };
    return { ink: colour("ink"), second: colour("second"), line: colour("line"), edge: colour("edge"), accent: colour("accent"),
      target: colour("target"), ground: colour("surface"), text,
      others: [colour("edge"), colour("met"), colour("at-risk"), colour("second")] };
  }

  function option(data, look, today) {
    const few = data.series.length <= 4, flat = data.lying;
    const place = { type: "category", data: data.places, axisLine: { lineStyle: { color: look.edge } }, axisTick: { show: false },
      axisLabel: { ...look.text, hideOverlap: true }, inverse: flat, boundaryGap: data.series.some((one) => one.kind === "bar") };
    const bars = data.series.some((one) => one.kind === "bar");
    const value = { type: "value", scale: !bars, axisLabel: look.text, splitLine: { lineStyle: { color: look.line } }, splitNumber: 4 };
    let other = 0;
    const series = data.series.map((one, number) => {
      const own = one.own ? look.accent : look.others[other++ % look.others.length];
      const made = { name: one.name, type: one.kind === "bar" ? "bar" : "line", data: one.values, color: own, connectNulls: false, symbol: "circle", symbolSize: 4,
        lineStyle: { width: one.kind === "ahead" ? 1.5 : 2, opacity: one.kind === "ahead" ? 0.55 : 1 }, barMaxWidth: 20, itemStyle: one.kind === "ahead" ? { opacity: 0.55 } : {},
        endLabel: few && one.kind !== "bar" && data.series.length > 1 ? { show: true, formatter: "{a}", color: look.ink, fontSize: 12, fontFamily: look.text.fontFamily } : undefined };
      if (number === 0) made.markLine = marks(data, look, today, flat);
      return made;
    });
    if (data.band) series.push(...band(data.band, look));
    return { animation: !still, animationDuration: 120, textStyle: look.text,
      grid: { left: 8, right: few && data.series.length > 1 && !bars ? 96 : 56, top: 24, bottom: few && !(bars && data.series.length > 1) ? 8 : 40, containLabel: true },
      legend: few && !(bars && data.series.length > 1) ? undefined : { bottom: 0, textStyle: look.text, data: data.series.map((one) => one.name) },
      tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: look.ground, borderColor: look.edge, textStyle: { color: look.ink, fontSize: 12 } },
      xAxis: flat ? value : place, yAxis: flat ? place : value, series };
  }

  function marks(data, look, today, flat) {
    const lines = [];
    if (data.target !== null) lines.push({ [flat ? "xAxis" : "yAxis"]: data.target, label: { formatter: `${data.target_name} ${data.target}`, color: look.target, position: flat ? "start" : "insideStartTop" }, lineStyle: { color: look.target, type: "dashed" } });
    if (data.today) lines.push({ xAxis: data.today, label: { formatter: today, color: look.second, position: "end" }, lineStyle: { color: look.edge, type: "solid" } });
    return { symbol: "none", silent: true, animation: false, data: lines };
  }

  function band(held, look) {
    const made = { type: "line", stack: "band", symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false } };
    const reach = held.high.map((high, number) => (high === null || held.low[number] === null ? null : high - held.low[number]));
    return [{ ...made, name: held.name, data: held.low, color: look.accent }, { ...made, name: held.name, data: reach, color: look.accent, areaStyle: { color: look.accent, opacity: 0.14 } }];
  }

  function draw(figure) {
    if (!window.echarts) return;
    const canvas = figure.querySelector(".canvas");
    const data = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
    const chart = drawn.get(figure) ?? echarts.init(canvas, null, { renderer: "canvas" });
    drawn.set(figure, chart);
    chart.setOption(option(data, theme(), canvas.dataset.today), true);
  }

  function save(name, address) {
    const link = document.createElement("a");
    link.href = address; link.download = name; link.click();
  }

  const acts = {
    table: (figure) => { const table = figure.querySelector("details"); table.open = !table.open; if (table.open) table.querySelector(".chart-table").focus(); },
    png: (figure) => save(`${figure.dataset.chart}.png`, drawn.get(figure)?.getDataURL({ pixelRatio: 2, backgroundColor: colour("surface") })),
    csv: (figure) => {
      const rows = [...figure.querySelectorAll("table tr")].map((row) => [...row.children].map((cell) => `"${cell.textContent.replaceAll('"', '""')}"`).join(","));
      save(`${figure.dataset.chart}.csv`, URL.createObjectURL(new Blob(["\ufeff" + rows.join("\r\n")], { type: "text/csv" })));
    },
  };

  function start(part) { for (const figure of part.querySelectorAll("[data-chart]")) draw(figure); }
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-act]");
    if (button) acts[button.dataset.act](button.closest("[data-chart]"));
  });
  document.addEventListener("keydown", (event) => {
    const figure = event.target.closest?.("[data-chart]");
    if (figure && event.key.toLowerCase() === "t" && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); acts.table(figure); }
  });
  addEventListener("resize", () => { for (const chart of drawn.values()) chart.resize(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => start(document));
  document.addEventListener("htmx:afterSwap", (event) => start(event.detail.target));
  start(document);
})();
