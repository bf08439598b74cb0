/** The look inside: keeps diagram, neuron card and grids in step with the last answer. */

import { paintActivations } from "./colour.js";
import { Diagram } from "./diagram.js";
import { byId, chosen } from "./dom.js";
import { count, number } from "./format.js";
import { layerName, sample } from "./layers.js";
import { neuronCard } from "./neuron-card.js";
import { columnsFor, neuronGrid } from "./neuron-grid.js";
import { now, on } from "./store.js";
import { networkOf } from "./weights.js";

const place = byId("diagram");
const diagram = new Diagram(place, choose);
const invitation = byId("neuron").firstElementChild; // what stands where a neuron will be
let network = null; // {version, layers, temperature} once the weights are here
let trouble = null; // {version, words} of one whose weights cannot be had: not asked for again while it is what answers
let picked = null; // the neuron that stays under the lens
let pointed = null; // the one the pointer is on just now
let layers = emptyLayers([784, 10]); // of the last answer, or silent ones of the network that is to answer
let wanted = false; // whether the section has come into view; before, nothing is fetched for it

/** Start the section. */
export function startInside() {
  on(["prediction", "models"], update);
  for (const radio of document.querySelectorAll('input[name="sampling"]')) radio.addEventListener("change", draw);
  byId("every").addEventListener("toggle", drawGrids);
  document.addEventListener("themechange", draw);
  new ResizeObserver(draw).observe(place);
  new IntersectionObserver(([entry], observer) => {
    if (!entry.isIntersecting) return;
    observer.disconnect();
    wanted = true;
    update();
  }, { rootMargin: "300px" }).observe(place);
}

function emptyLayers(sizes) {
  return sizes.map((size) => new Array(size).fill(0));
}

function update() {
  const { prediction } = now();
  layers = prediction?.layers ?? emptyLayers(chosenSizes() ?? layers.map((layer) => layer.length));
  if (picked && !(picked.index < layers[picked.layer]?.length)) picked = null;
  const version = prediction?.model.version;
  if (trouble?.version !== version) trouble = null;
  if (prediction && network?.version !== version && !trouble) fetchWeights(version);
  draw();
}

function chosenSizes() {
  const { network: query, models, aliases } = now();
  const [kind, name] = query.split("=");
  const version = kind === "alias" ? aliases[name] : name;
  return models.find((model) => model.version === version)?.architecture?.sizes;
}

async function fetchWeights(version) {
  network = null;
  if (!wanted) return;
  try {
    const loaded = await networkOf(version);
    if (now().prediction?.model.version !== version) return;
    network = { version, ...loaded };
  } catch (error) {
    if ((now().prediction?.model.version ?? version) !== version) return;
    trouble = { version, words: `Connections cannot be drawn: ${error.message}` };
  }
  draw();
}

function choose(neuron, firm) {
  if (firm) picked = neuron;
  pointed = firm ? null : neuron;
  draw();
}

let frame = 0;

function draw() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => {
    if (!place.clientWidth) return;
    const most = place.clientWidth > 560 ? 16 : 12;
    const slots = sample(layers, most, chosen("sampling"), picked);
    const shown = now().prediction && network;
    diagram.show(layers, shown ? network.layers : null, { slots, neuron: pointed ?? picked, blank: !now().prediction });
    tellSample(slots);
    drawCard();
    drawGrids();
  });
}

function tellSample(slots) {
  const sampled = slots.filter((some, layer) => layer > 0 && some.length < layers[layer].length);
  byId("sample-note").textContent = !now().prediction ? "" : trouble ? trouble.words : !network ? "Loading the weights to draw the connections…"
    : `The strongest connections${sampled.length ? ` between the neurons drawn: ${sampled[0].length} stand for each large layer` : ""}.`;
}

function drawCard() {
  const { prediction } = now();
  if (!prediction) {
    byId("neuron").replaceChildren(invitation);
    return;
  }
  const answer = { layer: layers.length - 1, index: prediction.digit }; // until the person points at another
  byId("neuron").setAttribute("aria-live", picked ? "polite" : "off"); // silent while someone only draws
  byId("neuron").replaceChildren(neuronCard(pointed ?? picked ?? answer, layers, network));
}

function drawGrids() {
  if (!byId("every").open) return;
  // A grid that is being walked through keeps its focus until the person leaves it.
  if (byId("grids").contains(document.activeElement)) return;
  byId("grids").replaceChildren(...layers.map((activations, layer) => {
    const name = layerName(layer, layers.length);
    const active = activations.filter((a) => a > 0).length;
    const blank = !now().prediction;
    return neuronGrid({
      name,
      size: activations.length,
      columns: columnsFor(activations.length),
      paint: (canvas) => paintActivations(canvas, activations, columnsFor(activations.length)),
      tell: (index) => `${name}, ${layer ? `neuron ${index}` : `row ${Math.floor(index / 28)}, column ${index % 28}`}: ${blank ? "no picture" : number(activations[index])}`,
      caption: blank ? `${name}: no picture` : `${name}: ${count(active)} of ${count(activations.length)} active`,
      choose: layer ? (index) => choose({ layer, index }, true) : undefined,
    });
  }));
}
