/**
 * Preloaded into kubelet threads: each window takes a random real time more, so that threads answer
 * late, and in another order every time. JavaScript, for it runs as it is in a thread.
 */
import { Timeline } from "../../dist/src/kernel/timeline.js";

const { runBefore } = Timeline.prototype;

Timeline.prototype.runBefore = function (endUs) {
  dawdle();
  runBefore.call(this, endUs);
  dawdle();
};

/** Mostly not at all, seldom long: up to 3 ms. */
function dawdle() {
  const endMs = performance.now() + 3 * Math.random() ** 60;
  while (performance.now() < endMs);
}
