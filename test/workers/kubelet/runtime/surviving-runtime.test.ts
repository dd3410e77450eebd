import { beforeEach, describe, expect, test } from "vitest";
import { runtimeProfiles } from "../../../../src/data-plane/runtime-profiles.ts";
import { Chance } from "../../../../src/kernel/chance.ts";
import { Timeline } from "../../../../src/kernel/timeline.ts";
import { PodSubject } from "../../../../workers/kubelet/pod-subject.ts";
import { isRunning } from "../../../../workers/kubelet/runtime/container-runtime.ts";
import { PodAddresses } from "../../../../workers/kubelet/runtime/pod-addresses.ts";
import { SimulatedRuntime } from "../../../../workers/kubelet/runtime/simulated-runtime.ts";
import {
  type FoundPod,
  type RuntimeConnection,
  SurvivingRuntime,
} from "../../../../workers/kubelet/runtime/surviving-runtime.ts";
import { aScript } from "../kubelet-driver.ts";

const second = 1_000_000;
const kubelet = { id: 1_000, name: "kubelet:node-1" };
const pod = new PodSubject("default", "web", "u-1");

let timeline: Timeline;
let table: SurvivingRuntime;
let calls: string[];
let life: number;
beforeEach(() => {
  timeline = new Timeline(0);
  calls = [];
  life = 0;
  const actor = { id: 1_000, name: "runtime:node-1" };
  const runtime = new SimulatedRuntime({
    actor,
    timeline,
    chance: new Chance(1),
    profile: runtimeProfiles.containerd,
    absentImages: [],
    onCall: (_pod, call) => calls.push(call),
  });
  runtime.joinNetwork(new PodAddresses("10.244.0.0/24"));
  table = new SurvivingRuntime(runtime, timeline, actor);
});

/** A new kubelet's connection; those before it are dead. */
function connect(): RuntimeConnection {
  const own = ++life;
  return table.connect(kubelet, () => own === life);
}

const pass = (seconds: number): void => timeline.runBefore(timeline.nowUs + seconds * second + 1);

/** Runs a container in a sandbox of the pod; `heard` is what its kubelet hears. */
function run(runtime: RuntimeConnection, script: string, heard: string[]): void {
  runtime.runPodSandbox(pod, false, (result) => {
    if (!result.ok) throw new Error(result.message);
    runtime.createContainer(result.sandbox, aScript(script), 0, (container) => {
      runtime.startContainer(container, {
        started: () => heard.push("started"),
        exited: ({ exitCode }) => heard.push(`exited ${exitCode}`),
      });
    });
  });
}

function find(runtime: RuntimeConnection): FoundPod | undefined {
  let result: FoundPod | undefined;
  runtime.find(pod.uid, (found) => (result = found));
  pass(3);
  return result;
}

describe("a runtime that outlives its kubelet", () => {
  test("tells the next one what runs, and that one hears how it ends", () => {
    const heard: string[] = [];
    run(connect(), "sleep 60; exit 7", heard);
    pass(10);
    const next = connect();
    const found = find(next);
    expect(found?.sandbox?.pod).toEqual(pod);
    expect(found?.containers.map(({ container, last }) => [isRunning(container), last])).toEqual([
      [true, undefined],
    ]);
    const ends: number[] = [];
    const exited = ({ exitCode }: { readonly exitCode: number }): void => void ends.push(exitCode);
    found?.containers[0]?.follow({ started: () => {}, exited });
    pass(60);
    expect([heard, ends]).toEqual([["started"], [7]]);
  });

  test("remembers how and when a container ended that nobody listened to", () => {
    run(connect(), "sleep 20; exit 7", []);
    pass(10);
    const next = connect();
    pass(30);
    const last = find(next)?.containers[0]?.last;
    expect([last?.exitCode, last?.serial]).toEqual([7, 0]);
    expect(last?.finishedAtUs).toBe((last?.startedAtUs ?? 0) + 20 * second);
  });

  test("is asked in vain for a pod that it does not have", () => {
    expect(find(connect())).toBeUndefined();
  });

  test("answers once calls that are under way are over, however they end", () => {
    const heard: string[] = [];
    run(connect(), "sleep 60", heard);
    const next = connect();
    const found = find(next);
    expect(found?.sandbox?.pod).toEqual(pod);
    expect([found?.containers, heard]).toEqual([[], []]);
    expect(calls).toEqual(["RunPodSandbox"]);
  });

  test("takes down what nobody wants, the containers first", () => {
    run(connect(), "sleep 3600", []);
    pass(10);
    const next = connect();
    next.removeOrphans(() => true);
    pass(60);
    expect(calls).not.toContain("StopPodSandbox");
    next.removeOrphans(() => false);
    pass(60);
    expect(calls.at(-1)).toBe("StopPodSandbox");
    expect(find(next)).toBeUndefined();
  });

  test("forgets a pod when told to", () => {
    const runtime = connect();
    run(runtime, "sleep 3600", []);
    pass(10);
    runtime.forget(pod.uid);
    expect(find(runtime)).toBeUndefined();
  });
});
