/** Starts every part. Read in this order: store, pad, reading, inside, explain, training. */

import { startDeveloper } from "./developer.js";
import { byId } from "./dom.js";
import { startExplain } from "./explain.js";
import { startInside } from "./inside.js";
import { startKeyDialog } from "./key-dialog.js";
import { play, startPad } from "./pad.js";
import { startPictureInput } from "./picture-input.js";
import { startReading } from "./reading.js";
import { SAMPLES } from "./samples.js";
import { now, set } from "./store.js";
import { listJobs, startTraining } from "./training.js";
import { showCounts, startTruth } from "./truth.js";
import { refreshVersions, startVersions } from "./versions.js";

startReading();
startTruth();
startInside();
startExplain();
startTraining();
startVersions();
startDeveloper();
startPictureInput();
startPad();
startKeyDialog(() => {
  refreshVersions();
  showCounts();
  listJobs(true);
  if (now().picture) set({ picture: { ...now().picture } });
});
markSection();
play(SAMPLES[3]); // an empty page explains nothing; the first stroke of the person replaces it

/** Show in the navigation which part is being read. */
function markSection() {
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) {
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(target.id).setAttribute("aria-current", "true");
      }
    }
  }, { rootMargin: "-40% 0px -55% 0px" });
  for (const id of links.keys()) observer.observe(byId(id));
}
