/** A whole layer as a grid of squares, one for each neuron; pointer and arrow keys tell which is which. */

import { el } from "./dom.js";

const WIDEST = 336; // CSS pixels, what a narrow phone shows

/**
 * @param {{name: string, columns: number, size: number, paint: (canvas: HTMLCanvasElement) => void,
 *   tell: (index: number) => string, caption: string, choose?: (index: number) => void}} layer
 */
export function neuronGrid({ name, columns, size, paint, tell, caption, choose }) {
  const canvas = el("canvas", { tabIndex: 0, role: "application", "aria-label": `${name}: ${size} neurons. Arrow keys walk through them.` });
  const words = el("figcaption", { textContent: caption, "aria-live": "polite" });
  const scale = Math.max(2, Math.min(20, Math.floor(WIDEST / columns / 2)));
  canvas.style.width = `${columns * scale}px`;
  let at = 0;
  const point = (index, firm) => {
    if (index < 0 || index >= size) return;
    at = index;
    words.textContent = tell(index);
    if (firm) choose?.(index);
  };
  const under = (event) => {
    const box = canvas.getBoundingClientRect();
    const rows = Math.ceil(size / columns);
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return Math.floor(y * rows) * columns + Math.floor(x * columns);
  };
  canvas.addEventListener("pointermove", (event) => point(under(event), false));
  canvas.addEventListener("pointerleave", () => { words.textContent = caption; });
  canvas.addEventListener("click", (event) => point(under(event), true));
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Enter: 0 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    point(at + step, true);
  });
  paint(canvas);
  return el("figure", {}, canvas, words);
}

/** Columns that make a layer a pleasant rectangle: 28 for pictures, about three wide to two high otherwise. */
export function columnsFor(size) {
  if (size === 784) return 28;
  return size <= 16 ? size : Math.ceil(Math.sqrt(size * 1.6));
}
