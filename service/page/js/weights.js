/**
 * The weights of a version, read from its safetensors file, and the arithmetic of one neuron.
 *
 * With them the page can show each weighted sum and each connection's true share, not only the activations.
 */

import { model, weights } from "./api.js";

const LARGEST = 64e6; // bytes; beyond this a page should not fetch a network on its own
const KEPT = 3;
const cache = new Map();

/**
 * A version's layers: [{weight: Float32Array (n_in × n_out, row by row), bias, nIn, nOut, activation}], and the
 * calibration's temperature. A failed fetch is forgotten, so that it is tried again.
 */
export function networkOf(version) {
  if (!cache.has(version)) {
    const loading = load(version);
    cache.set(version, loading);
    loading.catch(() => cache.delete(version));
    if (cache.size > KEPT) cache.delete(cache.keys().next().value);
  }
  return cache.get(version);
}

async function load(version) {
  const { architecture, calibration } = (await model(version)).manifest;
  if (4 * architecture.weights > LARGEST) throw new Error("This network is too large to load its weights into a page.");
  const tensors = parse(await weights(version));
  const layers = architecture.activations.map((activation, i) => ({
    weight: tensors[`layers.${i}.weight`],
    bias: tensors[`layers.${i}.bias`],
    nIn: architecture.sizes[i],
    nOut: architecture.sizes[i + 1],
    activation,
  }));
  return { layers, temperature: calibration.temperature };
}

/** Safetensors: the header's length in 8 bytes, the header in JSON, then the numbers (little-endian, as browsers are). */
function parse(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const tensors = {};
  for (const [name, { data_offsets: offsets }] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [start, end] = offsets.map((offset) => offset + 8 + length);
    tensors[name] = new Float32Array(buffer.slice(start, end));
  }
  return tensors;
}

/** What each input brings to neuron j: its activation times the weight of the connection. */
export function contributions(layer, inputs, j) {
  return Float32Array.from(inputs, (a, i) => a * layer.weight[i * layer.nOut + j]);
}

/** The weights that lead to neuron j. */
export function incoming(layer, j) {
  return Float32Array.from({ length: layer.nIn }, (_, i) => layer.weight[i * layer.nOut + j]);
}

/** How the weighted sum of neuron j comes about: what pushes it up, what holds it back, the bias, and their total. */
export function weightedSum(layer, inputs, j) {
  let up = 0;
  let down = 0;
  for (const share of contributions(layer, inputs, j)) {
    if (share > 0) up += share;
    else down += share;
  }
  return { up, down, bias: layer.bias[j], total: up + down + layer.bias[j] };
}
