/**
 * Preloaded into kubelet threads: the kubelet of node-2 asks the machine for PODRACE_PRYING when it
 * sees a pod, and if PODRACE_SWALLOWING is set it goes on in spite of the refusal. JavaScript, for it
 * runs as it is in a thread.
 */
import { ambientSources } from "../../dist/test/determinism/ambient-sources.js";
import { Kubelet } from "../../dist/workers/kubelet/kubelet.js";

const { PODRACE_PRYING: code, PODRACE_SWALLOWING: swallows = "" } = process.env;
const source = ambientSources.find((each) => each.code === code);
const { podSeen } = Kubelet.prototype;

Kubelet.prototype.podSeen = function (...args) {
  try {
    if (this.actor.name === "kubelet:node-2") source?.ask();
  } catch (error) {
    if (swallows === "") throw error;
  }
  podSeen.apply(this, args);
};
