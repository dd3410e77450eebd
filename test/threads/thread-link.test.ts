import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import * as Comlink from "comlink";
import { afterEach, describe, expect, test } from "vitest";
import { Batch, noPod } from "../../src/data-plane/batch.ts";
import { protocolVersion, type ShardConfig } from "../../src/data-plane/protocol.ts";
import type { ShardLink } from "../../src/data-plane/shard-link.ts";
import { ShardThreadError, threadLink } from "../../src/data-plane/thread-link.ts";

const startUs = 1_767_225_600_000_000;

const config: ShardConfig = {
  protocolVersion,
  seed: 1,
  startUs,
  sendsFacts: false,
  apiServer: { id: 2, name: "api-1" },
  nodes: [{ index: 0, actorId: 1_000, name: "node-1", runtime: "containerd", absentImages: [] }],
};

/** A step that takes longer than any test: a million years of heartbeats. */
const foreverUs = startUs + 1e15;

const links: ShardLink[] = [];

afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
});

/** A link, and the worker behind it, which the link keeps to itself. */
async function aLink(): Promise<{ readonly link: ShardLink; readonly worker: Worker }> {
  const started = once(process, "worker");
  const link = threadLink("kubelet-thread-1");
  links.push(link);
  const [worker] = (await started) as [Worker];
  return { link, worker };
}

/** What a promise is rejected with. */
async function rejectionOf(promise: unknown): Promise<unknown> {
  return Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("kubelets on a thread of their own", () => {
  test("do what they are asked", async () => {
    const { link } = await aLink();
    await link.init(config);
    const { outbox, nextDueUs, factCount } = await link.step(startUs + 1, new Batch());

    expect(outbox.length).toBe(1);
    expect(nextDueUs).toBeGreaterThan(startUs);
    expect(factCount).toBe(0);
    expect(await link.hashes()).toEqual([]);
    expect(await link.inspectNode(0)).toMatchObject({ node: { value: "registering" } });
    expect(await link.inspectNode(7)).toBeUndefined();
    expect(await link.inspectPod(0, "nobody")).toBeUndefined();
  });

  test("take the buffer of an inbox with them", async () => {
    const { link } = await aLink();
    await link.init(config);
    const inbox = new Batch();
    const { buffer } = inbox.release();
    await link.step(startUs + 1, inbox);

    expect(buffer.byteLength).toBe(0);
  });

  test("reject what breaks a promise, in words, and go on", async () => {
    const { link } = await aLink();
    await link.init(config);
    const inbox = new Batch();
    inbox.add(startUs, 99, 0, noPod, []);

    expect(await rejectionOf(link.step(startUs + 1, inbox))).toMatchObject({
      name: "InvariantError",
      message: "broken invariant: order 99 is known",
    });
    expect((await link.step(startUs + 1, new Batch())).outbox.length).toBe(1);
  });
});

describe("a thread that dies", () => {
  test("rejects the call it was working on", async () => {
    const { link, worker } = await aLink();
    await link.init(config);
    const pending = rejectionOf(link.step(foreverUs, new Batch()));
    await worker.terminate();

    const error = await pending;
    expect(error).toBeInstanceOf(ShardThreadError);
    expect(error).toMatchObject({ message: "kubelet-thread-1 exited with code 1" });
  });

  test("rejects every call under way, of every kind", async () => {
    const { link, worker } = await aLink();
    await link.init(config);
    const pending = [
      link.step(foreverUs, new Batch()),
      link.hashes(),
      link.inspectNode(0),
      link.inspectPod(0, "nobody"),
    ].map(rejectionOf);
    await worker.terminate();

    for (const error of await Promise.all(pending)) expect(error).toBeInstanceOf(ShardThreadError);
  });

  test("rejects the calls that come after it", async () => {
    const { link, worker } = await aLink();
    await link.init(config);
    await worker.terminate();

    expect(await rejectionOf(link.step(startUs + 1, new Batch()))).toBeInstanceOf(ShardThreadError);
    expect(await rejectionOf(link.hashes())).toBeInstanceOf(ShardThreadError);
  });

  test("before it was ready rejects the first call", async () => {
    const { link, worker } = await aLink();
    const pending = rejectionOf(link.init(config));
    await worker.terminate();

    expect(await pending).toBeInstanceOf(ShardThreadError);
  });

  test("of a message it cannot read says so", async () => {
    const { link } = await aLink();
    await link.init(config);
    const riddle = Number.NaN;
    Comlink.transferHandlers.set("riddle", {
      canHandle: (value): value is number => Object.is(value, riddle),
      serialize: () => ["?", []],
      deserialize: () => riddle,
    });
    const error = await rejectionOf(link.inspectNode(riddle));
    Comlink.transferHandlers.delete("riddle");

    expect(error).toMatchObject({
      name: "ShardThreadError",
      message: expect.stringMatching(/^kubelet-thread-1 crashed: TypeError: /),
      cause: expect.any(TypeError),
    });
  });
});

describe("closing a link", () => {
  test("rejects the call under way, and settles", async () => {
    const { link } = await aLink();
    await link.init(config);
    const pending = rejectionOf(link.step(foreverUs, new Batch()));
    await link.close();

    expect(await pending).toMatchObject({
      name: "ShardThreadError",
      message: "kubelet-thread-1 was closed",
    });
  });

  test("settles before the thread is ready, twice, and after it died", async () => {
    const { link: young } = await aLink();
    await young.close();
    await young.close();
    const { link: dead, worker } = await aLink();
    await worker.terminate();
    await dead.close();
  });

  test("leaves no timer that keeps the process alive", async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
    const before = timers();
    const { link } = await aLink();
    await link.init(config);
    const pending = rejectionOf(link.step(foreverUs, new Batch()));
    await link.close();
    await pending;

    expect(timers()).toBeLessThanOrEqual(before);
  });
});
