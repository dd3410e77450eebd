import { describe, expect, test } from "vitest";
import { Batch, noPod } from "../../../src/data-plane/batch.ts";
import {
  type KubeletShard,
  orders,
  protocolVersion,
  reports,
  type ShardConfig,
} from "../../../src/data-plane/protocol.ts";
import { InvariantError } from "../../../src/kernel/invariant.ts";
import { combineHashes } from "../../../src/kernel/trace.ts";
import { createKubeletHost } from "../../../workers/kubelet/kubelet-host.ts";
import { aSpec, second, startUs } from "./kubelet-driver.ts";

function aConfig(nodes: readonly number[], change: Partial<ShardConfig> = {}): ShardConfig {
  return {
    protocolVersion,
    seed: 1,
    startUs,
    sendsFacts: false,
    apiServer: { id: 2, name: "api-1" },
    nodes: nodes.map((index) => ({
      index,
      actorId: 1_000 + index,
      name: `node-${index + 1}`,
      runtime: "containerd" as const,
      absentImages: [],
    })),
    ...change,
  };
}

function aShard(nodes: readonly number[], change: Partial<ShardConfig> = {}): KubeletShard {
  const shard = createKubeletHost();
  shard.init(aConfig(nodes, change));
  return shard;
}

/** A batch with the orders that make one pod run on each of `nodes`. */
function podsOn(nodes: readonly number[], atUs: number): Batch {
  const inbox = new Batch();
  for (const node of nodes) {
    inbox.add(atUs, orders.nodeSeen, node, noPod, [inbox.addText(`10.244.${node}.0/24`)]);
    const texts = ["default", `web-${node}`, `uid-${node}`, JSON.stringify(aSpec())];
    const args = texts.map((text) => inbox.addText(text));
    inbox.add(atUs, orders.podSeen, node, 1 + node, args);
  }
  return inbox;
}

/** What a batch reports, as `kind node`. */
function kindsOf(outbox: Batch): readonly string[] {
  const names = Object.entries(reports);
  return Array.from({ length: outbox.length }, (_none, index) => {
    const name = names.find(([, kind]) => kind === outbox.kind(index))?.[0];
    return `${name} ${outbox.node(index)}`;
  });
}

