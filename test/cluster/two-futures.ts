import { parseJournal } from "../../src/cluster/journal.ts";
import { type LiveCluster, startLiveCluster } from "../../src/cluster/live-cluster.ts";
import { restoreLiveCluster } from "../../src/cluster/restore.ts";
import type { Fact } from "../../src/kernel/trace.ts";
import { LiveClient } from "./live-client.ts";
import { MemoryJournal } from "./recorded-session.ts";

const pods = "/api/v1/namespaces/default/pods";

/** What came of a cluster, to be compared with what came of another. */
export interface Future {
  /** With its virtual time. */
  readonly end: object | undefined;
  readonly facts: readonly Fact[];
  /** What came in after the snapshot: when, and what for. */
  readonly inputs: readonly (readonly [atUs: number, method: string, url: string])[];
}

export interface TwoFutures {
  /** State of the pods at the moment of the snapshot, by name. */
  readonly moment: Readonly<Record<string, string>>;
  readonly original: Future;
  readonly restored: Future;
}

/**
 * Saves a cluster in which pods run, start, crash again and again, and are on their way out; then
 * does the same with it and with its restored copy.
 */
export async function twoFutures(threads: number, restoredThreads: number): Promise<TwoFutures> {
  const served = { plainHttp: true, speed: 0 };
  const journal = new MemoryJournal();
  const original = await startLiveCluster({ ...served, nodes: 3, threads, journal });
  const client = new LiveClient(original.address.server);
  await liveThePast(client);
  const bytes = await original.snapshot();
  const moment = Object.fromEntries(
    [...original.cluster.server.objects("", "pods")].map((pod) => [
      pod.metadata.name,
      stateOf(pod),
    ]),
  );
  const momentUs = original.cluster.nowUs;
  const copy = new MemoryJournal();
  const restored = await restoreLiveCluster(bytes, {
    ...served,
    threads: restoredThreads,
    journal: copy,
  });
  const other = new LiveClient(restored.address.server);
  return {
    moment,
    original: await futureOf(original, client, journal, momentUs),
    restored: await futureOf(restored, other, copy, momentUs),
  };
}

async function liveThePast(client: LiveClient): Promise<void> {
  const watch = await client.watch(`${pods}?watch=true`);
  await client.send("POST", pods, aPod("runs", "nginx"));
  await client.send("POST", pods, aPod("crashes", "busybox", ["sh", "-c", "sleep 1; exit 3"]));
  await client.send("POST", pods, aPod("leaves", "busybox", ["sleep", "1000"]));
  await client.send("POST", pods, aPod("is-nowhere", "registry.invalid/nothing"));
  await step(client, "45s");
  // That it was broken off comes in some time later, but long before the moment.
  watch.cut();
  await watch.ended;
  await client.json(pods);
  await client.send("DELETE", `${pods}/leaves?gracePeriodSeconds=20`);
  await step(client, "2s");
  await client.send("POST", pods, aPod("starts", "nginx"));
  await step(client, "900ms");
  await client.send("POST", pods, aPod("is-new", "nginx"));
}

async function futureOf(
  live: LiveCluster,
  client: LiveClient,
  journal: MemoryJournal,
  momentUs: number,
): Promise<Future> {
  await step(client, "3s");
  await client.send("POST", pods, aPod("late", "busybox", ["false"]));
  await client.send("DELETE", `${pods}/crashes`);
  await client.send("DELETE", `${pods}/is-new`);
  await step(client, "400ms");
  await client.send("POST", "/api/v1/namespaces", { metadata: { name: "team" } });
  await step(client, "30s");
  await client.send("POST", pods, aPod("crashes", "busybox", ["false"]));
  await step(client, "5m");
  client.close();
  await live.stop();
  const { end, inputs } = parseJournal(journal.text);
  return {
    end,
    facts: live.cluster.trace.facts(),
    inputs: inputs.flatMap((input) =>
      "request" in input && input.atUs > momentUs
        ? [[input.atUs, input.request.method, input.request.url] as const]
        : [],
    ),
  };
}

async function step(client: LiveClient, stretch: string): Promise<void> {
  await client.send("POST", `/podrace/v1/time/step?for=${stretch}`);
}

function aPod(name: string, image: string, command?: readonly string[]): object {
  return { metadata: { name }, spec: { containers: [{ name: "c", image, command }] } };
}

interface PodState {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly {
      readonly state?: { readonly waiting?: { readonly reason?: string } };
    }[];
  };
}

/** E.g. `Pending ContainerCreating`, or `Running leaving`. */
function stateOf(object: object): string {
  const { metadata, status = {} } = object as PodState;
  const state = status.containerStatuses?.[0]?.state;
  const parts = [
    status.phase,
    state?.waiting?.reason,
    metadata.deletionTimestamp !== undefined && "leaving",
  ];
  return parts.filter(Boolean).join(" ");
}
