/** A learning curve that grows. uPlot is loaded when the first one is needed. */

import { css } from "./colour.js";
import { el } from "./dom.js";

const HEIGHT = 190;

export class Curve {
  /**
   * @param {string} title @param {string} colour a name of the theme @param {(value: number) => string} format
   * @param {AbortSignal} gone aborted when the curve is shown no more
   */
  constructor(title, colour, format, gone) {
    this.colour = colour;
    this.format = format;
    this.points = new Map(); // epochs → value; a replayed event changes nothing
    this.place = el("div", { role: "img", "aria-label": title });
    this.title = title;
    this.figure = el("figure", {}, el("figcaption", { textContent: title }), this.place);
    document.addEventListener("themechange", () => this.#rebuild(), { signal: gone });
    new ResizeObserver(() => this.plot?.setSize({ width: this.place.clientWidth, height: HEIGHT })).observe(this.place);
  }

  /** Add a point; null means that nothing was measured yet. */
  add(epochs, value, last) {
    if (value === null || value === undefined) return;
    this.points.set(epochs, value);
    this.last = last;
    const first = this.points.values().next().value;
    this.place.setAttribute("aria-label", `${this.title}: from ${this.format(first)} to ${this.format(value)} after ${epochs.toFixed(1)} epochs`);
    this.#draw();
  }

  #data() {
    const sorted = [...this.points].sort(([a], [b]) => a - b);
    return [sorted.map(([x]) => x), sorted.map(([, y]) => y)];
  }

  async #draw() {
    this.loading ??= import("../vendor/uplot/uPlot.esm.js");
    const { default: UPlot } = await this.loading;
    if (this.plot) this.plot.setData(this.#data());
    else if (this.place.clientWidth) this.plot = new UPlot(this.#options(), this.#data(), this.place);
  }

  #rebuild() {
    this.plot?.destroy();
    this.plot = null;
    if (this.points.size) this.#draw();
  }

  #options() {
    const axis = { stroke: css("muted"), grid: { stroke: css("line"), width: 1 }, ticks: { stroke: css("line"), width: 1 }, font: "11px sans-serif" };
    return {
      width: this.place.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false } },
      scales: { x: { time: false, range: () => [0, this.last] }, y: { range: (_, low, high) => [0, Math.max(high * 1.08, 1e-6)] } },
      axes: [{ ...axis, label: "epoch", labelSize: 18, labelFont: "11px sans-serif", size: 30, incrs: [1, 2, 5, 10, 20, 50, 100] },
        { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => this.format(tick)) }],
      series: [{}, { stroke: css(this.colour), width: 2, points: { show: this.points.size < 40, size: 6, fill: css(this.colour) } }],
    };
  }
}