describe("a shard of kubelets", () => {
  test("starts them when time begins", () => {
    const shard = aShard([3, 5]);
    const { outbox, nextDueUs } = shard.step(startUs + 1, new Batch());

    expect(kindsOf(outbox)).toEqual(["registerNode 3", "registerNode 5"]);
    expect(nextDueUs).toBeGreaterThan(startUs);
  });

  test("registers a node again every 10 s, until it is seen", () => {
    const shard = aShard([0]);
    const { outbox } = shard.step(startUs + 35 * second, new Batch());
    expect(kindsOf(outbox)).toEqual(Array.from({ length: 4 }, () => "registerNode 0"));
    const inbox = outbox.clear();
    inbox.add(startUs + 35 * second, orders.nodeSeen, 0, noPod, [inbox.addText("")]);

    expect(kindsOf(shard.step(startUs + 60 * second, inbox).outbox)).not.toContain(
      "registerNode 0",
    );
  });

  test("runs what is due before the end of a window, and says when it is due next", () => {
    const shard = aShard([0]);
    shard.step(startUs + 1, new Batch());
    const { nextDueUs } = shard.step(startUs + second, podsOn([0], startUs + 100));
    expect(nextDueUs).toBeGreaterThanOrEqual(startUs + second);
    const { outbox } = shard.step(nextDueUs, new Batch());
    expect(outbox.length).toBe(0);
    const later = shard.step(nextDueUs + 1, outbox);
    expect(later.nextDueUs).toBeGreaterThan(nextDueUs);
  });

  test("holds an order back until it is due", () => {
    const shard = aShard([0]);
    shard.step(startUs + 1, new Batch());
    const dueAtUs = startUs + 5_000;
    const early = shard.step(dueAtUs, podsOn([0], dueAtUs));
    expect(kindsOf(early.outbox)).toEqual([]);
    expect(early.nextDueUs).toBe(dueAtUs);

    expect(kindsOf(shard.step(dueAtUs + 1, early.outbox).outbox)).toContain("podStatus 0");
  });

  test("answers in the batch it was given, so that one buffer goes to and fro", () => {
    const inbox = new Batch();
    expect(aShard([0]).step(startUs + 1, inbox).outbox).toBe(inbox);
  });

  test("has work to do until only heartbeats are left", () => {
    const shard = aShard([0]);
    shard.step(startUs + 1, new Batch());
    const starting = shard.step(startUs + second / 2, podsOn([0], startUs + 100));
    expect(starting.isSettled).toBe(false);

    expect(shard.step(startUs + 30 * second, new Batch()).isSettled).toBe(true);
  });

  test("has the same history as its nodes have on shards of their own", () => {
    const runOn = (division: readonly (readonly number[])[]): string => {
      const hashes = division.map((nodes) => {
        const shard = aShard(nodes);
        shard.step(startUs + 1, new Batch());
        shard.step(startUs + 30 * second, podsOn(nodes, startUs + 100));
        return shard.hashes();
      });
      return combineHashes(hashes);
    };
    expect(runOn([[0], [2, 1]])).toBe(runOn([[0, 1, 2]]));
  });

  test("sends the facts it records, if asked; they count in its history either way", () => {
    const run = (sendsFacts: boolean) => {
      const shard = aShard([0], { sendsFacts });
      shard.step(startUs + 1, new Batch());
      const { outbox, factCount } = shard.step(startUs + second, podsOn([0], startUs + 100));
      return { kinds: kindsOf(outbox), factCount, hash: combineHashes([shard.hashes()]) };
    };
    const [telling, silent] = [run(true), run(false)];

    expect(telling.kinds).toContain("fact 0");
    expect(silent.kinds).not.toContain("fact 0");
    expect(silent.kinds).toEqual(telling.kinds.filter((kind) => kind !== "fact 0"));
    expect([silent.hash, silent.factCount]).toEqual([telling.hash, telling.factCount]);
  });

  test("shows nodes and pods of its own, and no others", () => {
    const shard = aShard([1]);
    shard.step(startUs + second, podsOn([1], startUs + 100));

    expect(shard.inspectNode(1)).toMatchObject({
      node: { value: "ready" },
      pods: [{ namespace: "default", name: "web-1", uid: "uid-1", state: "running" }],
    });
    expect(shard.inspectPod(1, "uid-1")?.identity.name).toBe("web-1");
    expect(shard.inspectPod(1, "uid-2")).toBeUndefined();
    expect(shard.inspectPod(0, "uid-1")).toBeUndefined();
    expect(shard.inspectNode(0)).toBeUndefined();
  });
});

describe("a broken promise ends the run:", () => {
  test("an order that is due in a window that is over", () => {
    const shard = aShard([0]);
    shard.step(startUs + second, new Batch());

    expect(() => shard.step(startUs + 2 * second, podsOn([0], startUs + second - 1))).toThrow(
      "nothing reaches kubelet:node-1 inside the window it was sent in",
    );
  });

  test("an order for a node of another shard", () => {
    expect(() => aShard([0]).step(startUs + second, podsOn([7], startUs + 1))).toThrow(
      "node 7 is of this shard",
    );
  });

  test("an order nobody knows", () => {
    const inbox = new Batch();
    inbox.add(startUs, 99, 0, noPod, []);
    expect(() => aShard([0]).step(startUs + 1, inbox)).toThrow("order 99 is known");
  });

  test("a hub of another build", () => {
    const config = aConfig([0], { protocolVersion: protocolVersion + 1 });
    expect(() => createKubeletHost().init(config)).toThrow(InvariantError);
  });
});
