import { beforeEach, describe, expect, test } from "vitest";
import type { Node } from "../../../src/api/objects.ts";
import { nodeIpamController } from "../../../src/control-plane/controllers/node-ipam.ts";
import { podNetworkFor } from "../../../src/control-plane/controllers/pod-network.ts";
import { aNode } from "../apiserver/objects.ts";
import { ServerUnderTest } from "../apiserver/server-under-test.ts";
import { clientOf } from "../client/client-under-test.ts";

let api: ServerUnderTest;
beforeEach(() => {
  api = new ServerUnderTest();
  nodeIpamController(podNetworkFor(3)).start(clientOf(api));
});

describe("a node", () => {
  test("gets the lowest range of pod addresses that is free", () => {
    join("a", "b", "c");

    expect(rangesOf("a", "b", "c")).toEqual(["10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24"]);
    expect((api.get("nodes", "a") as unknown as Node).spec.podCIDRs).toEqual(["10.244.0.0/24"]);
  });

  test("gets the range of one that left", () => {
    join("a", "b", "c");
    for (const name of ["c", "a"]) api.remove("nodes", name);
    api.pass(1);
    join("d", "e", "f");

    expect(rangesOf("d", "e", "f")).toEqual(["10.244.0.0/24", "10.244.2.0/24", "10.244.3.0/24"]);
  });

  test("keeps the range it has, whatever else changes", () => {
    join("a");
    api.update("nodes", "a", (stored) => ({
      ...stored,
      metadata: { name: "a", labels: { x: "y" } },
    }));
    api.pass(1);

    expect(rangesOf("a")).toEqual(["10.244.0.0/24"]);
  });

  test("that brings a range along keeps it, and nobody else gets it", () => {
    api.create("nodes", aNode("own", { spec: { podCIDR: "10.244.1.0/24" } }));
    api.pass(1);
    join("a", "b");

    expect(rangesOf("own", "a", "b")).toEqual(["10.244.1.0/24", "10.244.0.0/24", "10.244.2.0/24"]);

    api.remove("nodes", "own");
    api.pass(1);
    join("c");
    expect(rangesOf("c")).toEqual(["10.244.1.0/24"]);
  });

  test("that leaves before it was served leaves no gap", () => {
    api.create("nodes", aNode("brief"));
    api.remove("nodes", "brief");
    join("a");

    expect(rangesOf("a")).toEqual(["10.244.0.0/24"]);
  });
});

function join(...names: readonly string[]): void {
  for (const name of names) {
    api.create("nodes", aNode(name));
    api.pass(1);
  }
}

function rangesOf(...names: readonly string[]): (string | undefined)[] {
  return names.map((name) => (api.get("nodes", name) as unknown as Node).spec.podCIDR);
}
