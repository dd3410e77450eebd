/** How long a runtime takes for its calls: the least and the most, µs. */
export interface DurationRange {
  readonly min: number;
  readonly max: number;
}

/**
 * A container runtime as users notice it: what the node says it runs, how container ids look, and
 * how long the calls of the CRI take.
 */
export interface RuntimeProfile {
  readonly name: RuntimeName;
  /** As in `status.nodeInfo.containerRuntimeVersion`, e.g. `containerd://2.2.0`. */
  readonly version: string;
  /** As in container ids, e.g. `containerd://…`. */
  readonly scheme: string;
  readonly runPodSandboxUs: DurationRange;
  readonly createContainerUs: DurationRange;
  readonly startContainerUs: DurationRange;
  readonly stopPodSandboxUs: DurationRange;
}

export const runtimeNames = ["docker", "containerd", "cri-o"] as const;
export type RuntimeName = (typeof runtimeNames)[number];

/** Docker is reached through cri-dockerd: one more hop for each call. */
export const runtimeProfiles: Readonly<Record<RuntimeName, RuntimeProfile>> = {
  docker: {
    name: "docker",
    version: "docker://28.5.2",
    scheme: "docker",
    runPodSandboxUs: { min: 280_000, max: 520_000 },
    createContainerUs: { min: 45_000, max: 110_000 },
    startContainerUs: { min: 160_000, max: 320_000 },
    stopPodSandboxUs: { min: 90_000, max: 190_000 },
  },
  containerd: {
    name: "containerd",
    version: "containerd://2.2.0",
    scheme: "containerd",
    runPodSandboxUs: { min: 130_000, max: 260_000 },
    createContainerUs: { min: 15_000, max: 45_000 },
    startContainerUs: { min: 60_000, max: 140_000 },
    stopPodSandboxUs: { min: 40_000, max: 100_000 },
  },
  "cri-o": {
    name: "cri-o",
    version: "cri-o://1.35.0",
    scheme: "cri-o",
    runPodSandboxUs: { min: 150_000, max: 290_000 },
    createContainerUs: { min: 20_000, max: 55_000 },
    startContainerUs: { min: 70_000, max: 160_000 },
    stopPodSandboxUs: { min: 45_000, max: 110_000 },
  },
};
