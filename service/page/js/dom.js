/** The little that is needed to build elements without a framework; text is always set as text, never as HTML. */

const SVG = "http://www.w3.org/2000/svg";

/** The element with an id; the page and the scripts belong together, so it is there. */
export function byId(id) {
  return document.getElementById(id);
}

/** An HTML element with properties and children. Keys with a hyphen, `role` and `for` become attributes. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** An SVG element with attributes and children. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A bar that fills a share of its track, 0 to 1. */
export function bar(share, ...more) {
  const fill = el("div", { className: "bar-fill" });
  setShare(fill, share);
  return el("div", { className: "bar" }, fill, ...more);
}

/** Set how much of its track an element fills; the style sheet turns the share into a size. */
export function setShare(element, share) {
  element.style.setProperty("--share", String(Math.max(0, Math.min(1, share || 0))));
}

/** Show a sentence in an element, or hide the element when there is none. */
export function say(element, words) {
  if (element.textContent !== (words ?? "")) element.textContent = words ?? ""; // what is said again is not read out again
  element.hidden = !words;
}

/** A paragraph's text with some parts in bold: `bold("The loss is", [value])` sets the value in bold. */
export function bold(...parts) {
  return parts.map((part) => (Array.isArray(part) ? el("b", {}, String(part[0])) : String(part)));
}

/** The value of the chosen radio button of a name. */
export function chosen(name) {
  return document.querySelector(`input[name="${name}"]:checked`)?.value;
}

/** Whether the person prefers still pictures. */
export function prefersStill() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
