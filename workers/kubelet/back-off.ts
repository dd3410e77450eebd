/**
 * How long a container that keeps ending waits before it is started again: not at all at first,
 * then 10 s, doubling, at most 5 min. One that ran for more than 10 min begins anew.
 *
 * @see kubernetes `pkg/kubelet/kubelet.go`: `initialCrashLoopBackOff`, `MaxCrashLoopBackOff`;
 *   client-go `util/flowcontrol/backoff.go`: `Next`, `hasExpired`
 */
export class CrashBackoff {
  #restarts = 0;
  #restartedAtUs = 0;

  /** From its end at `endedAtUs` to its next start, µs. */
  waitUs(endedAtUs: number): number {
    if (endedAtUs - this.#restartedAtUs > forgottenAfterUs) this.#restarts = 0;
    return this.#restarts === 0 ? 0 : doubled(this.#restarts);
  }

  restarted(atUs: number): void {
    this.#restarts++;
    this.#restartedAtUs = atUs;
  }

  forget(): void {
    this.#restarts = 0;
  }
}

/** Wait before the next pull, µs: 10 s, doubling, at most 5 min. @see `pkg/kubelet/images` */
export function pullBackoffUs(failures: number): number {
  return doubled(failures);
}

/** `10s`, `2m40s`: as Go prints a whole number of seconds. */
export function goSeconds(us: number): string {
  const seconds = Math.floor(us / 1_000_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

const backoffUsMax = 300_000_000;
const forgottenAfterUs = 2 * backoffUsMax;

function doubled(times: number): number {
  return Math.min(10_000_000 * 2 ** (times - 1), backoffUsMax);
}
