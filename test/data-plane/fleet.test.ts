import { describe, expect, test } from "vitest";
import type { Node, Pod } from "../../src/api/objects.ts";
import { Batch, noPod, noText } from "../../src/data-plane/batch.ts";
import { Fleet } from "../../src/data-plane/fleet.ts";
import type { KubeletDoor, PodVersion } from "../../src/data-plane/kubelet-door.ts";
import { KubeletServers } from "../../src/data-plane/kubelet-servers.ts";
import {
  conditionBits,
  eventCodes,
  orders,
  podPhases,
  reports,
} from "../../src/data-plane/protocol.ts";
import type { ShardLink } from "../../src/data-plane/shard-link.ts";
import { ShardPart } from "../../src/data-plane/shard-part.ts";
import { Chance } from "../../src/kernel/chance.ts";
import { Timeline } from "../../src/kernel/timeline.ts";
import { Trace } from "../../src/kernel/trace.ts";

const startUs = 1_767_225_600_000_000;
const latencyUs = 10_000;
const apiServer = { id: 2, name: "api-1" };

function aPod(metadata: Partial<Pod["metadata"]> = {}, image = "nginx"): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "default", uid: "u-1", ...metadata },
    spec: { containers: [{ name: "c", image }], nodeName: "node-1" },
    status: { phase: "Pending" },
  };
}

/** A fleet of one kubelet, what it asks of the API server, and what it tells the kubelet. */
function aFleet() {
  const timeline = new Timeline(startUs);
  const trace = new Trace();
  const requests: string[] = [];
  const objects = new Map<string, Pod>();
  let see: {
    node: (podCidr: string) => void;
    pod: (type: "ADDED" | "MODIFIED" | "DELETED", pod: PodVersion) => void;
  };
  const door: KubeletDoor = {
    registerNode: ({ name }) => requests.push(`register ${name}`),
    patchNodeStatus: ({ name }, change) => {
      const ready = change.ofObject({ metadata: {} } as Node).status?.conditions?.at(-1);
      requests.push(`node ${name} ${ready?.type}=${ready?.status} ${ready?.reason}`);
    },
    renewLease: ({ name }) => requests.push(`lease ${name}`),
    patchPodStatus: (_node, { name }, change) => {
      const stored = objects.get(name);
      if (stored === undefined) return;
      const changed = change.uid === stored.metadata.uid ? change.ofObject(stored) : stored;
      requests.push(
        changed === stored ? `same ${name}` : `status ${name} ${changed.status?.phase}`,
      );
      objects.set(name, changed);
    },
    removePod: (_node, { name, uid }) => requests.push(`remove ${name} ${uid}`),
    recordEvent: (_node, { kind, name, fieldPath = "" }, { type, reason, message }) => {
      const container = /\{(.*)\}/.exec(fieldPath)?.[1] ?? "";
      const about = kind === "Pod" ? `${name}/${container}` : name;
      requests.push(`event ${about} ${type} ${reason} ${message}`);
    },
    watch: ({ name }, onNode, onPod) => {
      requests.push(`watch ${name}`);
      see = { node: onNode, pod: onPod };
      return () => {};
    },
  };
  const told: string[] = [];
  const link = {
    step: (_endUs: number, inbox: Batch) => {
      for (let index = 0; index < inbox.length; index++) {
        const kind = Object.entries(orders).find(([, code]) => code === inbox.kind(index))?.[0];
        const textCount = { podDeletionSeen: 0, podGone: 0, podSeen: 3 }[kind ?? ""] ?? 1;
        const texts = Array.from({ length: textCount }, (_none, position) =>
          inbox.text(inbox.argument(index, position)),
        );
        const words = kind === "podDeletionSeen" ? inbox.argument(index, 0) : texts.join(" ");
        told.push(
          `${inbox.atUs(index) - timeline.nowUs} ${kind} ${inbox.pod(index)} ${words}`.trim(),
        );
      }
      const factSum = { high: 0, low: 0 };
      return { outbox: inbox.clear(), nextDueUs: Infinity, isSettled: true, factCount: 0, factSum };
    },
  } as Partial<ShardLink> as ShardLink;
  const part = new ShardPart(link, startUs, () => {});
  const machine = {
    index: 0,
    name: "node-1",
    runtime: "containerd" as const,
    pool: "default",
    capacity: { cpu: "8", memory: "32Gi" },
    kubeletVersion: "v1.36.0",
  };
  const fleet = new Fleet({
    timeline,
    trace,
    chance: new Chance(1),
    servers: new KubeletServers([{ actor: apiServer, door }]),
    latencyUs,
    members: [{ machine, actor: { id: 1_000, name: "kubelet:node-1" } }],
    partOf: () => part,
  });

  /** What the kubelet said; its requests arrive one latency later. */
  const say = (write: (outbox: Batch) => void): readonly string[] => {
    requests.length = 0;
    const outbox = new Batch();
    write(outbox);
    fleet.take(outbox);
    timeline.runBefore(timeline.nowUs + latencyUs);
    expect(requests).toEqual([]);
    timeline.runBefore(timeline.nowUs + latencyUs + 1);
    return [...requests];
  };
  /** What the watch shows; returns what the kubelet is told of it. */
  const show = (type: "ADDED" | "MODIFIED" | "DELETED", pod: Pod): readonly string[] => {
    told.length = 0;
    see.pod(type, versionOf(pod));
    void part.step(timeline.nowUs + 2 * latencyUs);
    return [...told];
  };
  const showNode = (podCIDR: string): readonly string[] => {
    told.length = 0;
    see.node(podCIDR);
    void part.step(timeline.nowUs + 2 * latencyUs);
    return [...told];
  };
  const add = (outbox: Batch, kind: number, pod: number, args: readonly number[] = []): void =>
    outbox.add(timeline.nowUs, kind, 0, pod, args);
  say((outbox) => add(outbox, reports.registerNode, noPod));
  return { timeline, trace, objects, say, show, showNode, add };
}

