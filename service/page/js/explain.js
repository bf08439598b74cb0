/** How the network would learn from the picture on the pad: asks for the four steps and lays them out. */

import { explain } from "./api.js";
import { paintSigned } from "./colour.js";
import { bold, byId, chosen, el, say } from "./dom.js";
import { number, percent, signed } from "./format.js";
import { latest } from "./latest.js";
import { applyStep, changeStep, compareStep, wishStep } from "./steps.js";
import { now, on } from "./store.js";
import { label } from "./truth.js";

const learners = [...document.querySelectorAll('input[name="learner"]')];
let visible = false;
let tried = { key: "", points: [] }; // learning rates tried for one picture, label and network
let shown = null;

/** Start the section; it asks only while it is in view. */
export function startExplain() {
  const ask = latest(refresh);
  const again = () => visible && ask();
  on(["prediction", "label"], again);
  byId("rate").addEventListener("input", () => {
    byId("rate-value").textContent = String(rate());
    byId("rate").setAttribute("aria-valuetext", String(rate())); // the slider itself counts powers of ten
    again();
  });
  for (const radio of learners) radio.addEventListener("change", again);
  on("network", showLearner);
  document.addEventListener("themechange", () => shown && layOut(shown));
  new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
    again();
  }, { rootMargin: "200px" }).observe(byId("learn"));
}

const rate = () => Number((10 ** Number(byId("rate").value)).toPrecision(2));

/** The first choice is the network that answers above, whichever that is. */
function showLearner() {
  const [trained, untrained] = learners;
  const { network } = now();
  trained.value = network === untrained.value ? "alias=production" : network;
  if (network === untrained.value) untrained.checked = true;
}

async function refresh() {
  const { picture, prediction } = now();
  const digit = label();
  if (!picture || !prediction || digit === null) {
    hide(picture && !prediction ? "Without an answer there is nothing to learn from." : "Draw a digit first.");
    return;
  }
  const learner = chosen("learner");
  const other = learners.find((radio) => !radio.checked).value;
  try {
    const [explanation, compared] = await Promise.all([
      explain(picture.blob, learner, digit, rate()),
      explain(picture.blob, other, digit, rate()).catch(() => null), // the comparison is an extra
    ]);
    remember(explanation, `${learner} ${digit} ${prediction.model.digest} ${explanation.loss.before}`);
    shown = { explanation, compared, other };
    layOut(shown);
  } catch (error) {
    hide(error.message);
  }
}

function hide(words) {
  shown = null;
  say(byId("learn-note"), words);
  for (const id of ["steps", "share", "versus"]) byId(id).hidden = true;
}

/** Collect the learning rates tried on the same picture, so that the plot grows as the slider moves. */
function remember({ learning_rate: x, loss }, key) {
  if (tried.key !== key) tried = { key, points: [] };
  tried.points = [...tried.points.filter((point) => point.x !== x), { x, y: loss.after }].sort((a, b) => a.x - b.x);
}

function layOut({ explanation, compared, other }) {
  say(byId("learn-note"), null);
  for (const id of ["steps", "share"]) byId(id).hidden = false;
  compareStep(explanation);
  changeStep(explanation);
  wishStep(explanation);
  applyStep(explanation, tried.points);
  showShare(explanation);
  showVersus(explanation, compared, other);
}

function showShare({ contributions, label: digit }) {
  paintSigned(byId("heat"), contributions, 28);
  const up = contributions.reduce((sum, share) => sum + Math.max(0, share), 0);
  const down = contributions.reduce((sum, share) => sum + Math.min(0, share), 0);
  byId("share-words").replaceChildren(...bold("The ink in this picture brings ", [signed(up)], ` to the weighted sum of the output for ${digit} and takes `,
    [number(Math.abs(down))], " from it. Blank paper brings nothing: its activation is 0."));
  byId("heat").setAttribute("aria-label", `Contribution of each pixel to the output for ${digit}: ${signed(up)} for it, ${number(down)} against it`);
}

function showVersus(explanation, compared, other) {
  const place = byId("versus");
  place.hidden = !compared;
  if (!compared) return;
  const name = (network) => (network === "alias=untrained" ? "Never trained" : "Trained");
  const rows = [[name(chosen("learner")), explanation], [name(other), compared]].map(([who, one]) => el("tr", {},
    el("th", { scope: "row", textContent: `${who} (version ${one.prediction.model.version})` }),
    el("td", { textContent: one.prediction.digit }),
    el("td", { textContent: percent(one.outputs[one.label].current) }),
    el("td", { textContent: number(one.loss.before) }),
    el("td", { textContent: number(one.loss.after) })));
  const heads = ["Network", "Reads", `Output for ${explanation.label}`, "Loss before", "Loss after"];
  place.replaceChildren(el("h3", { textContent: "The same picture, trained and never trained" }), el("table", { className: "versus" },
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col", textContent: head })))), el("tbody", {}, ...rows)));
}
