import { MessageChannel, Worker } from "node:worker_threads";
import * as Comlink from "comlink";
import { carryBatches } from "./batch-transfer.ts";
import type { KubeletShard } from "./protocol.ts";
import type { ShardLink } from "./shard-link.ts";

/** How long one call may take before its thread counts as stuck, ms. */
const deadlineMs = 60_000;

/** A kubelet thread that died, or does not answer: the run is over. */
export class ShardThreadError extends Error {
  override readonly name = "ShardThreadError";
}

/** Kubelets on a thread of their own: for speed. */
export function threadLink(threadName: string): ShardLink {
  carryBatches();
  const { port1: near, port2: far } = new MessageChannel();
  const thread = new Worker(new URL(import.meta.resolve("#workers/kubelet-thread")), {
    name: threadName,
    workerData: { port: far },
    transferList: [far],
  });
  const calls = new SupervisedCalls(threadName);
  let closing = false;
  thread.once("error", (cause) => {
    calls.fail(new ShardThreadError(`${threadName} crashed: ${String(cause)}`, { cause }));
  });
  thread.once("exit", (code) => {
    if (!closing) calls.fail(new ShardThreadError(`${threadName} exited with code ${code}`));
  });
  // One proxy for the thread's life, and each method taken once: see Comlink's finalizers.
  const remote = Comlink.wrap<KubeletShard>(near);
  const { init, step, hashes, inspectNode } = remote;
  return {
    threadName,
    init: (config) => calls.run("init", init(config)),
    step: (endUs, inbox) => calls.run("step", step(endUs, inbox)),
    hashes: () => calls.run("hashes", hashes()),
    inspectNode: (node) => calls.run("inspectNode", inspectNode(node)),
    async close() {
      closing = true;
      calls.fail(new ShardThreadError(`${threadName} was closed`));
      near.close();
      await thread.terminate();
    },
  };
}

/**
 * Comlink never settles a call whose thread is gone, so the calls under way are kept here and
 * rejected when it dies, or when one takes longer than its deadline.
 */
class SupervisedCalls {
  readonly #threadName: string;
  readonly #pending = new Set<PendingCall>();
  #failure: Error | undefined;

  constructor(threadName: string) {
    this.#threadName = threadName;
  }

  run<T>(method: string, call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const deadline = setTimeout(() => {
        this.fail(
          new ShardThreadError(
            `${this.#threadName} did not answer ${method} within ${deadlineMs} ms`,
          ),
        );
      }, deadlineMs);
      const pending = { reject, deadline };
      const settle = (): void => {
        clearTimeout(deadline);
        this.#pending.delete(pending);
      };
      this.#pending.add(pending);
      call.then(resolve, reject).finally(settle);
    });
  }

  fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject, deadline } of this.#pending) {
      // Nothing else would: the call itself never settles, and a timer keeps the process alive.
      clearTimeout(deadline);
      reject(error);
    }
    this.#pending.clear();
  }
}

interface PendingCall {
  readonly reject: (error: Error) => void;
  readonly deadline: NodeJS.Timeout;
}
