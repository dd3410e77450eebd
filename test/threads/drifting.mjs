/**
 * Preloaded into kubelet threads: what the kubelet of node-2 waits for comes 1 µs late, once it has
 * seen a pod. JavaScript, for it runs as it is in a thread.
 */
import { Timeline } from "../../dist/src/kernel/timeline.js";
import { Kubelet } from "../../dist/workers/kubelet/kubelet.js";

const { podSeen } = Kubelet.prototype;
const { setTimer } = Timeline.prototype;
let lateUs = 0;

Kubelet.prototype.podSeen = function (...args) {
  if (this.actor.name === "kubelet:node-2") lateUs = 1;
  podSeen.apply(this, args);
};

Timeline.prototype.setTimer = function (actor, delayUs, handle) {
  const drift = actor.name === "kubelet:node-2" ? lateUs : 0;
  return setTimer.call(this, actor, delayUs + drift, handle);
};
