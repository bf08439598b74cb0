/**
 * Run slow work for the newest request only: one in flight, and of those that come meanwhile the last.
 *
 * A fixed delay would be too long for a quick server and too short for a busy one; this settles at the server's own
 * pace, and answers can never overtake one another.
 */
export function latest(work, pause = 40) {
  let busy = false;
  let waiting = null;

  return async function run(...values) {
    waiting = values;
    if (busy) return;
    busy = true;
    try {
      while (waiting !== null) {
        const newest = waiting;
        waiting = null;
        await work(...newest);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    } finally {
      busy = false;
      if (waiting !== null) run(...waiting); // what came while the work failed is done all the same
    }
  };
}
