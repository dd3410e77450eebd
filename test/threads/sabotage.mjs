/**
 * Preloaded into the process and threads of a podrace under test: the kubelets that PODRACE_SABOTAGE
 * names do what no kubelet should. JavaScript, for it runs as it is in a thread.
 */
import { syncBuiltinESMExports } from "node:module";
import workerThreads from "node:worker_threads";
import { Kubelet } from "../../dist/workers/kubelet/kubelet.js";

/** @type {readonly { node: string, when: "start" | "podSeen", deed: keyof typeof deeds }[]} */
const plans = JSON.parse(process.env["PODRACE_SABOTAGE"] ?? "[]");

const deeds = {
  loop() {
    for (;;);
  },
  exit() {
    process.exit(7);
  },
  throw() {
    throw new RangeError("sabotage");
  },
  /** Thrown where nobody can catch it. */
  crash() {
    process.nextTick(() => {
      throw new RangeError("sabotage");
    });
  },
  memory() {
    const hoard = [];
    for (;;) hoard.push(Array.from({ length: 10_000 }, (_none, index) => ({ index })));
  },
};

if (workerThreads.isMainThread) {
  const { Worker } = workerThreads;
  workerThreads.Worker = class extends Worker {
    constructor(url, options) {
      super(url, { ...options, resourceLimits: { maxOldGenerationSizeMb: 48 } });
    }
  };
  syncBuiltinESMExports();
} else {
  for (const when of ["start", "podSeen"]) {
    const honest = Kubelet.prototype[when];
    Kubelet.prototype[when] = function (...args) {
      for (const plan of plans) {
        if (plan.when === when && `kubelet:${plan.node}` === this.actor.name) deeds[plan.deed]();
      }
      return honest.apply(this, args);
    };
  }
}
