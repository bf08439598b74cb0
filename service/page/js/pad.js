/**
 * The drawing pad: pointer, keyboard and samples make strokes; a loaded picture takes their place.
 * Whatever is on it goes into the store as a blob to send.
 */

import { css } from "./colour.js";
import { byId, prefersStill } from "./dom.js";
import { latest } from "./latest.js";
import { set } from "./store.js";
import { drawStrokes, toPng } from "./strokes.js";

const canvas = byId("pad");
const context = canvas.getContext("2d");
const STEP = 0.03; // how far an arrow key moves the pen, of the side

let strokes = [];
let current = null; // the stroke being drawn
let pointer = null; // the mouse, finger or pen that draws it: a second finger does not take over
let preview = null; // a loaded picture, shown instead of strokes
let guest = false; // a sample is on the pad: the first stroke of the person replaces it
let pen = null; // the keyboard's pen: [x, y]
let playing = 0; // counts samples, so that a newer one stops an older one's animation

/** Start the pad. */
export function startPad() {
  canvas.addEventListener("pointerdown", begin);
  canvas.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, end);
  canvas.addEventListener("keydown", key);
  canvas.addEventListener("blur", () => { pen = null; lift(); render(); });
  byId("undo").addEventListener("click", undo);
  byId("clear").addEventListener("click", clear);
  document.addEventListener("themechange", render);
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && !event.target.matches("input")) undo();
  });
  new ResizeObserver(render).observe(canvas);
}

function at(event) {
  const box = canvas.getBoundingClientRect();
  const pressure = event.pointerType === "pen" ? 0.6 + 0.8 * event.pressure : 1;
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, pressure];
}

function begin(event) {
  if (event.button !== 0 || ![null, event.pointerId].includes(pointer)) return;
  event.preventDefault();
  canvas.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  pointer = event.pointerId;
  makeRoom();
  pen = null;
  current = { points: [at(event)] };
  strokes.push(current);
  changed(false);
}

function move(event) {
  if (!current || event.pointerId !== pointer) return;
  // The browser bundles moves between frames; taking them apart again keeps fast curves round.
  const moves = event.getCoalescedEvents?.() ?? [];
  current.points.push(...(moves.length ? moves : [event]).map(at));
  changed(false);
}

function end(event) {
  if (event.pointerId !== pointer) return;
  pointer = null;
  lift();
}

function lift() {
  if (!current) return;
  current = null;
  changed(true);
}

/** A new stroke by the person's own hand does not add to a sample or a loaded picture. */
function makeRoom() {
  playing++;
  if (guest || preview) {
    strokes = [];
    set({ label: null });
  }
  guest = false;
  preview = null;
}

function key(event) {
  const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in moves) movePen(moves[event.key], event.shiftKey ? 3 : 1);
  else if (event.key === " ") togglePen();
  else if (event.key === "Backspace") undo();
  else if (event.key === "Escape") clear();
  else return;
  event.preventDefault();
}

function movePen([dx, dy], times) {
  pen ??= [0.5, 0.2];
  const inside = (value) => Math.max(0.05, Math.min(0.95, value));
  pen = [inside(pen[0] + dx * times), inside(pen[1] + dy * times)];
  if (current) {
    current.points.push([...pen, 1]);
    changed(false);
  } else {
    render();
  }
}

function togglePen() {
  pen ??= [0.5, 0.2];
  if (current) {
    lift();
    return;
  }
  makeRoom();
  current = { points: [[...pen, 1]] };
  strokes.push(current);
  changed(false);
}

function undo() {
  if (preview || !strokes.length) return;
  playing++;
  current = null;
  strokes.pop();
  changed(true);
}

/** Empty the pad. */
export function clear() {
  playing++;
  strokes = [];
  current = preview = null;
  guest = false;
  set({ label: null });
  changed(true);
}

/** Draw a sample, stroke by stroke where motion is welcome. */
export async function play(sample) {
  clear();
  guest = true;
  const mine = playing;
  if (!prefersStill()) {
    for (const { points } of sample.strokes) {
      const growing = { points: [] };
      strokes.push(growing);
      for (const point of finer(points)) {
        growing.points.push(point);
        changed(false);
        await new Promise(requestAnimationFrame);
        if (playing !== mine) return;
      }
    }
  }
  strokes = [...sample.strokes];
  changed(true);
}

/** Points in between, for an even speed of the pen. */
function finer(points) {
  const pieces = points.slice(1).flatMap(([x, y], i) => {
    const [x0, y0] = points[i];
    const n = Math.max(1, Math.round(Math.hypot(x - x0, y - y0) / 0.05));
    return Array.from({ length: n }, (_, k) => [x0 + ((x - x0) * (k + 1)) / n, y0 + ((y - y0) * (k + 1)) / n, 1]);
  });
  return [points[0], ...pieces];
}

/** Put a loaded picture on the pad; its own bytes are what is sent. `bitmap` is null when the browser cannot show it. */
export function showPicture(blob, bitmap) {
  playing++;
  strokes = [];
  current = null;
  preview = { blob, bitmap };
  set({ label: null });
  changed(true);
}

function changed(complete) {
  byId("undo").disabled = !strokes.length;
  byId("clear").disabled = !strokes.length && !preview;
  byId("pad-hint").hidden = strokes.length > 0 || preview !== null;
  offer(complete);
  render();
}

/** Put what is on the pad into the store; a picture costs milliseconds to encode, so only the newest is. */
const offer = latest(async (complete) => {
  const empty = !strokes.length && !preview;
  const blob = empty ? null : (preview?.blob ?? await toPng(strokes));
  set({ picture: blob && { blob, complete, drawn: !preview } });
}, 20);

function render() {
  const side = Math.round(canvas.clientWidth * devicePixelRatio);
  if (!side) return;
  canvas.width = canvas.height = side;
  context.clearRect(0, 0, side, side);
  if (preview) drawPreview(side);
  drawStrokes(context, strokes, side, css("ink"));
  if (pen) drawPen(side);
}

function drawPreview(side) {
  const { bitmap } = preview;
  if (!bitmap) {
    context.fillStyle = css("muted");
    context.textAlign = "center";
    context.font = `${side / 18}px sans-serif`;
    context.fillText("(no preview of this format)", side / 2, side / 2);
    return;
  }
  const scale = Math.min(side / bitmap.width, side / bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  context.imageSmoothingEnabled = scale < 1;
  context.drawImage(bitmap, (side - width) / 2, (side - height) / 2, width, height);
}

function drawPen(side) {
  context.beginPath();
  context.arc(pen[0] * side, pen[1] * side, side * 0.035, 0, 2 * Math.PI);
  context.strokeStyle = css(current ? "accent" : "muted");
  context.lineWidth = side / 120;
  context.stroke();
}
