import { MessageChannel, Worker } from "node:worker_threads";
import * as Comlink from "comlink";
import { RunningMark } from "../kernel/running-mark.ts";
import { carryBatches } from "./batch-transfer.ts";
import type { KubeletShard } from "./protocol.ts";
import type { ShardLink } from "./shard-link.ts";
import { SupervisedCalls } from "./supervised-calls.ts";

/** A kubelet thread that died, or does not answer: the run is over. */
export class ShardThreadError extends Error {
  override readonly name = "ShardThreadError";
}

/** How long a thread may take to start, and to answer what is asked now and then, ms. */
const deadlineMs = 60_000;

/**
 * Kubelets on a thread of their own: for speed.
 *
 * @param stepDeadlineMs How long one step may take before the thread counts as stuck.
 */
export function threadLink(threadName: string, stepDeadlineMs: number = deadlineMs): ShardLink {
  carryBatches();
  const { port1: near, port2: far } = new MessageChannel();
  const thread = new Worker(new URL(import.meta.resolve("#workers/kubelet-thread")), {
    name: threadName,
    workerData: { port: far },
    transferList: [far],
  });
  const calls = new SupervisedCalls((method, ms) => {
    return new ShardThreadError(`${threadName} did not answer ${method} within ${ms} ms`);
  });
  let closing = false;
  const died = new Promise<Error>((resolve) => {
    const die = (error: Error): void => {
      calls.fail(error);
      resolve(error);
    };
    thread.once("error", (cause) => {
      die(new ShardThreadError(`${threadName} crashed: ${String(cause)}`, { cause }));
    });
    thread.once("exit", (code) => {
      if (!closing) die(new ShardThreadError(`${threadName} exited with code ${code}`));
    });
  });
  const mark = new RunningMark();
  // One proxy for the thread's life, and each method taken once: see Comlink's finalizers.
  const remote = Comlink.wrap<KubeletShard>(near);
  const { init, step, hashes, inspectNode, inspectPod, decisions } = remote;
  return {
    threadName,
    died,
    get running() {
      return mark.read();
    },
    init: (config) => calls.run("init", deadlineMs, init({ ...config, markBuffer: mark.buffer })),
    step: (endUs, inbox) => calls.run("step", stepDeadlineMs, step(endUs, inbox)),
    hashes: () => calls.run("hashes", deadlineMs, hashes()),
    inspectNode: (node) => calls.run("inspectNode", deadlineMs, inspectNode(node)),
    inspectPod: (node, uid) => calls.run("inspectPod", deadlineMs, inspectPod(node, uid)),
    decisions: () => calls.run("decisions", deadlineMs, decisions()),
    async close() {
      closing = true;
      calls.fail(new ShardThreadError(`${threadName} was closed`));
      near.close();
      await thread.terminate();
    },
  };
}
