/** The same request for other programs, ready to paste, and the last answer as it came. */

import { byId, chosen } from "./dom.js";
import { now, on } from "./store.js";

const SNIPPETS = {
  curl: (url) => `curl -H "Content-Type: image/png" --data-binary @digit.png \\\n  "${url}"`,
  python: (url) => `import urllib.request, json\n\npicture = open("digit.png", "rb").read()\nrequest = urllib.request.Request(\n    "${url}",\n    data=picture,\n    headers={"Content-Type": "image/png"},\n)\nanswer = json.load(urllib.request.urlopen(request))\nprint(answer["digit"], answer["confidence"], answer["activations"])`,
  javascript: (url) => `const response = await fetch("${url}", {\n  method: "POST",\n  headers: { "Content-Type": "image/png" },\n  body: picture, // a Blob, such as a file or canvas.toBlob\n});\nconst { digit, confidence, activations } = await response.json();`,
};

/** Start the corner. */
export function startDeveloper() {
  for (const radio of document.querySelectorAll('input[name="language"]')) radio.addEventListener("change", showSnippet);
  on("network", showSnippet);
  on("prediction", showReply);
  byId("copy").addEventListener("click", copy);
  showSnippet();
}

function showSnippet() {
  const { network } = now();
  const url = new URL(network === "alias=production" ? "predict" : `predict?${network}`, document.baseURI);
  byId("snippet").textContent = SNIPPETS[chosen("language")](url.href);
}

function showReply() {
  const { prediction } = now();
  if (!prediction) return;
  const { image, layers, ...answer } = prediction; // asked for by this page only
  const flat = JSON.stringify(answer, null, 2).replace(/\[[^\][]*\]/g, (list) => list.replace(/\s+/g, " "));
  byId("reply").textContent = flat;
}

async function copy() {
  const button = byId("copy");
  try {
    await navigator.clipboard.writeText(byId("snippet").textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(byId("snippet")); // no permission: select it, so that one key copies
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}
