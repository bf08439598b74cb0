/** Versions and the names that point to them: list, promote, roll back, and pick the one that reads. */

import { aliases, ApiError, models, rollback, setAlias } from "./api.js";
import { byId, el } from "./dom.js";
import { percent, when } from "./format.js";
import { now, on, set } from "./store.js";

/** Start the list and the choice of a network above the bars. */
export function startVersions() {
  byId("network").addEventListener("change", (event) => set({ network: event.target.value }));
  on(["models", "aliases", "network"], show);
  let answering = null;
  on("prediction", ({ prediction, network }) => {
    // Another version answers under the same name: someone has promoted one.
    const version = prediction?.model.version ?? answering;
    if (network === "alias=production" && answering !== null && version !== answering) refreshVersions();
    if (network === "alias=production") answering = version;
  });
  refreshVersions();
}

/** Fetch the list anew. */
export async function refreshVersions() {
  try {
    const [list, names] = await Promise.all([models(), aliases()]);
    const { models: known, aliases: before } = now();
    set({ models: newer(list, known), aliases: newer(names, before) });
  } catch (error) {
    byId("version-note").textContent = error.message;
  }
}

/** What came, or what there was where they are equal: buttons that are drawn anew lose the finger that is on them. */
const newer = (came, known) => (JSON.stringify(came) === JSON.stringify(known) ? known : came);

function show() {
  showChoice();
  const heads = ["Version", "Names", "Test digits misread", "Made"].map((head) => el("th", { scope: "col", textContent: head }));
  const newest = [...now().models].sort((a, b) => Number(b.version) - Number(a.version));
  byId("versions").replaceChildren(el("table", { className: "versions" }, el("thead", {}, el("tr", {}, ...heads, el("td"))), el("tbody", {}, ...newest.map(row))));
}

function showChoice() {
  const select = byId("network");
  const { aliases: names, models: list, network } = now();
  select.replaceChildren(
    ...Object.entries(names).map(([name, version]) => el("option", { value: `alias=${name}`, textContent: `${name} (version ${version})` })),
    ...list.filter((model) => !model.error).map(({ version }) => el("option", { value: `version=${version}`, textContent: `version ${version}` })));
  select.value = network;
}

function row(model) {
  const names = namesOf(model.version);
  const error = model.metrics.test_error;
  const made = model.created_at ? when(model.created_at) : "–";
  if (model.error) {
    return el("tr", {}, el("td", { textContent: model.version }), el("td", { className: "broken wide", colSpan: 4, textContent: `Not usable: ${model.error}` }));
  }
  return el("tr", {}, el("td", { textContent: model.version, "data-name": "Version" }), el("td", {}, ...names.map((name) => el("span", { className: "chip", textContent: name }))),
    el("td", { textContent: error === undefined || error === null ? "–" : percent(error), "data-name": "Misread" }),
    el("td", { textContent: made, "data-name": "Made" }), el("td", { className: "actions" }, ...actions(model.version, names)));
}

const namesOf = (version) => Object.entries(now().aliases).filter(([, target]) => target === version).map(([name]) => name);

function actions(version, names) {
  const act = (words, label, work) => el("button", { type: "button", textContent: words, "aria-label": label, onclick: () => move(work) });
  if (names.includes("production")) {
    return [act("Roll back", `Roll back production from version ${version}`, () => goBack(version))];
  }
  return [act("Promote", `Promote version ${version}`, () => setAlias("production", version))];
}

/** Only the service knows where production was before: also a newer version, where an older one was promoted. */
async function goBack(version) {
  try {
    await rollback("production");
  } catch (error) {
    if (error.status !== 409) throw error;
    throw new ApiError(409, `There is nothing to go back to: production began with version ${version}.`);
  }
}

async function move(work) {
  try {
    await work();
    byId("version-note").textContent = "Done. The service changes over without missing a request.";
  } catch (error) {
    byId("version-note").textContent = error.message;
  }
  await refreshVersions();
}