const running = [podPhases.indexOf("Running"), conditionBits.initialized, startUs, 0, 0];

describe("what a kubelet reports", () => {
  test("makes requests at the API server, one latency after it was said, in order", () => {
    const { say, add } = aFleet();
    const requests = say((outbox) => {
      add(outbox, reports.registerNode, noPod);
      const texts = ["KubeletReady", "fine"].map((text) => outbox.addText(text));
      add(outbox, reports.nodeStatus, noPod, [1, ...texts]);
      add(outbox, reports.renewLease, noPod);
    });

    expect(requests).toEqual([
      "register node-1",
      "watch node-1",
      "node node-1 Ready=True KubeletReady",
      "lease node-1",
    ]);
  });

  test("of a pod is a status, an event, and its removal by UID", () => {
    const { objects, say, show, add } = aFleet();
    objects.set("web", aPod());
    show("ADDED", aPod());
    const requests = say((outbox) => {
      add(outbox, reports.podStatus, 1, running);
      const event = eventCodes.indexOf("pulling");
      add(outbox, reports.event, 1, [event, 0, outbox.addText("nginx"), 0, 0, 0]);
      add(outbox, reports.event, 1, [
        eventCodes.indexOf("networkNotReady"),
        -1,
        outbox.addText("why"),
        0,
        0,
        0,
      ]);
      add(outbox, reports.event, noPod, [eventCodes.indexOf("nodeReady"), -1, noText, 0, 0, 0]);
      add(outbox, reports.removePod, 1);
    });

    expect(requests).toEqual([
      "status web Running",
      'event web/c Normal Pulling Pulling image "nginx"',
      "event web/ Warning NetworkNotReady network is not ready: why",
      "event node-1 Normal NodeReady Node node-1 status is now: NodeReady",
      "remove web u-1",
    ]);
  });

  test("with several containers reads each one's records", () => {
    const { objects, say, show, add } = aFleet();
    const pod = aPod();
    const two = {
      ...pod,
      spec: { containers: ["a", "b"].map((name) => ({ name, image: "nginx" })) },
    };
    objects.set("web", two);
    show("ADDED", two);
    say((outbox) => {
      const error = outbox.addText("Error");
      add(outbox, reports.podStatus, 1, [1, 3, startUs, 0, 2]);
      add(outbox, reports.containerStatus, 1, [
        0,
        0,
        outbox.addText("CrashLoopBackOff"),
        noText,
        4,
        0,
        4,
        1,
      ]);
      add(outbox, reports.containerLastState, 1, [0, 3, error, noText, startUs, startUs, 4]);
      add(outbox, reports.containerStatus, 1, [1, 1, noText, noText, 0, startUs, 0, 0]);
      add(outbox, reports.renewLease, noPod);
    });

    expect(objects.get("web")?.status?.containerStatuses).toMatchObject([
      {
        name: "a",
        restartCount: 4,
        state: { waiting: { reason: "CrashLoopBackOff" } },
        lastState: { terminated: { exitCode: 3 } },
      },
      { name: "b", restartCount: 0, state: { running: {} } },
    ]);
  });

  test("of a pod that is gone asks for nothing", () => {
    const { objects, say, show, add } = aFleet();
    objects.set("web", aPod());
    show("ADDED", aPod());
    show("DELETED", aPod());
    const requests = say((outbox) => {
      add(outbox, reports.podStatus, 1, running);
      add(outbox, reports.event, 1, [eventCodes.indexOf("killing"), 0, noText, 0, 0, 0]);
      add(outbox, reports.removePod, 1);
    });

    expect(requests).toEqual([]);
  });

  test("of a pod does not touch another one of its name", () => {
    const { objects, say, show, add } = aFleet();
    objects.set("web", aPod({ uid: "u-2" }));
    show("ADDED", aPod({ uid: "u-1" }));

    expect(say((outbox) => add(outbox, reports.podStatus, 1, running))).toEqual(["same web"]);
  });

  test("as a fact is kept under the kubelet's name, and is no request", () => {
    const { say, trace, add } = aFleet();
    const requests = say((outbox) => {
      const texts = ["podSeen", "pods/default/web", '{"uid":"u-1"}'].map((text) =>
        outbox.addText(text),
      );
      add(outbox, reports.fact, noPod, texts);
    });

    expect(requests).toEqual([]);
    expect(trace.facts("pods/default/web")).toMatchObject([
      { actor: "kubelet:node-1", kind: "podSeen", data: { uid: "u-1" } },
    ]);
  });
});

