/** One neuron under the lens: how its weighted sum comes about and what its activation function makes of it. */

import { paintSigned } from "./colour.js";
import { bold, el } from "./dom.js";
import { number, signed } from "./format.js";
import { layerName } from "./layers.js";
import { contributions, incoming, weightedSum } from "./weights.js";

const FUNCTIONS = {
  relu: "ReLU lets what is above zero through",
  leaky_relu: "leaky ReLU lets what is above zero through and a trickle of the rest",
  sigmoid: "the sigmoid squeezes it between 0 and 1",
  tanh: "tanh squeezes it between −1 and 1",
  gelu: "GELU lets large sums through and holds small ones back",
};

/**
 * What to show about a neuron.
 * @param {{layer: number, index: number}} neuron
 * @param {number[][]} layers activations
 * @param {{layers: object[], temperature: number} | null} network its weights, once loaded
 */
export function neuronCard({ layer, index }, layers, network) {
  const activation = layers[layer][index];
  const isOutput = layer === layers.length - 1;
  const title = isOutput ? `Output neuron ${index}: the digit ${index}` : `${layerName(layer, layers.length)}, neuron ${index}`;
  const words = el("div", {}, el("h3", { textContent: title }));
  const card = el("div", { className: "neuron-card" }, words);
  if (!network) {
    words.append(el("p", { className: "sum" }, ...bold("Activation ", [number(activation)], ".")));
    return card;
  }
  const weights = network.layers[layer - 1];
  const sum = weightedSum(weights, layers[layer - 1], index);
  words.append(
    el("p", { className: "sum" }, "Pushed up by ", el("b", { className: "plus", textContent: signed(sum.up) }), ", held back by ",
      el("b", { className: "minus", textContent: signed(sum.down) }), ", bias ", el("b", { textContent: signed(sum.bias) }),
      ": weighted sum ", el("b", { textContent: number(sum.total) }), "."),
    el("p", { className: "sum" }, ...bold(isOutput ? softmaxWords(network.temperature) : `${FUNCTIONS[weights.activation] ?? weights.activation}: `,
      "activation ", [number(activation)], ".")),
  );
  if (layer === 1) card.append(pictures(weights, layers[0], index));
  else card.append(strongestSources(weights, layers, layer, index));
  return card;
}

function softmaxWords(temperature) {
  const cooled = temperature === 1 ? "" : `, each divided by the calibration's temperature ${number(temperature)},`;
  return `Softmax weighs the ten sums${cooled} against each other: `;
}

function pictures(weights, inputs, index) {
  const picture = (values, words) => {
    const canvas = el("canvas", { role: "img", "aria-label": words });
    paintSigned(canvas, values, 28);
    return el("figure", {}, canvas, el("figcaption", { textContent: words }));
  };
  return el("div", { className: "neuron-pictures" }, picture(incoming(weights, index), "Its weights"),
    picture(contributions(weights, inputs, index), "Weight × ink"));
}

function strongestSources(weights, layers, layer, index) {
  const shares = contributions(weights, layers[layer - 1], index);
  const order = Array.from(shares, (_, i) => i).sort((a, b) => Math.abs(shares[b]) - Math.abs(shares[a])).slice(0, 4);
  const lines = order.filter((i) => shares[i]).map((i) => el("li", {},
    `neuron ${i}: ${number(layers[layer - 1][i])} × ${number(weights.weight[i * weights.nOut + index])} = `,
    el("b", { className: shares[i] > 0 ? "plus" : "minus", textContent: signed(shares[i]) })));
  return el("div", {}, el("p", { className: "small", textContent: `Most comes from ${layerName(layer - 1, layers.length).toLowerCase()}:` }),
    el("ul", { className: "list" }, ...lines));
}
