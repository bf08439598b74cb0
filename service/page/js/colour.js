/** Numbers as shades. Canvases know no CSS variables, so the current theme's colours are read when it changes. */

import { byId } from "./dom.js";

const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
let theme = readTheme();
document.addEventListener("themechange", () => { theme = readTheme(); });

function readTheme() {
  return { paper: resolve("--surface"), ink: resolve("--ink"), plus: resolve("--plus"), minus: resolve("--minus"),
    accent: resolve("--accent"), muted: resolve("--muted"), line: resolve("--line") };
}

/** The red, green and blue of a CSS variable, which may itself depend on the theme. */
function resolve(name) {
  const sample = byId("top");
  sample.style.color = `var(${name})`;
  probe.fillStyle = getComputedStyle(sample).color;
  sample.style.color = "";
  probe.clearRect(0, 0, 1, 1);
  probe.fillRect(0, 0, 1, 1);
  return [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

const mix = (from, to, share) => from.map((value, i) => Math.round(value + (to[i] - value) * share));

/** From paper to ink: how active a neuron is, 0 to 1. */
export function grey(share) {
  return mix(theme.paper, theme.ink, Math.max(0, Math.min(1, share)));
}

/** From orange through paper to blue: −1 to 1. The root makes small values visible beside large ones. */
export function diverging(share) {
  const strength = Math.sqrt(Math.min(1, Math.abs(share)));
  return mix(theme.paper, share < 0 ? theme.minus : theme.plus, strength);
}

/** A colour of the theme, by its name here, or red, green and blue, as CSS. */
export function css(colour) {
  const [r, g, b] = typeof colour === "string" ? theme[colour] : colour;
  return `rgb(${r} ${g} ${b})`;
}

/** The greatest absolute value, and 0 for nothing. */
export function largest(values) {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

/**
 * Paint numbers as squares, row by row, one canvas pixel each; CSS scales them up sharply.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {number} columns
 * @param {(value: number) => number[]} shade
 */
export function paint(canvas, values, columns, shade) {
  const rows = Math.ceil(values.length / columns);
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let i = 0; i < values.length; i++) {
    const [r, g, b] = shade(values[i]);
    image.data.set([r, g, b, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

/** Paint signed numbers, blue up and orange down, relative to the greatest. */
export function paintSigned(canvas, values, columns) {
  const most = largest(values) || 1;
  paint(canvas, values, columns, (value) => diverging(value / most));
}

/** Paint activations, relative to the greatest. */
export function paintActivations(canvas, values, columns) {
  const most = largest(values) || 1;
  paint(canvas, values, columns, (value) => (value < 0 ? diverging(value / most) : grey(value / most)));
}
