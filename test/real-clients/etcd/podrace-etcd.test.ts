import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { KubeObject } from "../../../src/api/objects.ts";
import { podrace, privateHome, type RunningPodrace, startPodrace } from "../../cli/podrace.ts";
import { LiveClient } from "../../cluster/live-client.ts";
import { runKubectl } from "../kubectl.ts";
import { EtcdServer, etcdSkipReason, freePorts } from "./etcd-server.ts";
import { FollowedList } from "./followed-list.ts";
import { TcpProxy } from "./tcp-proxy.ts";

const seconds = 1_000;
const title = etcdSkipReason === undefined ? "" : ` (skipped: ${etcdSkipReason})`;

let etcd: EtcdServer;
let count = 0;
beforeEach(async () => {
  if (etcdSkipReason === undefined) etcd = await EtcdServer.start({ isDurable: true });
});
afterEach(async () => etcd?.close());

/** A podrace with this etcd, and kubectl for it. */
interface Up {
  readonly running: RunningPodrace;
  kubectl(...args: readonly string[]): Promise<string>;
  kill(): Promise<void>;
}

async function up(...args: readonly string[]): Promise<Up> {
  const kubeconfig = join(await privateHome(), `config-${++count}`);
  const etcdUrl = args.includes("--etcd") ? [] : ["--etcd", etcd.url];
  const port = args.includes("--port") ? [] : ["--port", "0"];
  const shape = ["--threads", "1", "--kubeconfig", kubeconfig, ...etcdUrl, ...port];
  const running = await startPodrace(["up", ...shape, ...args]);
  await running.printed(/Stop: Ctrl-C/);
  return {
    running,
    kubectl: async (...words) => {
      const { exitCode, stdout, stderr } = await runKubectl({
        version: "1.35",
        kubeconfig,
        args: words,
      });
      if (exitCode !== 0) throw new Error(stderr);
      return stdout;
    },
    kill: async () => {
      running.interrupt("SIGKILL");
      await running.ended;
    },
  };
}

/** Name, uid and resourceVersion of each object of a kind. */
async function versions({ kubectl }: Up, plural: string): Promise<readonly string[]> {
  const { items } = JSON.parse(await kubectl("get", plural, "-A", "-o", "json")) as {
    readonly items: readonly KubeObject[];
  };
  // What the certificate authority of now is put into is written again.
  const others = items.filter(({ metadata }) => metadata.name !== "kube-root-ca.crt");
  return others.map(({ metadata: { name, uid, resourceVersion } }) =>
    [name, uid, resourceVersion].join(" "),
  );
}

