/**
 * Strokes as data: points in a unit square, so that one drawing fits every screen and is sent at one size.
 *
 * A stroke is {points: [[x, y, width], …]}; width is relative to the pen's. Curves run through the middles between
 * points, which turns the corners of a sampled pointer into the line the hand meant; a doubled point stays a corner.
 */

const PEN = 0.075; // of the side: about what the makers of MNIST's pens were to their boxes
const SENT_SIDE = 280; // pixels; ten for each of the 28 the network will see

/** Draw strokes into a context whose picture is `side` pixels wide. */
export function drawStrokes(context, strokes, side, colour) {
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const { points } of strokes) drawStroke(context, points, side);
}

function drawStroke(context, points, side) {
  if (points.length === 1) {
    const [x, y, width] = points[0];
    context.beginPath();
    context.arc(x * side, y * side, (PEN * width * side) / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  // Each piece is its own path, because a pen's pressure changes the width along the way.
  let [fromX, fromY] = points[0];
  for (let i = 1; i < points.length; i++) {
    const [x, y, width] = points[i];
    const last = i === points.length - 1;
    const [nextX, nextY] = last ? points[i] : points[i + 1];
    const [toX, toY] = last ? [x, y] : [(x + nextX) / 2, (y + nextY) / 2];
    context.lineWidth = PEN * width * side;
    context.beginPath();
    context.moveTo(fromX * side, fromY * side);
    context.quadraticCurveTo(x * side, y * side, toX * side, toY * side);
    context.stroke();
    [fromX, fromY] = [toX, toY];
  }
}

/** The drawing as a PNG, dark ink on white whatever the page's colours are. */
export function toPng(strokes) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SENT_SIDE;
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, SENT_SIDE, SENT_SIDE);
  drawStrokes(context, strokes, SENT_SIDE, "#000");
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
