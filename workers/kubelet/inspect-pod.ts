import { dottedIp } from "../../src/api/ip.ts";
import { rfc3339Micro } from "../../src/api/time.ts";
import type { InspectedContainer, PodInspection } from "../../src/data-plane/protocol.ts";
import type { ContainerWorker } from "./container-worker.ts";
import { containerMachine } from "./machines/container-machine.ts";
import { interpreted, viewOf } from "./machines/machine-view.ts";
import { podMachine } from "./machines/pod-machine.ts";
import type { PodWorker } from "./pod-worker.ts";

/**
 * A pod as its kubelet leads it. It runs from the machines' tables; what is shown is what XState
 * makes of the states they came to.
 */
export function inspectPod(worker: PodWorker): PodInspection {
  const { identity, state, phase, ip, hasSandbox, graceSeconds, isForced, acceptedAtUs } = worker;
  const context = {
    phase,
    acceptedAt: rfc3339Micro(acceptedAtUs),
    sandbox: hasSandbox,
    ...(ip !== 0 && { ip: dottedIp(ip) }),
    ...(graceSeconds !== undefined && { graceSeconds, objectIsGone: isForced }),
  };
  return {
    identity: identity.plain,
    pod: viewOf(interpreted(podMachine, state, context), context, []),
    containers: worker.containers.map(inspectContainer),
  };
}

function inspectContainer(worker: ContainerWorker): InspectedContainer {
  const { spec, isInit, state, shown, restarts, startedAtUs, last, retryAtUs } = worker;
  const context = {
    shown: shown.name,
    ...(shown.name === "waiting" && { reason: shown.reason }),
    restarts,
    ...(startedAtUs > 0 && { startedAt: rfc3339Micro(startedAtUs) }),
    ...(last !== undefined && { lastExitCode: last.exitCode, lastReason: last.reason }),
  };
  const timers = retryAtUs === undefined ? [] : [{ name: "nextTry", dueUs: retryAtUs }];
  return {
    name: spec.name,
    image: spec.image,
    isInit,
    container: viewOf(interpreted(containerMachine, state, context), context, timers),
  };
}
