/**
 * The network as a drawing: the picture on the left, columns of neurons, ten outputs on the right, and between them
 * the connections that carry most. Large layers are sampled; whoever reads the drawing is told so.
 *
 * Elements are made once for a shape and a width and then only changed, so drawing stays fluent and the focus stays.
 */

import { css, diverging, grey, largest, paintActivations } from "./colour.js";
import { svg } from "./dom.js";
import { count, number, percent } from "./format.js";
import { layerName } from "./layers.js";
import { contributions } from "./weights.js";

const EDGES = 70; // drawn between two columns

export class Diagram {
  /** @param {HTMLElement} place @param {(neuron: {layer: number, index: number} | null, firm: boolean) => void} onChoose */
  constructor(place, onChoose) {
    this.place = place;
    this.onChoose = onChoose;
    this.shape = "";
    this.picture = document.createElement("canvas");
  }

  /**
   * Draw one reading.
   * @param {number[][]} layers activations, the picture first
   * @param {object[] | null} network the layers with their weights, once they are loaded
   * @param {{slots: number[][], neuron: {layer: number, index: number} | null, blank: boolean}} view which neurons are
   *   drawn, which is chosen, and whether there is no picture: then no activation is told and no output is the greatest
   */
  show(layers, network, { slots, neuron, blank }) {
    this.slots = slots;
    this.blank = blank;
    this.#build(layers);
    paintActivations(this.picture, layers[0], 28);
    this.image.setAttribute("href", this.picture.toDataURL());
    layers.forEach((activations, layer) => layer > 0 && this.#shadeColumn(layer, activations, neuron, layer === layers.length - 1));
    for (let layer = 1; layer < layers.length; layer++) this.#drawEdges(layer, layers, network?.[layer - 1], neuron);
  }

  #build(layers) {
    const width = Math.round(this.place.clientWidth);
    const shape = `${width} ${layers.map((l) => l.length)} ${this.slots.map((s) => s.length)}`;
    if (shape === this.shape) return;
    this.shape = shape;
    const wide = width > 560; // a phone has no room for words beside the neurons; the bars above say the same
    const height = wide ? 400 : 330;
    const side = Math.min(184, Math.round(width * 0.26));
    this.input = { x: 1, y: (height - side) / 2 + 10, side };
    this.root = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "group", "aria-label": "The network" });
    this.image = svg("image", { ...this.input, width: side, height: side });
    const frame = svg("rect", { class: "frame", ...this.input, width: side, height: side, rx: 4 });
    this.root.append(this.image, frame, caption(this.input.x + side / 2, this.input.y - 10, "784 pixels"));
    const last = layers.length - 1;
    const outX = width - (wide ? 88 : 28);
    const firstX = last > 1 ? side + (outX - side) / last : outX;
    const place = (layer) => (layer === last ? outX : firstX + ((outX - firstX) * (layer - 1)) / Math.max(1, last - 1));
    this.edges = layers.slice(1).map(() => this.#pool());
    this.columns = layers.slice(1).map((activations, i) => this.#column(i + 1, place(i + 1), height, { size: activations.length, isOutput: i + 1 === last, wide }));
    this.place.replaceChildren(this.root);
  }

  #pool() {
    const paths = Array.from({ length: EDGES }, () => svg("path", { class: "edge" }));
    this.root.append(svg("g", { "aria-hidden": "true" }, ...paths));
    return paths;
  }

  #column(layer, x, height, { size, isOutput, wide }) {
    const n = this.slots[layer].length;
    const space = (height - 34) / n;
    const radius = Math.min(10, space * 0.4);
    const dots = this.slots[layer].map((_, slot) => this.#dot(layer, slot, x, 34 + space * (slot + 0.5), radius));
    const words = n < size ? `${n} of ${count(size)}` : isOutput ? "10 outputs" : `${size} neurons`;
    this.root.append(caption(x, 16, wide ? words : count(size)));
    const labels = isOutput ? dots.map((dot, digit) => this.#outLabel(x + radius + 8, dot.y, wide)) : [];
    return { x, dots, labels };
  }

  #dot(layer, slot, x, y, r) {
    const first = layer === 1 && slot === 0;
    const circle = svg("circle", { class: "neuron-dot", cx: x, cy: y, r, tabindex: first ? 0 : -1, role: "button" });
    const choose = (firm) => this.onChoose({ layer, index: this.slots[layer][slot] }, firm);
    circle.addEventListener("pointerenter", () => choose(false));
    circle.addEventListener("pointerleave", () => this.onChoose(null, false));
    circle.addEventListener("click", () => choose(true));
    circle.addEventListener("focus", () => choose(true));
    circle.addEventListener("keydown", (event) => this.#walk(event, layer, slot));
    this.root.append(circle);
    return { circle, y };
  }

  #outLabel(x, y, wide) {
    const name = svg("text", { class: "out-label", x, y: y + 5 });
    const value = svg("text", { x: x + 14, y: y + 4, visibility: wide ? "visible" : "hidden" });
    this.root.append(name, value);
    return { name, value };
  }

  #walk(event, layer, slot) {
    const [across, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (!across && !down) return;
    event.preventDefault();
    const from = this.columns[layer - 1];
    const to = this.columns[layer - 1 + across];
    if (!to) return;
    const same = across ? Math.round((slot / Math.max(1, from.dots.length - 1)) * (to.dots.length - 1)) : slot + down;
    const target = to.dots[same]?.circle;
    if (!target) return;
    from.dots[slot].circle.setAttribute("tabindex", "-1");
    target.setAttribute("tabindex", "0");
    target.focus();
  }

  #shadeColumn(layer, activations, neuron, isOutput) {
    const most = isOutput ? 1 : largest(activations) || 1;
    const best = isOutput && !this.blank ? activations.indexOf(Math.max(...activations)) : -1;
    this.columns[layer - 1].dots.forEach(({ circle }, slot) => {
      const index = this.slots[layer][slot];
      const a = activations[index];
      circle.setAttribute("fill", css(a < 0 ? diverging(a / most) : grey(a / most)));
      circle.classList.toggle("best", index === best);
      circle.classList.toggle("chosen", neuron?.layer === layer && neuron.index === index);
      const told = this.blank ? "no picture" : `activation ${number(a)}`;
      circle.setAttribute("aria-label", `${layerName(layer, this.slots.length)}, neuron ${index}: ${told}`);
    });
    this.columns[layer - 1].labels.forEach(({ name, value }, digit) => {
      name.classList.toggle("best", digit === best);
      name.textContent = String(digit);
      value.textContent = this.blank ? "–" : percent(activations[digit]);
    });
  }

  #drawEdges(layer, layers, weights, neuron) {
    const paths = this.edges[layer - 1];
    const found = weights ? strongest(this.#candidates(layer, layers, weights, neuron)) : [];
    const most = found.length ? Math.abs(found[0].share) : 1;
    paths.forEach((path, i) => {
      const edge = found[i];
      path.setAttribute("visibility", edge ? "visible" : "hidden");
      if (!edge) return;
      const strength = Math.abs(edge.share) / most;
      path.setAttribute("class", `edge ${edge.share > 0 ? "up" : "down"}`);
      path.setAttribute("d", curve(edge.from, edge.to));
      path.setAttribute("stroke-opacity", (0.06 + 0.8 * strength * strength).toFixed(2));
      path.setAttribute("stroke-width", (0.7 + 1.6 * strength).toFixed(2));
    });
  }

  /** Every connection that could be drawn to a column: to the chosen neuron alone, if it stands there. */
  #candidates(layer, layers, weights, neuron) {
    const column = this.columns[layer - 1];
    const sources = layer === 1 ? layers[0].map((_, i) => i) : this.slots[layer - 1];
    const found = [];
    this.slots[layer].forEach((j, slot) => {
      if (neuron?.layer === layer && neuron.index !== j) return;
      const shares = contributions(weights, layers[layer - 1], j);
      const to = [column.x, column.dots[slot].y];
      sources.forEach((i, source) => {
        const leaves = neuron?.layer === layer - 1 && neuron.index !== i;
        if (shares[i] && !leaves) found.push({ share: shares[i], from: this.#source(layer, source), to });
      });
    });
    return found;
  }

  #source(layer, slot) {
    if (layer > 1) return [this.columns[layer - 2].x, this.columns[layer - 2].dots[slot].y];
    const cell = this.input.side / 28;
    return [this.input.x + ((slot % 28) + 0.5) * cell, this.input.y + (Math.floor(slot / 28) + 0.5) * cell];
  }
}

function strongest(edges) {
  return edges.sort((a, b) => Math.abs(b.share) - Math.abs(a.share)).slice(0, EDGES);
}

function curve([x0, y0], [x1, y1]) {
  const middle = (x0 + x1) / 2;
  return `M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}`;
}

function caption(x, y, words) {
  const text = svg("text", { x, y, "text-anchor": "middle" });
  text.textContent = words;
  return text;
}
