/**
 * What the page knows, in one place: sections say here what changed and listen for it, so few of them call another.
 *
 * picture     {blob, complete, drawn} or null; complete when the pen is lifted, drawn on the pad and not loaded
 * network     the query that picks a network: "alias=production", "version=7"
 * prediction  the last answer of POST /predict, or null
 * label       the digit the picture really is, or null
 * models      GET /models, aliases  GET /aliases
 */
const state = { picture: null, network: "alias=production", prediction: null, label: null, models: [], aliases: {} };
const listeners = new Map();

/** The current state; change it with `set` only. */
export const now = () => state;

/** Change the state and tell who listens, once for each changed key. */
export function set(changes) {
  const changed = Object.keys(changes).filter((key) => state[key] !== changes[key]);
  Object.assign(state, changes);
  for (const key of changed) for (const listener of listeners.get(key) ?? []) listener(state);
}

/** Call a function whenever one of these keys changes. */
export function on(keys, listener) {
  for (const key of [keys].flat()) listeners.set(key, [...(listeners.get(key) ?? []), listener]);
}
