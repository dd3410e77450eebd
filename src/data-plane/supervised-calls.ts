/**
 * The calls under way to one thread. Comlink never settles a call whose thread is gone, so they are
 * kept here, and rejected when it dies, or when one takes longer than its deadline.
 */
export class SupervisedCalls {
  readonly #lateError: (method: string, deadlineMs: number) => Error;
  readonly #pending = new Set<PendingCall>();
  #failure: Error | undefined;

  constructor(lateError: (method: string, deadlineMs: number) => Error) {
    this.#lateError = lateError;
  }

  run<T>(method: string, deadlineMs: number, call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const pending: PendingCall = {
        reject,
        cancelDeadline: afterAwake(deadlineMs, () =>
          this.fail(this.#lateError(method, deadlineMs)),
        ),
      };
      const settle = (): void => {
        pending.cancelDeadline();
        this.#pending.delete(pending);
      };
      this.#pending.add(pending);
      call.then(resolve, reject).finally(settle);
    });
  }

  /** Rejects what is under way, and all that comes after it, with the first error there was. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject, cancelDeadline } of this.#pending) {
      // Nothing else would: the call itself never settles, and a timer keeps the process alive.
      cancelDeadline();
      reject(this.#failure);
    }
    this.#pending.clear();
  }
}

interface PendingCall {
  readonly reject: (error: Error) => void;
  readonly cancelDeadline: () => void;
}

/** Parts of a deadline, each on a timer of its own. */
const parts = 8;

/**
 * Calls `act` once this process was awake for `ms`: a process that was suspended, or held up by a
 * long garbage collection, finds one part over when it wakes, and the answers that came meanwhile
 * before the next.
 */
function afterAwake(ms: number, act: () => void): () => void {
  let left = parts;
  let timer: NodeJS.Timeout;
  const waitOnce = (): void => {
    timer = setTimeout(() => (--left === 0 ? act() : waitOnce()), ms / parts);
  };
  waitOnce();
  return () => clearTimeout(timer);
}
