/** Numbers and times as people read them. */

const MINUS = "\u2212";

/** A number with three significant figures, and an exponent only where it is very small. */
export function number(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return "∞";
  if (size < 0.0001) return value.toExponential(1).replace("-", MINUS);
  return (size >= 100 ? value.toFixed(0) : value.toPrecision(3)).replace("-", MINUS);
}

/** A number that always shows its sign. */
export function signed(value) {
  return value > 0 ? `+${number(value)}` : number(value);
}

/** A share of 1 as a percentage that never rounds a doubt away. */
export function percent(share) {
  if (share >= 0.99995 && share < 1) return "> 99.99 %";
  if (share > 0 && share < 0.00005) return "< 0.01 %";
  const value = share * 100;
  return `${value.toFixed(value >= 99 && value < 100 ? 2 : value >= 10 ? 1 : 2)} %`;
}

/** A whole number with thousands apart. */
export function count(value) {
  return Math.round(value).toLocaleString("en");
}

/** Seconds as a person would say them. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  if (seconds < 1) return "< 1 s";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** A time of day today, a date otherwise. */
export function when(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return "–";
  const today = time.toDateString() === new Date().toDateString();
  return today ? time.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })
    : time.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}
