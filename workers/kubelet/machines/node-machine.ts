import { setup } from "xstate";

/** How long a kubelet waits for its node to appear before it registers again, ms. */
const registrationRetryMs = 10_000;

/**
 * What the machine has its kubelet do. Given as input, so that all kubelets share one machine:
 * a machine of its own costs an actor 16 KB.
 */
export interface NodeDuties {
  register(): void;
  beginHeartbeats(): void;
  reportReady(): void;
  reportNotReady(): void;
}

/**
 * One kubelet's node: registers, waits for its pod network, is ready.
 *
 * @see kubernetes `pkg/kubelet/kubelet_node_status.go`: `registerWithAPIServer`; `tryUpdateNodeStatus`
 */
export const nodeMachine = setup({
  types: {
    input: {} as NodeDuties,
    // A function, since XState looks through objects when an actor goes on from a snapshot.
    context: {} as { readonly duties: () => NodeDuties },
    events: {} as
      | { type: "start" }
      | { type: "registered" }
      | { type: "networkReady" }
      | { type: "networkLost" },
    tags: {} as "ready",
  },
  delays: { registrationRetry: registrationRetryMs },
  actions: {
    register: ({ context }) => context.duties().register(),
    beginHeartbeats: ({ context }) => context.duties().beginHeartbeats(),
    reportReady: ({ context }) => context.duties().reportReady(),
    reportNotReady: ({ context }) => context.duties().reportNotReady(),
  },
}).createMachine({
  id: "node",
  context: ({ input }) => ({ duties: () => input }),
  initial: "booting",
  states: {
    booting: { description: "its process to start", on: { start: "registering" } },
    registering: {
      description: "the API server to show it its node",
      entry: "register",
      on: { registered: { target: "notReady", actions: "beginHeartbeats" } },
      after: { registrationRetry: { target: "registering", reenter: true } },
    },
    notReady: {
      description: "a range of pod addresses for its network",
      entry: "reportNotReady",
      on: { networkReady: "ready" },
    },
    ready: {
      tags: "ready",
      entry: "reportReady",
      on: { networkLost: "notReady" },
    },
  },
});
