/** Ways to bring a picture other than drawing it: a file, the clipboard, a drop, a sample. */

import { byId, el, say } from "./dom.js";
import { play, showPicture } from "./pad.js";
import { SAMPLES } from "./samples.js";

/** Listen for files, pastes and drops, and offer the samples. */
export function startPictureInput() {
  const file = byId("file");
  file.addEventListener("change", () => {
    take(file.files[0]);
    file.value = ""; // so that the same file can be chosen again
  });
  document.addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
    if (pasted) take(pasted);
  });
  startDrop(byId("pad-frame"));
  const row = document.querySelector(".samples");
  for (const sample of SAMPLES) {
    const label = sample.name.length === 1 ? `Draw a sample ${sample.name}` : `Draw a sample: ${sample.name}`;
    row.append(el("button", { type: "button", className: sample.name.length === 1 ? "" : "wide", textContent: sample.name, "aria-label": label, onclick: () => play(sample) }));
  }
}

/** A file may be dropped anywhere: without this the browser would leave the page and show the file. */
function startDrop(frame) {
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    frame.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) frame.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    frame.classList.remove("dropping");
    take(event.dataTransfer.files[0]);
  });
}

async function take(file) {
  if (!file) return;
  say(byId("trouble"), null);
  // The service decides what it can read; a browser that cannot show a TIFF may still send it.
  const bitmap = await createImageBitmap(file).catch(() => null);
  showPicture(file, bitmap);
}
