import { createApiServers } from "../../src/cluster/api-servers.ts";
import type { ClusterOptions } from "../../src/cluster/cluster-options.ts";
import { resolveOptions } from "../../src/cluster/cluster-options.ts";
import { startComponents } from "../../src/cluster/components.ts";
import type { ExploreOptions } from "../../src/cluster/fault-options.ts";
import { environmentOf } from "../../src/cluster/fault-options.ts";
import { kinds } from "../../src/control-plane/apiserver/kinds/kinds.ts";
import { storedCodecOf } from "../../src/control-plane/apiserver/stored/stored-codec.ts";
import {
  stampRevision,
  type StoredObject,
} from "../../src/control-plane/apiserver/stored/stored-object.ts";
import type { ApiClient } from "../../src/control-plane/client/api-client.ts";
import { ConnectionLostError } from "../../src/control-plane/client/connection.ts";
import { Informer } from "../../src/control-plane/client/informer.ts";
import { MemoryStore } from "../../src/control-plane/store/memory-store.ts";
import type { Chance } from "../../src/kernel/chance.ts";
import type { DecisionMap } from "../../src/kernel/decisions.ts";
import { Environment } from "../../src/kernel/environment.ts";
import { Timeline } from "../../src/kernel/timeline.ts";
import { Trace } from "../../src/kernel/trace.ts";
import { aPod, DrivenCluster, type Outcome, second } from "./driven-cluster.ts";

/** API servers that go down all the time, for two and a half minutes, and clients that choose among them. */
export const crashingServers: ExploreOptions = {
  untilUs: 150 * second,
  crash: { perMillion: 250_000, maxUs: 12 * second },
  delay: { perMillion: 50_000, maxUs: second },
  loss: { perMillion: 2_000 },
  apiServer: { perMillion: 300_000 },
};

export interface StoryOfCrashes {
  readonly outcome: Outcome;
  readonly decisions: DecisionMap;
  readonly phases: readonly (string | undefined)[];
  /** What each API server has in the end, as JSON. */
  readonly contents: readonly string[];
  /** How often one of them went down. */
  readonly crashes: number;
}

const podNames = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** Pods come while three API servers crash by chance; then there is time to recover. */
export async function storyOfCrashes(options: ClusterOptions): Promise<StoryOfCrashes> {
  await using driven = await DrivenCluster.started({ nodes: 4, apiServers: 3, ...options });
  for (const [index, name] of podNames.entries()) {
    driven.create(aPod(name), (20 + index * 12) * second);
    // Whoever was not served asks again.
    driven.create(aPod(name), 170 * second);
  }
  await driven.run(400 * second);
  const { cluster } = driven;
  return {
    outcome: await driven.outcome(),
    decisions: await cluster.decisions(),
    phases: podNames.map((name) => driven.phase(name)),
    contents: cluster.servers.map((server) =>
      JSON.stringify(
        server.resources.all.map(({ group, plural }) =>
          [...server.objects(group, plural)].map(({ metadata }) => metadata).toSorted(byUid),
        ),
      ),
    ),
    crashes: cluster.servers
      .flatMap(({ actor }) => cluster.facts(`actors/${actor.name}`))
      .filter(({ kind }) => kind === "actorCrashed").length,
  };
}

interface Named {
  readonly uid?: string;
}

function byUid({ uid: left = "" }: Named, { uid: right = "" }: Named): number {
  return left < right ? -1 : 1;
}

const configMaps = { group: "", version: "v1", plural: "configmaps" };

export interface InformersInTheEnd {
  /** Of each informer, `name@revision`, sorted. */
  readonly informers: readonly (readonly string[])[];
  /** What it should be. */
  readonly store: readonly string[];
  /** Writes that were answered. */
  readonly written: number;
  /** Requests that found no server. */
  readonly failed: number;
}

/** Two clients write, six read, while three API servers crash by chance; then there is time to recover. */
export function informersUnderCrashes(seed: number): InformersInTheEnd {
  const options = resolveOptions({ seed, threads: 0, apiServers: 3, explore: crashingServers });
  const { startUs } = options;
  const timeline = new Timeline(startUs);
  const trace = new Trace(0);
  const config = environmentOf(options, seed, startUs);
  if (config === undefined) throw new Error("something is explored");
  const environment = new Environment(config, seed, timeline);
  const { chance } = environment;
  const store = new MemoryStore<StoredObject>(stampRevision, { codec: storedCodecOf(kinds) });
  const parts = { options, timeline, trace, chance, store, environment, keepsHouse: true };
  const servers = createApiServers(parts);
  const counts = { written: 0, failed: 0 };
  const informers = new Map<string, Informer>();
  const readers = [0, 1, 2, 3, 4, 5].map((index) => ({
    actor: { id: 30 + index, name: `reader-${index}` },
    username: "system:kube-controller-manager",
    start(client: ApiClient) {
      const informer = new Informer(client, configMaps);
      informers.set(client.actor.name, informer);
      informer.start();
    },
  }));
  const writers = [0, 1].map((index) => ({
    actor: { id: 40 + index, name: `writer-${index}` },
    username: "system:kube-controller-manager",
    start: (client: ApiClient) => writeAllTheTime(client, chance, startUs + 160 * second, counts),
  }));
  startComponents([...readers, ...writers], servers, parts);
  timeline.runBefore(startUs + 260 * second);
  const stored: string[] = [];
  store.range(
    { key: "/registry/configmaps/", rangeEnd: "/registry/configmaps0" },
    (_error, all) => {
      for (const { value } of all.items) stored.push(versionOf(value));
    },
  );
  return {
    informers: [...informers.values()].map((informer) =>
      [...informer.objects()]
        .map(({ metadata }) => `${metadata.namespace}/${metadata.name}@${metadata.resourceVersion}`)
        .toSorted(),
    ),
    store: stored.toSorted(),
    ...counts,
  };
}

function writeAllTheTime(
  client: ApiClient,
  chance: Chance,
  untilUs: number,
  counts: { written: number; failed: number },
): void {
  const { timeline, actor } = client;
  const { nowUs } = timeline;
  if (nowUs > untilUs) return;
  const name = `c-${chance.integer(`name/${actor.name}/${nowUs}`, 0, 19)}`;
  const done = (error: Error | undefined): void => {
    if (error instanceof ConnectionLostError) counts.failed++;
    else counts.written++;
  };
  const path = { ...configMaps, namespace: "default", name };
  const deed = chance.integer(`deed/${actor.name}/${nowUs}`, 0, 3);
  if (deed === 0) client.remove(path, {}, done);
  else if (deed === 1)
    client.patch(path, "", (old) => ({ ...old, data: { at: `${nowUs}` } }), done);
  else
    client.create(
      configMaps,
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" } },
      done,
    );
  timeline.setTimer(actor, 300_000, () => writeAllTheTime(client, chance, untilUs, counts));
}

function versionOf({ key, revision }: StoredObject): string {
  return `${key}@${revision}`;
}
