/** A container that ran this long has earned a fresh start, µs. */
export const crashBackoffResetUs = 600_000_000;

/**
 * Wait before the next restart, µs: none before the first, then 10 s, doubling, at most 5 min.
 *
 * @see kubernetes `pkg/kubelet/kubelet.go`: `initialNodeStatusUpdate…`, `MaxCrashLoopBackOff`;
 *   client-go `util/flowcontrol/backoff.go`: the first crash has no entry yet, so no wait
 */
export function crashBackoffUs(restarts: number): number {
  return restarts === 0 ? 0 : doubling(restarts - 1);
}

/** Wait before the next pull, µs: 10 s, doubling, at most 5 min. @see `pkg/kubelet/images` */
export function pullBackoffUs(failures: number): number {
  return doubling(failures - 1);
}

function doubling(times: number): number {
  return Math.min(10_000_000 * 2 ** Math.max(times, 0), 300_000_000);
}
