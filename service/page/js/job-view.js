/** One job, live: its progress, its curves, its end. */

import { cancelJob, resumeJob } from "./api.js";
import { Curve } from "./curves.js";
import { bold, byId, el, say, setShare } from "./dom.js";
import { count, duration, number, percent } from "./format.js";

const WORDS = { queued: "Waiting for a worker", running: "Learning", succeeded: "Done", failed: "Failed", cancelled: "Stopped" };

/** A job's state, in words for people. */
export const stateOf = (job) => WORDS[job.state] ?? job.state;

const ended = (job) => ["succeeded", "failed", "cancelled"].includes(job.state);
let gone = null; // aborted when another job is shown
const TRIES = 30; // times that a stream is asked for again after it was refused, as by a proxy whose service restarts,
const PAUSE = 2000; // and milliseconds between them; of itself a browser asks again only after a stream that broke

/** Watch a job from its beginning: its events are kept by the service and replayed. `onChange` runs when its state changes. */
export function watch(id, onChange) {
  gone?.abort();
  gone = new AbortController();
  const { signal } = gone;
  const newView = () => new JobView(id, onChange, signal);
  follow(id, newView(), newView, signal, TRIES);
}

/** Show a job's events in a view, and after a refusal, which leaves that one as it is, in a new one, as they begin anew. */
function follow(id, view, newView, signal, tries) {
  const stream = new EventSource(`train/${id}/events`);
  signal.addEventListener("abort", () => stream.close());
  let left = tries;
  stream.addEventListener("message", (event) => {
    if (left < TRIES) view = newView();
    left = TRIES;
    view.show(JSON.parse(event.data));
  });
  // The stream ends with the job, which a browser takes for a break: it would connect again for nothing. An ended state
  // within the stream is no end, for a job may have been stopped once and gone on.
  stream.addEventListener("error", () => {
    if (view.job && ended(view.job)) {
      stream.close();
    } else if (stream.readyState === EventSource.CLOSED) {
      view.trouble("The service does not show this job at the moment.");
      if (left === 0) return;
      const again = setTimeout(() => follow(id, view, newView, signal, left - 1), PAUSE);
      signal.addEventListener("abort", () => clearTimeout(again));
    }
  });
}

class JobView {
  constructor(id, onChange, signal) {
    this.id = id;
    this.onChange = onChange;
    this.title = el("h3", { textContent: "A job" });
    this.state = el("span", { className: "state", role: "status" });
    this.button = el("button", { type: "button", onclick: () => this.#press() });
    this.fill = el("div", { className: "progress-fill" });
    this.progress = el("div", { className: "progress", role: "progressbar", "aria-label": "Progress", "aria-valuemin": 0, "aria-valuemax": 100 }, this.fill);
    this.facts = el("dl", { className: "facts" });
    this.verdict = el("p", { className: "verdict", role: "status", hidden: true });
    this.loss = new Curve("Loss on the training digits", "accent", number, signal);
    this.error = new Curve("Held-out digits misread", "minus", percent, signal);
    this.card = el("div", { className: "job" }, el("div", { className: "job-top" }, this.title, this.state, this.button), this.progress, this.facts,
      el("div", { className: "curves" }, this.loss.figure, this.error.figure), this.verdict);
    byId("job").replaceChildren(this.card);
  }

  show(job) {
    if (job.state !== this.job?.state) this.onChange();
    this.job = job;
    const { config, progress } = job;
    this.title.textContent = describe(config);
    this.state.textContent = stateOf(job);
    this.state.className = `state ${job.state}`;
    this.button.hidden = job.state === "succeeded";
    this.button.textContent = ended(job) ? "Go on" : "Stop";
    const share = job.state === "succeeded" ? 1 : (progress?.fraction ?? 0);
    setShare(this.fill, share);
    this.progress.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    if (progress) this.#showProgress(progress, ended(job));
    say(this.verdict, null);
    if (ended(job)) this.#showEnd(job);
  }

  #showProgress(progress, over) {
    const facts = [
      ["Epoch", `${progress.epoch} of ${progress.epochs}`],
      ["Loss", progress.loss === null ? "–" : number(progress.loss)],
      ["Misread", progress.validation_error === null ? "–" : percent(progress.validation_error)],
      ["Pictures per second", progress.images_per_second ? count(progress.images_per_second) : "–"],
      ["Time left", over ? "–" : duration(progress.seconds_left)],
    ];
    this.facts.replaceChildren(...facts.map(([name, value]) => el("div", {}, el("dt", { textContent: name }), el("dd", { textContent: value }))));
    const epochs = progress.fraction * progress.epochs;
    this.loss.add(epochs, progress.loss, progress.epochs);
    // The error was measured after the last whole epoch; the margin is for fractions that were rounded.
    this.error.add(Math.floor(epochs + 0.001), progress.validation_error, progress.epochs);
  }

  #showEnd({ state, result, error }) {
    this.verdict.hidden = false;
    if (state === "succeeded") {
      const { gate } = result;
      this.verdict.replaceChildren(...bold("It became ", [`version ${result.version}`], ` and misreads ${percent(result.validation_error)} of the held-out digits. `,
        [gate.promoted ? "It answers from now on: " : "The current version stays: "], `${gate.reason}.`));
    } else if (state === "cancelled") {
      this.verdict.textContent = "Stopped. What it has learned so far is kept: it can go on from there.";
    } else {
      this.verdict.textContent = error ?? "The job failed.";
    }
  }

  trouble(words) {
    say(this.verdict, words);
  }

  async #press() {
    this.button.disabled = true;
    try {
      if (ended(this.job)) {
        await resumeJob(this.id);
        watch(this.id, this.onChange);
      } else {
        await cancelJob(this.id);
      }
    } catch (error) {
      this.trouble(error.message);
    }
    this.button.disabled = false;
  }
}

function describe({ network, start_from: start, epochs, learning_rate: rate }) {
  const hidden = network?.hidden;
  const shape = hidden ? ["784", ...hidden, "10"].join(" – ") : start ? `Going on from ${start}` : "The standard network";
  return `${shape}, ${epochs} ${epochs === 1 ? "epoch" : "epochs"} at ${rate}`;
}