describe.skipIf(etcdSkipReason !== undefined)(`podrace up --etcd${title}`, () => {
  test(
    "keeps a cluster through SIGKILL, and its pods run again",
    async () => {
      const first = await up("--nodes", "2");
      await first.kubectl("run", "web", "--image", "nginx");
      await first.kubectl("create", "namespace", "team");
      await first.kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=20s");
      await first.kubectl("create", "configmap", "last", "--from-literal=a=b");
      const before = await Promise.all(
        ["configmaps", "namespaces", "services", "serviceaccounts"].map((kind) =>
          versions(first, kind),
        ),
      );
      await first.kill();

      const second = await up("--nodes", "2");
      const after = await Promise.all(
        ["configmaps", "namespaces", "services", "serviceaccounts"].map((kind) =>
          versions(second, kind),
        ),
      );
      expect(after).toEqual(before);
      const restarts = "jsonpath={.status.containerStatuses[0].restartCount}=1";
      await second.kubectl("wait", `--for=${restarts}`, "pod/web", "--timeout=20s");
      await second.kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=20s");
      await second.kubectl("delete", "pod", "web");
      second.running.interrupt();
      expect((await second.running.ended).exitCode).toBe(0);

      // Who ended in order left no lock behind.
      const third = await up("--nodes", "2");
      expect(await third.kubectl("get", "pods", "-o", "name")).toBe("");
      await third.kill();
    },
    60 * seconds,
  );

  test(
    "is driven by one process and served by others, each as good as the first",
    async () => {
      const driver = await up("--nodes", "2");
      const other = await up("--serve-only");
      expect(await other.running.printed(/serves the .*/)).toContain(
        `serves the 2 nodes that another podrace drives in etcd at ${etcd.url}`,
      );
      const refused = podrace(["up", "--etcd", etcd.url, "--port", "0"]);

      await other.kubectl("create", "namespace", "team");
      await driver.kubectl("-n", "team", "create", "configmap", "settings", "--from-literal=a=b");
      expect(await other.kubectl("-n", "team", "get", "configmap", "settings", "-o", "name")).toBe(
        "configmap/settings\n",
      );
      await other.kubectl("run", "web", "--image", "nginx");
      await other.kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=20s");
      expect(await driver.kubectl("get", "pod", "web", "-o", "jsonpath={.status.phase}")).toBe(
        "Running",
      );

      const services = await Promise.allSettled(
        [driver, other, driver, other].map(({ kubectl }, index) =>
          kubectl(
            "create",
            "service",
            "clusterip",
            `s${index}`,
            "--clusterip=10.96.0.77",
            "--tcp=80",
          ),
        ),
      );
      const failures = services.flatMap((each) =>
        each.status === "rejected" ? [each.reason] : [],
      );
      expect(failures).toHaveLength(3);
      expect(String(failures[0])).toContain("provided IP is already allocated");

      const { exitCode, stderr } = await refused;
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(
        /error: --etcd: etcd at \S+: process \d+ on \S+ drives its nodes since \S+\n.*--serve-only/,
      );
      await driver.kill();
      await other.kubectl("get", "pods");
      await other.kill();
    },
    60 * seconds,
  );

  test(
    "loses nothing it acknowledged, whoever of podrace and etcd dies or is cut off",
    async () => {
      const proxy = await TcpProxy.to(etcd.port);
      const ports = await freePorts(2);
      const begin = [
        (): Promise<Up> =>
          up("--http", "--etcd", proxy.url, "--port", `${ports[0]}`, "--nodes", "2"),
        (): Promise<Up> =>
          up("--http", "--etcd", proxy.url, "--port", `${ports[1]}`, "--serve-only"),
      ] as const;
      let [driver, other] = [await begin[0](), await begin[1]()];
      const bases = ports.map((port) => `http://127.0.0.1:${port}`);
      const clients = bases.map((base) => new LiveClient(base));
      const path = "/api/v1/namespaces/default/configmaps";
      const { metadata } = await (clients[0] as LiveClient).json<KubeObject>(path);
      const watches = bases.map(
        (base) => new FollowedList(base + path, metadata.resourceVersion as string),
      );
      const acknowledged = new Map<string, number>();
      let isOver = false;
      const writers = Array.from({ length: 8 }, async (_none, writer) => {
        for (let number = 0; !isOver; number++) {
          const name = `c-${writer}-${number}`;
          const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name } };
          try {
            const client = clients[(writer + number) % 2] as LiveClient;
            const { code, text } = await client.send("POST", path, body);
            if (code === 201) {
              const stored = JSON.parse(text) as KubeObject;
              acknowledged.set(name, Number(stored.metadata.resourceVersion));
            } else if (code !== 409) {
              expect([429, 500, 504]).toContain(code);
            }
          } catch (error) {
            expect(["ECONNREFUSED", "ECONNRESET"]).toContain((error as NodeJS.ErrnoException).code);
          }
          await sleep(10);
        }
      });

      await sleep(300);
      proxy.cut();
      await sleep(300);
      await etcd.kill();
      await sleep(300);
      await etcd.start();
      await sleep(500);
      await other.kill();
      other = await begin[1]();
      proxy.cut(true);
      await sleep(500);
      proxy.heal();
      await sleep(500);
      await driver.kill();
      driver = await begin[0]();
      await etcd.kill();
      await etcd.start();
      await sleep(500);
      isOver = true;
      await Promise.all(writers);

      const { items } = await (clients[1] as LiveClient).json<{ items: readonly KubeObject[] }>(
        path,
      );
      const kept = new Map(
        items.map(({ metadata: { name, resourceVersion } }) => [name, Number(resourceVersion)]),
      );
      expect(acknowledged.size).toBeGreaterThan(100);
      expect([...acknowledged].filter(([name, revision]) => kept.get(name) !== revision)).toEqual(
        [],
      );
      const created = [...kept].filter(([name]) => name !== "kube-root-ca.crt");
      const inOrder = created.toSorted(([, left], [, right]) => left - right);
      for (const watch of watches) {
        const seen = (): readonly string[] =>
          watch.events.filter((event) => !event.includes("kube-root-ca.crt"));
        await vi.waitFor(() => expect(seen()).toHaveLength(created.length), 10 * seconds);
        expect(seen()).toEqual(inOrder.map(([name]) => `ADDED ${name}`));
        // Each of the two was killed once; etcd's troubles are none of a client's.
        expect(watch.lists).toBe(1);
        await watch.end();
      }

      const pods = "/api/v1/namespaces/default/pods";
      const pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "web" },
        spec: { containers: [{ name: "web", image: "nginx" }] },
      };
      expect((await (clients[1] as LiveClient).send("POST", pods, pod)).code).toBe(201);
      await vi.waitFor(async () => {
        const { status } = await (clients[0] as LiveClient).json<{ status: object }>(`${pods}/web`);
        expect(status).toMatchObject({ phase: "Running" });
      }, 20 * seconds);
      for (const client of clients) client.close();
      await driver.kill();
      await other.kill();
      await proxy.close();
    },
    60 * seconds,
  );
});
