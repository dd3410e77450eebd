/**
 * Preloaded into a process with --expose-gc and its threads: garbage is collected now and then,
 * between windows. JavaScript, for it runs as it is in a thread.
 */
import { Timeline } from "../../dist/src/kernel/timeline.js";

const { runBefore } = Timeline.prototype;
let windows = 0;

Timeline.prototype.runBefore = function (endUs) {
  runBefore.call(this, endUs);
  windows++;
  if (windows % 1_009 === 0) globalThis.gc();
  else if (windows % 53 === 0) globalThis.gc({ type: "minor" });
};
