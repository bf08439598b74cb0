/** Names of layers, and which neurons of a large one are drawn. */

/** "Input", "Hidden layer 2" or "Output", for layer 0 to depth − 1. */
export function layerName(layer, depth) {
  if (layer === 0) return "Input";
  return layer === depth - 1 ? "Output" : `Hidden layer ${layer}`;
}

/**
 * The neurons to draw of each layer, in the order of their numbers; all of a layer that is small enough.
 * @param {number[][]} layers activations
 * @param {number} most neurons drawn of a hidden layer
 * @param {"even" | "active"} sampling spread evenly, or those with the greatest activations
 * @param {{layer: number, index: number} | null} keep a neuron that must be among them
 */
export function sample(layers, most, sampling, keep) {
  return layers.map((activations, layer) => {
    const all = Array.from(activations, (_, index) => index);
    if (layer === 0 || layer === layers.length - 1 || all.length <= most) return all;
    const some = sampling === "even" ? spread(all.length, most) : top(activations, most);
    if (keep?.layer === layer && !some.includes(keep.index)) some[nearest(some, keep.index)] = keep.index;
    return some.sort((a, b) => a - b);
  });
}

function spread(size, n) {
  return Array.from({ length: n }, (_, i) => Math.floor(((i + 0.5) * size) / n));
}

function top(activations, n) {
  return Array.from(activations, (_, index) => index).sort((a, b) => activations[b] - activations[a]).slice(0, n);
}

function nearest(indices, index) {
  const distances = indices.map((other) => Math.abs(other - index));
  return distances.indexOf(Math.min(...distances));
}
