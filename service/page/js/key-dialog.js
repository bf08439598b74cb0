/** Ask for an API key when the service wants one; it is kept for this tab only. */

import { onKeyNeeded, useKey } from "./api.js";
import { byId } from "./dom.js";

/** Start listening; `retry` runs when a key was given. */
export function startKeyDialog(retry) {
  const dialog = byId("key-dialog");
  onKeyNeeded(() => dialog.open || dialog.showModal());
  dialog.addEventListener("close", () => {
    const key = byId("key").value.trim();
    byId("key").value = "";
    if (dialog.returnValue !== "use" || !key) return;
    useKey(key);
    retry();
  });
}
