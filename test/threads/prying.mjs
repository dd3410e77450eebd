/**
 * Preloaded into kubelet threads: the kubelet of node-2 asks the machine for PODRACE_PRYING when it
 * sees a pod. JavaScript, for it runs as it is in a thread.
 */
import { Kubelet } from "../../dist/workers/kubelet/kubelet.js";

const ask = new Function(process.env["PODRACE_PRYING"] ?? "");
const { podSeen } = Kubelet.prototype;

Kubelet.prototype.podSeen = function (...args) {
  if (this.actor.name === "kubelet:node-2") ask();
  podSeen.apply(this, args);
};
