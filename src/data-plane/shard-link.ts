import type { ActorHash } from "../kernel/trace.ts";
import type { Batch } from "./batch.ts";
import type { Inspection, KubeletShard, ShardConfig, StepResult } from "./protocol.ts";

/** A way to a shard's kubelets. Where they run is invisible to the caller. */
export interface ShardLink {
  /** As in traces: `main`, `kubelet-thread-1`. */
  readonly threadName: string;
  init(config: ShardConfig): void | Promise<void>;
  /** The inbox is handed over; it must not be used afterwards. */
  step(endUs: number, inbox: Batch): StepResult | Promise<StepResult>;
  hashes(): readonly ActorHash[] | Promise<readonly ActorHash[]>;
  inspectNode(node: number): Inspection | undefined | Promise<Inspection | undefined>;
  close(): void | Promise<void>;
}

/** Kubelets on this thread, called directly: for tests, debugging and small clusters. */
export function inlineLink(kubelets: KubeletShard): ShardLink {
  return {
    threadName: "main",
    init: (config) => kubelets.init(config),
    step: (endUs, inbox) => kubelets.step(endUs, inbox),
    hashes: () => kubelets.hashes(),
    inspectNode: (node) => kubelets.inspectNode(node),
    close: () => {},
  };
}
