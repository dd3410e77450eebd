import { setup } from "xstate";

export type ContainerEvent =
  | { type: "start" }
  | { type: "imagePresent" }
  | { type: "imageMissing" }
  | { type: "pulled" }
  | { type: "pullFailed" }
  | { type: "backOff" }
  | { type: "retry" }
  | { type: "created" }
  | { type: "started" }
  | { type: "exited" }
  | { type: "restart" }
  | { type: "stop" };

/**
 * One container's life as its kubelet leads it. Compiled to a table for the hot path; what is done
 * on entering a state is the pod worker's business.
 *
 * @see kubernetes `pkg/kubelet/kuberuntime/kuberuntime_manager.go`, `SyncPod`; `pkg/kubelet/images/image_manager.go`
 */
export const containerMachine = setup({
  types: { events: {} as ContainerEvent },
}).createMachine({
  id: "container",
  initial: "waiting",
  on: { stop: ".stopped" },
  states: {
    waiting: { on: { start: "checkingImage" } },
    checkingImage: {
      on: { imagePresent: "creating", imageMissing: "pulling", pullFailed: "errImagePull" },
    },
    pulling: { on: { pulled: "creating", pullFailed: "errImagePull" } },
    errImagePull: { on: { backOff: "imagePullBackOff", retry: "checkingImage" } },
    imagePullBackOff: { on: { retry: "checkingImage" } },
    creating: { on: { created: "starting" } },
    starting: { on: { started: "running", exited: "exited" } },
    running: { on: { exited: "exited" } },
    exited: { on: { restart: "checkingImage", backOff: "crashLoopBackOff" } },
    crashLoopBackOff: { on: { retry: "checkingImage" } },
    stopped: {},
  },
});
