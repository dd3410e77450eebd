import { setup } from "xstate";

export type PodEvent =
  | { type: "admitted" }
  | { type: "sandboxReady" }
  | { type: "initialized" }
  | { type: "succeeded" }
  | { type: "failed" }
  | { type: "deleted" }
  | { type: "stopped" };

/**
 * One pod's life on its node: a sandbox first, then its containers in it; when it is deleted, the
 * containers stop before the sandbox goes.
 *
 * @see kubernetes `pkg/kubelet/pod_workers.go`
 */
export const podMachine = setup({
  types: { events: {} as PodEvent },
}).createMachine({
  id: "pod",
  initial: "accepted",
  states: {
    accepted: { on: { admitted: "creatingSandbox", deleted: "removed" } },
    creatingSandbox: { on: { sandboxReady: "initializing", deleted: "stopping" } },
    initializing: { on: { initialized: "running", failed: "failed", deleted: "stopping" } },
    running: { on: { succeeded: "succeeded", failed: "failed", deleted: "stopping" } },
    succeeded: { on: { deleted: "stopping" } },
    failed: { on: { deleted: "stopping" } },
    stopping: { on: { stopped: "removed" } },
    removed: { type: "final" },
  },
});
