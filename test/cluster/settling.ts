import { afterAll, beforeAll, expect, test } from "vitest";
import type { KubeObject, Lease } from "../../src/api/objects.ts";
import { aPod, DrivenCluster, second } from "./driven-cluster.ts";

/** When a cluster of three nodes is settled: the same wherever its kubelets run. */
export function testSettling(threads: number): void {
  let driven: DrivenCluster;
  beforeAll(async () => {
    driven = await DrivenCluster.start({ nodes: 3, threads });
    await settle();
  });
  afterAll(async () => {
    await driven.cluster.close();
  });

  const isSettled = (): boolean => driven.cluster.simulation.isSettled;
  const settle = (): Promise<void> => driven.until(isSettled, 120 * second);
  const run = async (pod: KubeObject): Promise<void> => {
    driven.create(pod);
    expect(isSettled()).toBe(false);
    await driven.run(1);
  };

  test("it is, although leases are renewed and nodes say how they are, for ten minutes", async () => {
    const renewals = (): readonly unknown[] =>
      [...driven.cluster.server.objects("coordination.k8s.io", "leases")].map(
        (lease) => (lease as unknown as Lease).spec?.renewTime,
      );
    const revisions: number[] = [];
    for (let minute = 0; minute < 10; minute++) {
      const before = renewals();
      // Wherever a heartbeat is on its way: a prime number of ms visits every stage of one.
      for (let look = 0; look < 151; look++) {
        await driven.run(397_000);
        expect(isSettled()).toBe(true);
      }
      for (const [index, renewedAt] of renewals().entries()) {
        expect(renewedAt).not.toBe(before[index]);
      }
      revisions.push(driven.cluster.server.revision);
    }

    expect(new Set(revisions).size).toBe(revisions.length);
  });

  test("it is not from the request for a pod until the pod runs, and then it is", async () => {
    await run(aPod("starting"));
    while (driven.phase("starting") !== "Running") {
      expect(isSettled()).toBe(false);
      await driven.run(10_000);
    }
    await settle();
    expect(driven.pod("starting")?.status?.containerStatuses?.[0]?.ready).toBe(true);
    const settledUs = driven.cluster.nowUs;
    await driven.run(30 * second);

    expect(isSettled()).toBe(true);
    const later = driven.facts("starting").filter(({ atUs }) => atUs > settledUs);
    expect(later).toEqual([]);
  });

  test("it is not while a pod is stopped, and then it is", async () => {
    await run(aPod("stopping"));
    await settle();
    driven.remove("stopping");
    await driven.run(1);
    while (driven.pod("stopping") !== undefined) {
      expect(isSettled()).toBe(false);
      await driven.run(10_000);
    }
    await settle();

    expect(driven.pod("stopping")).toBeUndefined();
  });

  test("it is not while a container runs that will end by itself", async () => {
    await run({
      ...aPod("ending"),
      spec: {
        restartPolicy: "Never",
        containers: [{ name: "c", image: "busybox", command: ["sleep", "30"] }],
      },
    });
    await driven.until(() => driven.phase("ending") === "Running");
    expect(isSettled()).toBe(false);
    await settle();

    expect(driven.phase("ending")).toBe("Succeeded");
  });

  test("it is, with a pod that fits on no node", async () => {
    const resources = { requests: { cpu: "1k" } };
    await run({
      ...aPod("huge"),
      spec: { containers: [{ name: "c", image: "nginx", resources }] },
    });
    await settle();
    for (let look = 0; look < 100; look++) {
      await driven.run(4_321_000);
      expect(isSettled()).toBe(true);
    }

    expect(driven.phase("huge")).toBe("Pending");
    expect(driven.pod("huge")?.spec.nodeName).toBeUndefined();
  });
}
