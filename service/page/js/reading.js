/** The answer: ask the service as the picture changes, show ten activations, the digit and how sure it is. */

import { predict } from "./api.js";
import { paintActivations } from "./colour.js";
import { bar, byId, el, say, setShare } from "./dom.js";
import { percent } from "./format.js";
import { latest } from "./latest.js";
import { now, on, set } from "./store.js";

const REASONS = {
  blank: () => "I see no ink.",
  not_a_digit: ({ digit }) => `This does not look like a digit to me. If I had to say: ${digit}.`,
  ambiguous: (prediction) => `I am not sure: it could be ${bestTwo(prediction).join(" or ")}.`,
};

const BEHIND = [0, 1000, 3000]; // ms: a process that did not move an alias itself hears of it a moment later

const AGAIN = 2000; // ms after which a picture that got no answer is sent again: a service that restarts is away for a moment

let retry = null; // the timer of the next attempt: one, however often it failed
let unanswered = false; // the service was asked about the picture on the pad, and could not be
let source = null; // the picture that the answer is about: the one on the pad may be newer

const rows = Array.from({ length: 10 }, (_, digit) => {
  const value = el("span", { className: "bar-value", textContent: "–" });
  const fill = bar(0);
  fill.setAttribute("aria-hidden", "true");
  return { item: el("li", {}, el("span", { className: "bar-name", textContent: digit }), fill, value), fill: fill.firstChild, value };
});

/** Start reading what is on the pad. */
export function startReading() {
  byId("bars").append(...rows.map((row) => row.item));
  const ask = latest(() => read(ask));
  on(["picture", "network"], () => {
    if (!now().picture) {
      unanswered = false;
      set({ prediction: null }); // at once, not after an answer that is still on its way
    }
    ask();
  });
  on("aliases", () => {
    for (const after of BEHIND) setTimeout(() => outdated() && ask(), after);
  });
  on("prediction", show);
  document.addEventListener("themechange", show);
}

/** Whether the name that was asked points to another version by now than the one that has answered. */
function outdated() {
  const { aliases, network, picture, prediction } = now();
  const target = aliases[network.split("alias=")[1]];
  return picture && prediction && target !== undefined && prediction.model.version !== target;
}

async function read(again) {
  const { picture, network } = now();
  if (!picture) return;
  try {
    const prediction = await predict(picture.blob, network);
    if (now().picture === null) return; // cleared meanwhile
    source = picture;
    unanswered = false;
    set({ prediction });
    say(byId("trouble"), null);
    if (picture.complete) byId("spoken").textContent = words(prediction);
  } catch (error) {
    unanswered = true;
    set({ prediction: null });
    show(); // also where there was no prediction before
    say(byId("trouble"), error.message);
    clearTimeout(retry);
    if (error.status === 0 || error.status === 503) retry = setTimeout(() => unanswered && again(), AGAIN);
  }
}

function bestTwo({ activations }) {
  return activations.map((_, digit) => digit).sort((a, b) => activations[b] - activations[a]).slice(0, 2);
}

function words(prediction) {
  if (prediction.abstained) return REASONS[prediction.reason]?.(prediction) ?? "I would rather not say.";
  const { digit, confidence } = prediction;
  return confidence > 0.95 ? `This is a ${digit}.` : confidence > 0.7 ? `Most likely a ${digit}.` : `Perhaps a ${digit}.`;
}

function show() {
  const { prediction } = now();
  byId("answer").classList.toggle("unsure", !prediction || prediction.abstained);
  byId("digit").textContent = prediction ? (prediction.reason === "blank" ? "?" : prediction.digit) : "–";
  byId("words").textContent = prediction ? words(prediction) : unanswered && now().picture ? "No answer." : "Nothing drawn yet.";
  byId("sureness").textContent = prediction ? `Confidence ${percent(prediction.confidence)}${prediction.abstained ? ", so better not trust it" : ""}` : "";
  byId("provenance").textContent = prediction ? provenance(prediction) : "";
  rows.forEach((row, digit) => {
    const share = prediction?.activations[digit];
    row.item.classList.toggle("best", prediction?.digit === digit);
    setShare(row.fill, share);
    row.value.textContent = prediction ? percent(share) : "–";
  });
  showSeen(prediction);
}

function showSeen(prediction) {
  const seen = byId("seen");
  paintActivations(seen, prediction?.layers[0] ?? new Float32Array(784), 28);
  const what = prediction ? words(prediction) : "still blank";
  seen.setAttribute("aria-label", `The 28 by 28 picture the network saw: ${what}`);
}

/** Of a drawing no word about dark and light: it is sent dark on light, whatever colours the pad has. */
function provenance({ model, preprocessing }) {
  const [x0, y0, x1, y1] = preprocessing.box;
  const several = preprocessing.components > 1 ? ` There are ${preprocessing.components} digits side by side.` : "";
  const ink = source.drawn ? "the strokes" : preprocessing.inverted ? "dark ink on light paper" : "light ink on a dark ground";
  return `Answered by version ${model.version} (weights ${model.digest.slice(7, 19)}…). Found ${ink}, ${x1 - x0} × ${y1 - y0} pixels of `
    + `${preprocessing.source_size.join(" × ")}${preprocessing.rotated ? `, turned by ${preprocessing.rotated}°` : ""}.${several}`;
}
