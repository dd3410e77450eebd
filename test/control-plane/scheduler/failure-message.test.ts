import { expect, test } from "vitest";
import { failureMessage } from "../../../src/control-plane/scheduler/failure-message.ts";

test.each([
  [3, { "Insufficient cpu": 3 }, "0/3 nodes are available: 3 Insufficient cpu."],
  [
    4,
    { "node(s) were unschedulable": 1, "Insufficient memory": 2, "Too many pods": 1 },
    "0/4 nodes are available: 1 Too many pods, 1 node(s) were unschedulable, 2 Insufficient memory.",
  ],
  [
    12,
    { "Insufficient cpu": 10, "node(s) had untolerated taint(s)": 2 },
    "0/12 nodes are available: 10 Insufficient cpu, 2 node(s) had untolerated taint(s).",
  ],
  [5, {}, "0/5 nodes are available."],
  [0, {}, "no nodes available to schedule pods"],
])(
  "of %d nodes that refuse for %j people read what upstream writes",
  (nodes, refusals, message) => {
    expect(failureMessage(nodes, new Map(Object.entries(refusals)))).toBe(message);
  },
);
