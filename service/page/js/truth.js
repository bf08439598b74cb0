/** What the picture really is: the label to learn towards, and the way to keep a corrected picture as an example. */

import { examples, forgetExample, keepExample } from "./api.js";
import { byId, el, setShare } from "./dom.js";
import { count } from "./format.js";
import { now, on, set } from "./store.js";

let keptId = null;

/** The label in force: what the person said, or else the digit that was read. */
export function label() {
  const { label: said, prediction } = now();
  return said ?? prediction?.digit ?? null;
}

/** Start the row of labels and the counts. */
export function startTruth() {
  for (let digit = 0; digit < 10; digit++) {
    const radio = el("input", { type: "radio", name: "label", value: String(digit), "aria-label": String(digit), onchange: () => set({ label: digit }) });
    byId("labels").append(el("label", {}, radio, el("span", { textContent: digit })));
  }
  byId("keep").addEventListener("click", keep);
  byId("forget").addEventListener("click", forget);
  on(["prediction", "label"], show);
  on("picture", () => note("", null));
  showCounts();
}

function show() {
  const digit = label();
  byId("truth").disabled = digit === null;
  for (const radio of byId("labels").querySelectorAll("input")) radio.checked = Number(radio.value) === digit;
  byId("keep").classList.toggle("primary", digit !== now().prediction?.digit); // invite a correction, allow a confirmation
  byId("keep").textContent = digit === null ? "Keep as an example" : `Keep as an example of ${digit}`;
}

function note(words, id) {
  byId("kept").textContent = words;
  byId("forget").hidden = id === null;
  keptId = id;
}

async function keep() {
  const { picture } = now();
  try {
    const kept = await keepExample(picture.blob, label());
    if (kept.isNew) note(`Kept as a ${kept.label}. A training that learns from examples will use it.`, kept.id);
    else note(`This picture was kept before. It is a ${kept.label} from now on.`, null); // no taking back: it may be another's
  } catch (error) {
    note(error.message, null);
  }
  showCounts();
}

async function forget() {
  try {
    await forgetExample(keptId);
    note("Taken back.", null);
  } catch (error) {
    note(error.message, keptId);
  }
  showCounts();
}

/** Show how many examples are kept of each digit. */
export async function showCounts() {
  const place = byId("counts");
  try {
    const { total, per_label: perLabel } = await examples();
    const most = Math.max(1, ...Object.values(perLabel));
    const columns = Array.from({ length: 10 }, (_, digit) => column(digit, perLabel[digit] ?? 0, most));
    const words = total ? `${count(total)} kept so far.` : "None yet. When the network misreads your digit, say what it is and keep it.";
    place.replaceChildren(el("div", { className: "counts" }, ...columns), el("p", { className: "small", textContent: words }));
  } catch (error) {
    place.replaceChildren(el("p", { className: "small", textContent: error.message }));
  }
}

function column(digit, n, most) {
  const fill = el("i");
  setShare(fill, n / most);
  return el("div", {}, el("span", { textContent: n }), el("div", { className: "column", "aria-hidden": "true" }, fill), el("b", { textContent: digit }));
}
