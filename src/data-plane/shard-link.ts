import { type Running, RunningMark } from "../kernel/running-mark.ts";
import type { EnvironmentOutcome } from "../kernel/environment.ts";
import type { ActorHash } from "../kernel/trace.ts";
import type { Batch } from "./batch.ts";
import type {
  KubeletShard,
  NodeInspection,
  PodInspection,
  ShardConfig,
  StepResult,
} from "./protocol.ts";

/** A way to a shard's kubelets. Where they run is invisible to the caller. */
export interface ShardLink {
  /** As in traces: `main`, `kubelet-thread-1`. */
  readonly threadName: string;
  /** The kubelet that runs, or broke; readable whether or not the shard still answers. */
  readonly running: Running | undefined;
  /** Settles when its thread dies before it is closed; absent where there is none. */
  readonly died?: Promise<Error>;
  init(config: ShardConfig): void | Promise<void>;
  /** The inbox is handed over; it must not be used afterwards. */
  step(endUs: number, inbox: Batch): StepResult | Promise<StepResult>;
  hashes(): readonly ActorHash[] | Promise<readonly ActorHash[]>;
  inspectNode(node: number): NodeInspection | undefined | Promise<NodeInspection | undefined>;
  inspectPod(
    node: number,
    uid: string,
  ): PodInspection | undefined | Promise<PodInspection | undefined>;
  decisions(): EnvironmentOutcome | Promise<EnvironmentOutcome>;
  close(): void | Promise<void>;
}

/** Kubelets on this thread, called directly: for tests, debugging and small clusters. */
export function inlineLink(kubelets: KubeletShard): ShardLink {
  const mark = new RunningMark();
  return {
    threadName: "main",
    get running() {
      return mark.read();
    },
    init: (config) => kubelets.init({ ...config, markBuffer: mark.buffer }),
    step: (endUs, inbox) => kubelets.step(endUs, inbox),
    hashes: () => kubelets.hashes(),
    inspectNode: (node) => kubelets.inspectNode(node),
    inspectPod: (node, uid) => kubelets.inspectPod(node, uid),
    decisions: () => kubelets.decisions(),
    close: () => {},
  };
}
