/** The service, as this page calls it. Every failure becomes an ApiError with one plain sentence. */

/** What went wrong, in words for people; `status` is 0 when the service did not answer. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const KEY = "api-key"; // session storage: one tab, gone when it is closed
let keyOfThisVisit = null; // where a browser is told to store nothing
let askForKey = () => {};

/** Say what to do when the service answers that it wants a key. */
export function onKeyNeeded(ask) {
  askForKey = ask;
}

/** Keep a key for this tab. */
export function useKey(key) {
  keyOfThisVisit = key;
  try {
    sessionStorage.setItem(KEY, key);
  } catch {
    // It holds until the page is left.
  }
}

/** The headers every request carries. */
export function keyHeaders() {
  const key = keyOfThisVisit ?? storedKey();
  return key ? { Authorization: `Bearer ${key}` } : {};
}

function storedKey() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Send a request and return the response when its status is a success. */
export async function send(path, { headers = {}, ...options } = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { ...keyHeaders(), ...headers } });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "The service does not answer. Is it still running?");
  }
  if (response.ok) return response;
  if (response.status === 401) askForKey();
  throw new ApiError(response.status, await reason(response));
}

async function reason(response) {
  try {
    const problem = await response.json();
    if (typeof problem.error === "string") return problem.error;
  } catch {
    // Not JSON: something between this page and the service has answered.
  }
  return `The service answered with status ${response.status}.`;
}

async function json(path, options) {
  return (await send(path, options)).json();
}

function withBody(value) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) };
}

function picture(blob) {
  return { method: "POST", headers: { "Content-Type": blob.type || "application/octet-stream" }, body: blob };
}

/** POST /predict with the 28x28 and every layer; `network` is "alias=…" or "version=…". */
export function predict(blob, network) {
  return json(`predict?include=image,layers&${network}`, picture(blob));
}

/** POST /explain: the four steps for a picture whose digit is `label`. */
export function explain(blob, network, label, learningRate) {
  return json(`explain?label=${label}&learning_rate=${learningRate}&${network}`, picture(blob));
}

export const models = async () => (await json("models")).models;
export const model = (version) => json(`models/${encodeURIComponent(version)}`);
export const aliases = async () => (await json("aliases")).aliases;

export function setAlias(name, version) {
  return json(`aliases/${name}`, { ...withBody({ version }), method: "PUT" });
}

export const rollback = (name) => json(`aliases/${name}/rollback`, { method: "POST" });

/** The weights file of a version: safetensors bytes. */
export async function weights(version) {
  return (await send(`models/${encodeURIComponent(version)}/weights`)).arrayBuffer();
}

export const examples = () => json("examples");

/** POST /examples; `isNew` is false for a picture that was kept already, whoever kept it, and has the new label now. */
export async function keepExample(blob, label) {
  const response = await send(`examples?label=${label}`, picture(blob));
  return { ...(await response.json()), isNew: response.status === 201 };
}

export const forgetExample = (id) => send(`examples/${encodeURIComponent(id)}`, { method: "DELETE" });

export const jobs = async () => (await json("train?limit=8")).jobs;
export const startJob = (config) => json("train", withBody(config));
export const cancelJob = (id) => json(`train/${id}/cancel`, { method: "POST" });
export const resumeJob = (id) => json(`train/${id}/resume`, { method: "POST" });
