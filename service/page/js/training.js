/** Training: the form that starts a job, the list of jobs, and the one that is watched. */

import { ApiError, jobs, startJob } from "./api.js";
import { byId, el, say } from "./dom.js";
import { when } from "./format.js";
import { stateOf, watch as watchJob } from "./job-view.js";
import { latest } from "./latest.js";
import { now, on } from "./store.js";
import { refreshVersions } from "./versions.js";

const form = byId("training");

/** Start the section. */
export function startTraining() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  on(["models", "aliases"], offerStarts);
  new IntersectionObserver(([entry], observer) => {
    if (!entry.isIntersecting) return;
    observer.disconnect();
    listJobs(true);
  }, { rootMargin: "300px" }).observe(byId("train"));
}

/** What the form asks for, as POST /train takes it; what it does not ask is left to the service. */
function config() {
  const fields = form.elements;
  const hidden = fields.hidden.value.split(/[\s,;]+/).filter(Boolean).map(Number);
  const start = fields.start_from.value;
  return {
    ...(start ? { start_from: start } : { network: { hidden } }),
    epochs: Number(fields.epochs.value),
    learning_rate: Number(fields.learning_rate.value),
    limit: fields.limit.value ? Number(fields.limit.value) : null,
    augmentation: fields.augmentation.checked ? "standard" : "none",
    examples: fields.examples.checked,
    promote: fields.promote.value,
  };
}

async function submit() {
  const note = byId("train-note");
  const button = form.querySelector("button");
  if (!form.elements.start_from.value && form.elements.hidden.value.split(/[\s,;]+/).filter(Boolean).some((n) => !/^\d+$/.test(n))) {
    say(note, "Hidden layers: expected whole numbers with commas between them, such as 300, 100.");
    form.elements.hidden.focus();
    return;
  }
  button.disabled = true;
  try {
    const job = await startJob(config());
    say(note, null);
    watch(job.id);
    listJobs(false);
  } catch (error) {
    note.classList.toggle("calm", unavailable(error));
    say(note, unavailable(error) ? `This service does not train at the moment: ${error.message}` : error.message);
  }
  button.disabled = false;
}

const unavailable = (error) => error instanceof ApiError && error.status === 503;

/** A training that goes on from a version keeps that version's network. */
function offerStarts() {
  const select = form.elements.start_from;
  const names = [...Object.keys(now().aliases), ...now().models.map((model) => model.version)];
  const keep = select.value;
  select.replaceChildren(el("option", { value: "", textContent: "random weights" }),
    ...names.map((name) => el("option", { value: name, textContent: /^\d/.test(name) ? `version ${name}` : name })));
  select.value = names.includes(keep) ? keep : "";
}

form.elements.start_from.addEventListener("change", () => {
  form.elements.hidden.disabled = form.elements.start_from.value !== "";
});

function watch(id) {
  // A replayed history changes state several times at once; the lists need the last of them only.
  watchJob(id, latest(async () => {
    await listJobs(false);
    await refreshVersions();
  }, 250));
}

/** Show the newest jobs; at the start, watch one that is under way. */
export async function listJobs(watchActive) {
  const place = byId("jobs");
  let all;
  try {
    all = await jobs();
  } catch (error) {
    const words = unavailable(error) ? "This service does not train at the moment." : error.message;
    place.replaceChildren(el("p", { className: "small", textContent: words }));
    return;
  }
  if (!all.length) return;
  place.replaceChildren(el("ul", { className: "jobs" }, ...all.map((job) => el("li", {}, jobButton(job)))));
  const active = all.find((job) => ["queued", "running"].includes(job.state));
  if (watchActive && active) watch(active.id);
}

function jobButton(job) {
  const { hidden } = job.config.network ?? {};
  const shape = hidden ? (hidden.length ? hidden.join("–") : "no hidden layer") : `from ${job.config.start_from ?? "the standard network"}`;
  return el("button", { type: "button", onclick: () => watch(job.id) },
    el("span", { textContent: `${shape}, ${job.config.epochs} ${job.config.epochs === 1 ? "epoch" : "epochs"}` }),
    el("span", { className: "small", textContent: `${stateOf(job).toLowerCase()} · ${when(job.created_at)}` }));
}
