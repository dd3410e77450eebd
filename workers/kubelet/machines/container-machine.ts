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
    waiting: { description: "the containers before it", on: { start: "checkingImage" } },
    checkingImage: {
      description: "a look at its node's images",
      on: { imagePresent: "creating", imageMissing: "pulling", pullFailed: "errImagePull" },
    },
    pulling: {
      description: "the runtime to pull its image",
      on: { pulled: "creating", pullFailed: "errImagePull" },
    },
    errImagePull: {
      description: "the kubelet's next look at it",
      on: { backOff: "imagePullBackOff", retry: "checkingImage" },
    },
    imagePullBackOff: { description: "its back-off to be over", on: { retry: "checkingImage" } },
    creating: { description: "the runtime to create it", on: { created: "starting" } },
    starting: {
      description: "the runtime to start it",
      on: { started: "running", exited: "exited" },
    },
    running: { description: "its process to end", on: { exited: "exited" } },
    exited: {
      description: "the kubelet's next look at it, if it is to be restarted",
      on: { restart: "checkingImage", backOff: "crashLoopBackOff" },
    },
    crashLoopBackOff: { description: "its back-off to be over", on: { retry: "checkingImage" } },
    stopped: {},
  },
});
