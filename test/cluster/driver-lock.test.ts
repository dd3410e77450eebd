import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { KubeObject } from "../../src/api/objects.ts";
import { DriverLock, DriverLockedError } from "../../src/cluster/driver-lock.ts";
import { DoorToMemory } from "./door-to-memory.ts";

const lockKey = "/registry/podrace/driver";
const lastKey = "/registry/podrace/last-driver";
// The store's time passes twenty times as fast.
const timing = { ttlSeconds: 12, renewMs: 100, pollMs: 15 };

let etcd: DoorToMemory;
beforeEach(async () => {
  etcd = await DoorToMemory.open();
  onTestFinished(() => etcd.shut());
});

async function take(onWait?: (driver: string) => void): Promise<DriverLock> {
  const options = { endpoints: [etcd.url], requestTimeoutMs: 300, timing };
  const lock = await DriverLock.take({ ...options, ...(onWait && { onWait }) });
  onTestFinished(() => lock.release());
  return lock;
}

function somebody(name: string): KubeObject {
  const spec = { holderIdentity: name, acquireTime: "2026-01-01T00:00:00Z" };
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "podrace" },
    spec,
  };
}

const holder = (): string | undefined =>
  (etcd.get(lockKey)?.["spec"] as { readonly holderIdentity: string } | undefined)?.holderIdentity;

describe("the lock of a cluster's driver", () => {
  test("says which process has it, and goes when that lets go of it", async () => {
    const lock = await take();
    expect(holder()).toMatch(new RegExp(`^process ${process.pid} on .`));
    await lock.release();

    expect(holder()).toBeUndefined();
    await take();
  });

  test("is refused while another process keeps it alive", async () => {
    await take();
    const refusal = await take().catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(DriverLockedError);
    expect(String(refusal)).toMatch(/process \d+ on \S+ drives its nodes since 20\d\d-/);
  });

  test("is waited for when its process is dead", async () => {
    etcd.put(lockKey, somebody("process 1 on elsewhere"), etcd.lease(4));
    const waited: string[] = [];
    await take((driver) => waited.push(driver));

    expect(waited).toEqual(["process 1 on elsewhere"]);
    expect(holder()).toMatch(`process ${process.pid}`);
  });

  test("is taken again by a process that was silent for too long", async () => {
    const lock = await take();
    etcd.endLeases();
    expect(holder()).toBeUndefined();

    await vi.waitFor(() => expect(holder()).toMatch(`process ${process.pid}`), 3_000);
    expect(lock.failure).toBeUndefined();
  });

  test("outlives a time in which nobody is reached", async () => {
    const lock = await take();
    etcd.shut();
    await sleep(1_000);
    expect(holder()).toBeUndefined();
    await etcd.openAgain();

    await vi.waitFor(() => expect(holder()).toMatch(`process ${process.pid}`), 5_000);
    expect(lock.failure).toBeUndefined();
  });

  test("is lost for good when somebody else had it meanwhile, even if that is gone again", async () => {
    const lock = await take();
    etcd.put(lastKey, somebody("process 1 on elsewhere"));
    etcd.endLeases();

    await vi.waitFor(
      () => expect(lock.failure?.message).toContain("process 1 on elsewhere"),
      3_000,
    );
    await sleep(200);
    expect(holder()).toBeUndefined();
  });
});
