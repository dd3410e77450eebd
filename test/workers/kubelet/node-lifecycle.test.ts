import { beforeEach, describe, expect, test } from "vitest";
import { Timeline } from "../../../src/kernel/timeline.ts";
import type { NodeDuties } from "../../../workers/kubelet/machines/node-machine.ts";
import { NodeLifecycle } from "../../../workers/kubelet/node-lifecycle.ts";

const second = 1_000_000;

let timeline: Timeline;
let done: string[];
let node: NodeLifecycle;
beforeEach(() => {
  timeline = new Timeline();
  done = [];
  const note = (duty: string) => (): void => void done.push(`${timeline.nowUs / second} ${duty}`);
  const duties: NodeDuties = {
    register: note("register"),
    beginHeartbeats: note("beginHeartbeats"),
    reportReady: note("reportReady"),
    reportNotReady: note("reportNotReady"),
  };
  node = new NodeLifecycle(timeline, { id: 1_000, name: "kubelet:node-1" }, duties);
});

describe("a node's lifecycle", () => {
  test("begins anew to register until the node is seen", () => {
    node.tell("start");
    expect(node.dueUs).toEqual([10 * second]);
    timeline.runBefore(25 * second);
    node.tell("registered");

    expect(done).toEqual([
      "0 register",
      "10 register",
      "20 register",
      "20 beginHeartbeats",
      "20 reportNotReady",
    ]);
    expect(node.dueUs).toEqual([]);
    expect(node.isReady).toBe(false);
  });

  test("goes on from where it was after it was at rest", () => {
    for (const event of ["start", "registered", "networkReady"] as const) node.tell(event);
    expect(node.isReady).toBe(true);
    expect(node.snapshot.value).toBe("ready");
    done.length = 0;

    node.tell("registered");
    expect(done).toEqual([]);
    node.tell("networkLost");
    expect(node.isReady).toBe(false);
    node.tell("networkReady");
    expect(done).toEqual(["0 reportNotReady", "0 reportReady"]);
    expect(node.snapshot.value).toBe("ready");
  });
});
