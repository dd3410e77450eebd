import { unguarded } from "./handling.ts";

/**
 * The one place that knows real time. Everything simulated asks the `Timeline`; only live pacing
 * and the composition root's choice of a start time come here.
 */
export interface WallClock {
  /** µs since the Unix epoch, an integer that never runs backwards. */
  nowUs(): number;
  /** Calls `wake` once, `afterMs` from now; the returned function takes that back. */
  wakeAfter(afterMs: number, wake: () => void): () => void;
  /** Settles after sockets and worker messages had their turn. */
  yieldToIo(): Promise<void>;
}

const originUs = Math.round(performance.timeOrigin * 1_000);
const timerMsMax = 0x7fff_ffff;

export const wallClock: WallClock = {
  // Asked by handlers, too: a request that turns the dial anchors the pace to real time.
  nowUs: () => unguarded(() => originUs + Math.floor(performance.now() * 1_000)),

  wakeAfter(afterMs, wake) {
    const timer = setTimeout(wake, Math.min(afterMs, timerMsMax));
    return () => clearTimeout(timer);
  },

  yieldToIo: () => new Promise((resolve) => void setImmediate(resolve)),
};
