import { describe, expect, test } from "vitest";
import { conditionBits } from "../../../src/data-plane/protocol.ts";
import type { ContainerLife } from "../../../workers/kubelet/container-life.ts";
import {
  podConditionBits,
  podPhase,
  type RestartPolicy,
} from "../../../workers/kubelet/pod-phase.ts";
import { aContainer } from "./kubelet-driver.ts";

/**
 * `new`: waits for its first start. `up`: runs. `ok`, `bad`: ended with 0 or 1. `again`: waits after
 * it ended with 1.
 */
type Condition = "new" | "up" | "ok" | "bad" | "again";

function aLife(condition: Condition, change: Partial<ContainerLife> = {}): ContainerLife {
  const exitCode = { new: undefined, up: undefined, ok: 0, bad: 1, again: 1 }[condition];
  const waiting = { name: "waiting", reason: "", message: "" } as const;
  return {
    index: 0,
    isInit: false,
    spec: aContainer(),
    shown: {
      new: waiting,
      up: { name: "running" } as const,
      ok: { name: "terminated" } as const,
      bad: { name: "terminated" } as const,
      again: waiting,
    }[condition],
    serial: condition === "new" ? -1 : 0,
    restarts: 0,
    startedAtUs: 0,
    last:
      exitCode === undefined
        ? undefined
        : { exitCode, reason: "", message: "", startedAtUs: 0, finishedAtUs: 0, serial: 0 },
    ...change,
  };
}

const main = (...conditions: readonly Condition[]): readonly ContainerLife[] =>
  conditions.map((condition) => aLife(condition));
const init = (condition: Condition): ContainerLife => aLife(condition, { isInit: true });
const sidecar = (condition: Condition): ContainerLife =>
  aLife(condition, { isInit: true, spec: aContainer({ isSidecar: true }) });

describe("the phase of a pod", () => {
  test.each([
    ["Pending", "Always", "nothing has started", main("new")],
    ["Running", "Always", "all run", main("up", "up")],
    ["Pending", "Always", "one runs and one never started", main("up", "new")],
    ["Pending", "Never", "one ended and one never started", main("ok", "new")],
    ["Running", "Always", "one ended and is started again", main("bad", "up")],
    ["Running", "Always", "all ended and are started again", main("ok", "bad")],
    ["Running", "Always", "one waits to be started again", main("again")],
    ["Running", "OnFailure", "one failed and is started again", main("bad", "ok")],
    ["Running", "OnFailure", "one waits to be started again", main("again", "ok")],
    ["Succeeded", "OnFailure", "all ended well", main("ok", "ok")],
    ["Succeeded", "Never", "all ended well", main("ok", "ok")],
    ["Failed", "Never", "all ended and one failed", main("ok", "bad")],
    ["Running", "Never", "one failed and one runs", main("bad", "up")],
    ["Pending", "Always", "an init container has not started", [init("new"), ...main("new")]],
    ["Pending", "Always", "an init container runs", [init("up"), ...main("new")]],
    [
      "Pending",
      "Always",
      "an init container failed, to be tried again",
      [init("bad"), ...main("new")],
    ],
    [
      "Pending",
      "OnFailure",
      "an init container waits for another try",
      [init("again"), ...main("new")],
    ],
    ["Failed", "Never", "an init container failed", [init("bad"), ...main("new")]],
    ["Pending", "Always", "init containers are done", [init("ok"), ...main("new")]],
    [
      "Running",
      "Always",
      "init containers are done and the rest runs",
      [init("ok"), ...main("up")],
    ],
    ["Pending", "Always", "a sidecar has not started", [sidecar("new"), ...main("new")]],
    ["Pending", "Always", "only a sidecar runs", [sidecar("up"), ...main("new")]],
    [
      "Running",
      "Always",
      "a sidecar crashed after the rest started",
      [sidecar("again"), ...main("up")],
    ],
    [
      "Running",
      "Never",
      "the containers ended and a sidecar still runs",
      [sidecar("up"), ...main("ok")],
    ],
    [
      "Succeeded",
      "Never",
      "the containers ended well, a sidecar badly",
      [sidecar("bad"), ...main("ok")],
    ],
    [
      "Failed",
      "Never",
      "a container failed, the sidecar ended well",
      [sidecar("ok"), ...main("bad")],
    ],
  ] as const)("is %s with restart policy %s when %s", (phase, restartPolicy, _when, containers) => {
    expect(podPhase(containers, restartPolicy, false)).toBe(phase);
  });

  test.each([
    ["Succeeded", "Always", main("ok", "ok")],
    ["Failed", "Always", main("ok", "bad")],
    ["Failed", "OnFailure", main("bad")],
    ["Running", "Always", main("ok", "up")],
    ["Pending", "Always", main("new", "ok")],
  ] as const)(
    "of one that goes is %s under %s, for nothing is started again",
    (phase, policy, containers) => {
      expect(podPhase(containers, policy, true)).toBe(phase);
    },
  );
});

describe("the conditions of a pod", () => {
  function conditionsOf(
    containers: readonly ContainerLife[],
    hasSandbox = true,
    restartPolicy: RestartPolicy = "Always",
  ): readonly string[] {
    const phase = podPhase(containers, restartPolicy, false);
    const bits = podConditionBits(containers, hasSandbox, phase);
    return Object.entries(conditionBits)
      .filter(([, bit]) => (bits & bit) !== 0)
      .map(([name]) => name);
  }
  const ready = ["podReadyToStartContainers", "initialized", "containersReady", "ready"];

  test("without init containers it is initialized from the start", () => {
    expect(conditionsOf(main("new"), false)).toEqual(["initialized"]);
    expect(conditionsOf(main("new"))).toEqual(["podReadyToStartContainers", "initialized"]);
  });

  test("it is ready when every container runs", () => {
    expect(conditionsOf(main("up", "up"))).toEqual(ready);
    expect(conditionsOf(main("up", "again"))).toEqual(["podReadyToStartContainers", "initialized"]);
  });

  test("it is not initialized before its init containers are done", () => {
    expect(conditionsOf([init("up"), ...main("new")])).toEqual(["podReadyToStartContainers"]);
    expect(conditionsOf([init("ok"), ...main("up")])).toEqual(ready);
  });

  test("it stays initialized when a sidecar crashes, and is not ready then", () => {
    expect(conditionsOf([sidecar("new"), ...main("new")])).toEqual(["podReadyToStartContainers"]);
    expect(conditionsOf([sidecar("up"), ...main("up")])).toEqual(ready);
    expect(conditionsOf([sidecar("again"), ...main("up")])).toEqual([
      "podReadyToStartContainers",
      "initialized",
    ]);
  });

  test("it is completed, and not ready, when it succeeded", () => {
    expect(conditionsOf(main("ok"), false, "Never")).toEqual(["initialized", "podCompleted"]);
    expect(conditionsOf(main("bad"), false, "Never")).toEqual(["initialized"]);
  });
});
