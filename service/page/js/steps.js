/** The four steps of back-propagation, each drawn from the numbers that POST /explain answers. */

import { paintSigned } from "./colour.js";
import { bar, bold, byId, el } from "./dom.js";
import { number, signed } from "./format.js";
import { columnsFor, neuronGrid } from "./neuron-grid.js";
import { changePlot, ratePlot } from "./plots.js";

/** 1. Current against desired, and the wish of each output: `nudge` in the answer of /explain. */
export function compareStep({ outputs, label }) {
  const { current, nudge } = outputs[label];
  byId("compare-words").replaceChildren(...bold(`The output for ${label} is `, [number(current)], " and should be ", ["1"],
    "; the others should be ", ["0"], `. The wish of each is the difference: ${signed(nudge)} for ${label}. (Learning works on the outputs before calibration, and most trainings ask for a little less than 1, which is called label smoothing: so they differ from the bars above.)`));
  const rows = outputs.map((output) => {
    const track = bar(output.current, wanted(output.desired));
    return el("tr", { className: output.digit === label ? "label" : "" }, el("td", { textContent: output.digit }), el("td", { className: "track" }, track),
      el("td", { textContent: number(output.current) }),
      el("td", { className: output.nudge > 0 ? "plus" : "minus", textContent: signed(output.nudge) }));
  });
  const heads = ["digit", "mark: desired", "current", "wish"].map((head) => el("th", { scope: "col", textContent: head }));
  byId("compare").replaceChildren(el("table", { className: "compare" }, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows)));
}

function wanted(desired) {
  const mark = el("div", { className: "wanted" });
  mark.style.setProperty("--wanted", String(desired));
  return mark;
}

/** 2. Weights change in proportion to the activation they carry. */
export function changeStep({ layers }) {
  const [output, before] = layers;
  const [first] = output.weight_changes;
  const carried = (change) => before?.activations[change.from] ?? null;
  const from = before ? `${before.name} neuron` : "pixel";
  const activation = carried(first);
  byId("change-words").replaceChildren(...bold("Each weight changes in proportion to the activation it carries: a neuron that was silent has no part in it. ",
    "The strongest: from ", [`${from} ${first.from}`], activation === null ? "" : ` (activation ${number(activation)})`, ` to output ${first.to}, `,
    `its weight ${number(first.weight)} changes by `, [signed(first.change)], "."));
  const points = output.weight_changes.map((change) => ({ x: carried(change) ?? 0, y: change.change, ...change }));
  const list = output.weight_changes.slice(0, 4).map((change) => el("li", {}, `${from} ${change.from} → output ${change.to}: `,
    el("b", { className: change.change > 0 ? "plus" : "minus", textContent: signed(change.change) })));
  byId("change").replaceChildren(before ? changePlot(points) : "", el("ul", { className: "list" }, ...list));
}

/** 3. What the layers before must do: the nudges of the hidden neurons. */
export function wishStep({ layers }) {
  const hidden = layers.slice(1);
  if (!hidden.length) {
    byId("wish-words").textContent = "This network has no hidden layer: the pixels are what they are, so the wish ends here.";
    byId("wish").replaceChildren();
    return;
  }
  const [{ nudges, name, activations }] = hidden;
  // Of the neurons that are active: the wish that a silent one should be less active changes nothing.
  const weight = (i) => (activations[i] === 0 ? 0 : Math.abs(nudges[i]));
  const strongest = nudges.reduce((best, _, i) => (weight(i) > weight(best) ? i : best), 0);
  byId("wish-words").replaceChildren(...bold("The activations cannot be set, only wished for: each hidden neuron hears the wishes of all it feeds, weighted. ",
    `The strongest wish in ${name}: neuron ${strongest}, now ${number(activations[strongest])}, should go ${nudges[strongest] > 0 ? "up" : "down"} `,
    [signed(nudges[strongest])], ". Its own weights change by the same rule, and so on back to the pixels."));
  byId("wish").replaceChildren(el("div", { className: "wish" }, ...hidden.map(wishGrid)));
}

function wishGrid({ name, nudges, activations }) {
  const columns = wideColumns(nudges.length);
  return neuronGrid({
    name: `Wishes for ${name}`,
    size: nudges.length,
    columns,
    paint: (canvas) => paintSigned(canvas, nudges, columns),
    tell: (index) => `${name}, neuron ${index}: activation ${number(activations[index])}, wish ${signed(nudges[index])}`,
    caption: `${name}: ${nudges.filter((n) => n > 0).length} should be more active, ${nudges.filter((n) => n < 0).length} less`,
  });
}

const wideColumns = (size) => Math.max(columnsFor(size), Math.ceil(Math.sqrt(size * 2.5)));

/** 4. All changes at once, and the loss measured again. */
export function applyStep({ loss, learning_rate: rate, label }, tried) {
  const better = loss.after < loss.before;
  const verdict = better ? `One step, and the network is surer of the ${label}.`
    : loss.after > loss.before ? "The step was too long: it jumped past the goal, and the loss rose. Try a smaller learning rate."
      : loss.before === 0 ? `There is nothing left to learn from this ${label}: the loss is zero, as far as its numbers tell.`
        : "The step was too short to be seen in the loss. Try a larger learning rate.";
  byId("apply-words").replaceChildren(...bold(`All changes at once, at the learning rate ${rate}, applied to a copy. `, verdict));
  const value = (words, shown, className) => el("div", {}, el("span", { className: "small", textContent: words }),
    el("b", { className, textContent: shown }));
  byId("apply").replaceChildren(
    el("div", { className: "loss" }, value("loss before", number(loss.before), ""), el("span", { textContent: "→", "aria-hidden": "true" }),
      value("loss after", number(loss.after), better ? "better" : loss.after > loss.before ? "worse" : "")),
    ratePlot(tried, loss.before, rate),
    el("p", { className: "small", textContent: "Move the learning rate: every rate you try leaves a dot." }),
  );
}
