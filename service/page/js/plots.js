/** Two small scatter plots as SVG; the curves of a training are uPlot's. */

import { svg } from "./dom.js";
import { number } from "./format.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [320, 160, 46, 34];

function frame(description, xName, yName) {
  const plot = svg("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": description });
  plot.append(line(LEFT, HEIGHT - BOTTOM, WIDTH, HEIGHT - BOTTOM), line(LEFT, 6, LEFT, HEIGHT - BOTTOM),
    words((LEFT + WIDTH) / 2, HEIGHT - 4, xName, "middle"), words(LEFT + 6, 14, yName, "start"));
  return plot;
}

const line = (x1, y1, x2, y2, name = "axis") => svg("line", { class: name, x1, y1, x2, y2 });

function words(x, y, text, anchor) {
  const element = svg("text", { x, y, "text-anchor": anchor });
  element.textContent = text;
  return element;
}

/**
 * Change of a weight over the activation it carries: the weights of one output lie on a line through zero.
 * @param {{x: number, y: number, to: number}[]} points
 */
export function changePlot(points) {
  const plot = frame("The change of each weight over the activation it carries: straight lines through zero, one for each output",
    "activation carried", "change");
  const right = Math.max(...points.map((p) => p.x), 1e-9) * 1.06;
  const low = Math.min(0, ...points.map((p) => p.y)) * 1.15;
  const high = Math.max(0, ...points.map((p) => p.y)) * 1.15 || 1e-9;
  const px = (x) => LEFT + (x / right) * (WIDTH - LEFT);
  const py = (y) => 22 + ((high - y) / (high - low || 1)) * (HEIGHT - BOTTOM - 22);
  for (const to of new Set(points.map((p) => p.to))) {
    const mine = points.filter((p) => p.to === to);
    const far = mine.reduce((best, p) => (p.x > best.x ? p : best));
    plot.append(line(px(0), py(0), px(far.x), py(far.y), "before"), words(Math.min(px(far.x), WIDTH - 8), py(far.y) - 8, `to ${to}`, "end"));
    for (const p of mine) plot.append(svg("circle", { class: `dot ${p.y > 0 ? "up" : "down"}`, cx: px(p.x), cy: py(p.y), r: 4 }));
  }
  plot.append(words(LEFT - 6, py(0) + 4, "0", "end"), words(LEFT - 6, py(high / 1.15) + 4, high > 1e-8 ? number(high / 1.15) : "", "end"));
  if (low < 0) plot.append(words(LEFT - 6, py(low / 1.15) + 4, number(low / 1.15), "end"));
  return plot;
}

/**
 * Loss after the step over the learning rate, for the rates tried so far.
 * @param {{x: number, y: number}[]} tried
 * @param {number} before the loss without a step
 * @param {number} rate the one in force
 */
export function ratePlot(tried, before, rate) {
  const plot = frame(`Loss after the step for ${tried.length} learning rates tried; before it is ${number(before)}`, "learning rate", "loss after");
  const top = Math.max(before, ...tried.map((p) => p.y), 1e-9) * 1.25;
  const px = (x) => LEFT + 8 + ((Math.log10(x) + 4) / 5) * (WIDTH - LEFT - 16);
  const py = (y) => HEIGHT - BOTTOM - (y / top) * (HEIGHT - BOTTOM - 8);
  plot.append(line(LEFT, py(before), WIDTH, py(before), "before"), words(WIDTH, py(before) - 5, "before", "end"), words(LEFT - 6, py(before) + 4, number(before), "end"));
  for (const x of [0.0001, 0.001, 0.01, 0.1, 1, 10]) plot.append(words(px(x), HEIGHT - BOTTOM + 12, String(x), "middle"));
  for (const p of tried) plot.append(svg("circle", { class: p.x === rate ? "now" : "tried", cx: px(p.x), cy: py(p.y), r: p.x === rate ? 5.5 : 3.5 }));
  return plot;
}
