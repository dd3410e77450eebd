import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Event, Lease, Node, Pod } from "../../../../src/api/objects.ts";
import { describeNode } from "../../../../src/cli/kubectl/describe/describe-node.ts";
import { describePod } from "../../../../src/cli/kubectl/describe/describe-pod.ts";
import vectors from "../vectors/describe.json" with { type: "json" };

interface PodCase {
  readonly pod: Pod;
  readonly events: readonly Event[];
  readonly output: string;
}

interface NodeCase {
  readonly node: Node;
  readonly pods: readonly Pod[];
  readonly lease?: Lease;
  readonly events: readonly Event[];
  readonly output: string;
}

const { nowUs } = vectors;

beforeAll(() => vi.stubEnv("TZ", "UTC"));
afterAll(() => vi.unstubAllEnvs());

describe("a pod is described as kubectl 1.35 describes it", () => {
  test.each(vectors.pods as unknown as readonly PodCase[])(
    "$pod.metadata.name",
    ({ pod, events, output }) => {
      expect(describePod(pod, events, nowUs)).toBe(output);
    },
  );
});

describe("a node is described as kubectl 1.35 describes it", () => {
  test.each(vectors.nodes as unknown as readonly NodeCase[])(
    "$node.metadata.name",
    ({ node, pods, events, output, lease }) => {
      const missing = new Error(`leases.coordination.k8s.io "${node.metadata.name}" not found`);

      expect(describeNode(node, { pods, events, lease: lease ?? missing }, nowUs)).toBe(output);
    },
  );
});
