import { describe, expect, test } from "vitest";
import { noPod } from "../../src/data-plane/batch.ts";
import type { KubeletAnswer } from "../../src/data-plane/kubelet-door.ts";
import { KubeletNetwork } from "../../src/data-plane/kubelet-network.ts";
import { orders, reports } from "../../src/data-plane/protocol.ts";
import { Chance } from "../../src/kernel/chance.ts";
import { type DecisionMap, Decisions } from "../../src/kernel/decisions.ts";
import { Network } from "../../src/kernel/network.ts";
import { Timeline } from "../../src/kernel/timeline.ts";

const second = 1_000_000;
const latencyUs = 10_000;
const apiServer = { id: 2, name: "api-1" };
const actor = { id: 1_000, name: "kubelet:node-1" };

/** The links of one kubelet, what arrived over them, and what the kubelet found out. */
function aNetwork(overrides: DecisionMap) {
  const timeline = new Timeline(0);
  const decisions = new Decisions({ chance: new Chance(1), overrides });
  const network = new KubeletNetwork({
    network: new Network(decisions, [], 0),
    timeline,
    latencyUs,
  });
  const seen: string[] = [];
  const server = { answer: (answer: KubeletAnswer): void => answer() };
  const request = (kind: number, text: string, pod = noPod): void => {
    const failed = (atUs: number): void => void seen.push(`${text} failed at ${atUs / second}`);
    const unanswered = (): void => {};
    const of = { actor, apiServer, kind, pod };
    network.request(
      { ...of, sentUs: timeline.nowUs, isBackground: false, unanswered, failed },
      (answer) => {
        seen.push(`${text} at ${timeline.nowUs / second}`);
        server.answer(answer);
      },
    );
  };
  const order = (kind: number): string => {
    let dueUs = Infinity;
    const noticedUs = network.order(apiServer, actor, kind, (atUs) => (dueUs = atUs));
    return noticedUs === undefined ? `due at ${dueUs / second}` : `lost, ${noticedUs / second}`;
  };
  const run = (): readonly string[] => {
    timeline.runBefore(Infinity);
    return seen;
  };
  return { timeline, server, request, order, run };
}

const there = "kubelet:node-1→api-1";
const back = "api-1→kubelet:node-1";

describe("a kubelet's request", () => {
  test("arrives one latency later when nothing befalls it", () => {
    const { request, run } = aNetwork({});
    request(reports.podStatus, "status", 7);
    expect(run()).toEqual(["status at 0.01"]);
  });

  test("that is lost is known to have failed after ten seconds", () => {
    const { request, run } = aNetwork({ [`loss/${there}/pods/status/#1`]: 1 });
    request(reports.podStatus, "status", 7);
    expect(run()).toEqual(["status failed at 10"]);
  });

  test("whose answer is lost was carried out, and failed all the same", () => {
    const { request, run } = aNetwork({ [`loss/${back}/pods/status/#1`]: 1 });
    request(reports.removePod, "removal", 7);
    expect(run()).toEqual(["removal at 0.01", "removal failed at 10"]);
  });

  test("that takes longer than ten seconds failed once, and is carried out once it arrives", () => {
    const { request, run } = aNetwork({ [`delay/${there}/nodes/status/#1`]: 20 * second });
    request(reports.nodeStatus, "status");
    expect(run()).toEqual(["status failed at 10", "status at 20.01"]);
  });

  test.each([
    ["a lease's renewal", reports.renewLease, "leases"],
    ["a registration", reports.registerNode, "nodes"],
    ["an event", reports.event, "events"],
  ])("that nobody sends again is lost without a word: %s", (_name, kind, stream) => {
    const { request, run } = aNetwork({ [`loss/${there}/${stream}/#1`]: 1 });
    request(kind, "it");
    expect(run()).toEqual([]);
  });

  test.each([
    ["a status", reports.podStatus, ["it at 0.01", "it failed at 10.02"]],
    ["a lease's renewal", reports.renewLease, ["it at 0.01"]],
  ])("that the server cannot carry out now is asked again in a while: %s", (_name, kind, seen) => {
    const { server, request, run } = aNetwork({});
    server.answer = (answer) => answer(new Error("etcdserver: no leader"));
    request(kind, "it", 7);
    expect(run()).toEqual(seen);
  });

  test.each([
    [9, ["status at 0.01"]],
    [9.99, ["status at 0.01", "status failed at 10.000001"]],
    [Infinity, ["status at 0.01", "status failed at 10.000001"]],
  ])("that the server thinks about for %d s", (seconds, expected) => {
    const { timeline, server, request, run } = aNetwork({});
    server.answer = (answer) => void timeline.setTimer(apiServer, seconds * second, answer);
    request(reports.podStatus, "status", 7);
    timeline.runBefore(60 * second);
    expect(run().slice(0, expected.length + 1)).toEqual(expected);
  });

  test("comes twice when it is doubled, unless it is an event", () => {
    const { request, run } = aNetwork({
      [`duplicate/${there}/leases/#1`]: second,
      [`duplicate/${there}/events/#1`]: second,
    });
    request(reports.renewLease, "lease");
    request(reports.event, "event");
    expect(run()).toEqual(["lease at 0.01", "event at 0.01", "lease at 1.01"]);
  });

  test("with a status that a later one has overtaken changes nothing any more", () => {
    const { request, run } = aNetwork({ [`delay/${there}/nodes/status/#1`]: second });
    request(reports.nodeStatus, "old");
    request(reports.nodeStatus, "new");
    expect(run()).toEqual(["new at 0.01"]);
  });

  test("about one pod is not held up by what is said of another", () => {
    const { request, run } = aNetwork({ [`reorder/${there}/pods/status/#1`]: second });
    request(reports.podStatus, "one", 1);
    request(reports.podStatus, "other", 2);
    expect(run()).toEqual(["other at 0.01", "one at 1.01"]);
  });
});

describe("an order to a kubelet", () => {
  test("that is lost breaks its watch, which the kubelet notices after 45 s", () => {
    const { order } = aNetwork({ [`loss/${back}/pods/#2`]: 1 });
    expect(order(orders.podSeen)).toBe("due at 0.01");
    expect(order(orders.podGone)).toBe("lost, 45");
  });

  test("about its pods holds up no order about its node", () => {
    const { order } = aNetwork({ [`delay/${back}/pods/#1`]: 5 * second });
    expect([orders.podSeen, orders.podGone, orders.nodeSeen].map(order)).toEqual([
      "due at 5.01",
      "due at 5.01",
      "due at 0.01",
    ]);
  });
});
