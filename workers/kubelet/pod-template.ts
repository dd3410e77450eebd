import type { KubeletContainer, KubeletPodSpec } from "../../src/data-plane/protocol.ts";
import type { FactData } from "../../src/kernel/trace.ts";
import type { ShownState } from "./container-life.ts";

/** What pods of one spec have in common, worked out once: there are many pods and few specs. */
export class PodTemplate {
  readonly spec: KubeletPodSpec;
  /** Init containers first. */
  readonly containers: readonly KubeletContainer[];
  readonly initCount: number;
  /** How each container waits at first. */
  readonly firstShown: ShownState;
  /** What the trace is told of the containers. */
  readonly workedOut: FactData;

  constructor(spec: KubeletPodSpec) {
    const { initContainers, containers } = spec;
    this.spec = spec;
    this.containers = [...initContainers, ...containers];
    this.initCount = initContainers.length;
    const reason = initContainers.length > 0 ? "PodInitializing" : "ContainerCreating";
    this.firstShown = { name: "waiting", reason, message: "" };
    this.workedOut = {
      count: containers.length,
      containers: imagesByName(containers),
      initContainers: imagesByName(initContainers),
    };
  }
}

function imagesByName(containers: readonly KubeletContainer[]): string {
  return containers.map(({ name, image }) => `${name}=${image}`).join(" ");
}
