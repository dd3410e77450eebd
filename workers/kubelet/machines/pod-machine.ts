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
    accepted: {
      description: "its containers to be worked out",
      on: { admitted: "creatingSandbox", deleted: "removed" },
    },
    creatingSandbox: {
      description: "the runtime to make its sandbox",
      on: { sandboxReady: "initializing", deleted: "stopping" },
    },
    initializing: {
      description: "its init containers, one after another",
      on: { initialized: "running", failed: "failed", deleted: "stopping" },
    },
    running: {
      description: "its containers to end, or to be deleted",
      on: { succeeded: "succeeded", failed: "failed", deleted: "stopping" },
    },
    succeeded: { description: "to be deleted", on: { deleted: "stopping" } },
    failed: { description: "to be deleted", on: { deleted: "stopping" } },
    stopping: { description: "its containers and its sandbox to stop", on: { stopped: "removed" } },
    removed: { type: "final" },
  },
});