describe("what a kubelet's watch shows", () => {
  const spec = (image: string) =>
    `{"restartPolicy":"Always","terminationGracePeriodSeconds":30,"hostNetwork":false,"initContainers":[],"containers":[{"name":"c","image":"${image}"`;

  test("reaches it one latency later", () => {
    expect(aFleet().showNode("10.244.0.0/24")).toEqual([`${latencyUs} nodeSeen -1 10.244.0.0/24`]);
    expect(aFleet().showNode("")).toEqual([`${latencyUs} nodeSeen -1`]);
  });

  test("is a pod when it is new, and nothing when nothing a kubelet needs has changed", () => {
    const { show } = aFleet();
    expect(show("ADDED", aPod())).toEqual([`${latencyUs} podSeen 1 default web u-1`]);
    expect(show("MODIFIED", aPod({ labels: { app: "web" } }))).toEqual([]);
  });

  test("is a spec when that has changed", () => {
    const { show } = aFleet();
    show("ADDED", aPod());
    expect(show("MODIFIED", aPod({}, "nginx:2"))).toEqual([
      expect.stringContaining(`${latencyUs} podSpecSeen 1 ${spec("nginx:2")}`),
    ]);
    expect(show("MODIFIED", aPod({}, "nginx:2"))).toEqual([]);
  });

  test("is a deletion, once, and again only when less grace is left", () => {
    const { show } = aFleet();
    show("ADDED", aPod());
    const deleted = (deletionGracePeriodSeconds: number): readonly string[] =>
      show(
        "MODIFIED",
        aPod({ deletionTimestamp: "2026-01-01T00:00:30Z", deletionGracePeriodSeconds }),
      );

    expect(deleted(30)).toEqual([`${latencyUs} podDeletionSeen 1 30`]);
    expect(deleted(30)).toEqual([]);
    expect(deleted(60)).toEqual([]);
    expect(deleted(5)).toEqual([`${latencyUs} podDeletionSeen 1 5`]);
  });

  test("is a pod and its deletion when it is first seen so late", () => {
    const { show } = aFleet();
    const metadata = { deletionTimestamp: "2026-01-01T00:00:30Z", deletionGracePeriodSeconds: 30 };
    expect(show("ADDED", aPod(metadata))).toEqual([
      expect.stringContaining("podSeen 1"),
      `${latencyUs} podDeletionSeen 1 30`,
    ]);
  });

  test("is an end, and a pod of the same name after it is another one", () => {
    const { show } = aFleet();
    show("ADDED", aPod());
    expect(show("DELETED", aPod())).toEqual([`${latencyUs} podGone 1`]);
    expect(show("DELETED", aPod())).toEqual([]);
    expect(show("ADDED", aPod({ uid: "u-2" }))).toEqual([expect.stringContaining("podSeen 2")]);
  });
});

/** A pod as a watch tells of it. */
function versionOf(pod: Pod): PodVersion {
  const { namespace = "", name = "", uid = "", deletionTimestamp } = pod.metadata;
  const isDeleting = deletionTimestamp !== undefined;
  const storeKey = `/registry/pods/${namespace}/${name}`;
  return { namespace, name, uid, storeKey, isDeleting, sharedSpec: pod.spec, toObject: () => pod };
}
