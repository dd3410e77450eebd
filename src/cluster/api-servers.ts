import { defaultTolerationSeconds } from "../control-plane/apiserver/admission/default-toleration-seconds.ts";
import { namespaceLifecycle } from "../control-plane/apiserver/admission/namespace-lifecycle.ts";
import { priority } from "../control-plane/apiserver/admission/priority.ts";
import { serviceAccount } from "../control-plane/apiserver/admission/service-account.ts";
import { taintNodesByCondition } from "../control-plane/apiserver/admission/taint-nodes-by-condition.ts";
import { ApiServer } from "../control-plane/apiserver/api-server.ts";
import { kinds } from "../control-plane/apiserver/kinds/kinds.ts";
import type { SendFromStore } from "../control-plane/apiserver/store-feed.ts";
import type { StoredObject } from "../control-plane/apiserver/stored/stored-object.ts";
import type { Store } from "../control-plane/store/store.ts";
import type { Chance } from "../kernel/chance.ts";
import type { Environment } from "../kernel/environment.ts";
import { Link } from "../kernel/link.ts";
import type { ActorRef, Timeline } from "../kernel/timeline.ts";
import type { Trace } from "../kernel/trace.ts";
import { bootstrap } from "./bootstrap.ts";
import type { ResolvedOptions } from "./cluster-options.ts";
import type { EtcdOfCluster } from "./etcd-of-cluster.ts";

/** Where what the store says comes from. */
export const etcd: ActorRef = { id: 1, name: "etcd" };

const firstApiServerId = 2;
/** Those after the first: what comes before it in the total order stays where it is. */
const furtherApiServersId = 100;

/** How far a cache of several is behind the store, µs: what a watch of etcd takes within a datacenter. */
const lagUsMin = 1_000;
const lagUsMax = 5_000;

/** What API servers are made of. */
export interface ApiServerParts {
  readonly options: ResolvedOptions;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly chance: Chance;
  readonly store: Store<StoredObject>;
  readonly environment: Environment | undefined;
  /** Absent unless the store is one. */
  readonly etcd?: EtcdOfCluster | undefined;
  /** Whether the first of them compacts the store and forgets old events; otherwise somebody else does. */
  readonly keepsHouse: boolean;
}

/** The API servers of a cluster, `api-1` first, and what every cluster has from the start. */
export function createApiServers(
  parts: ApiServerParts,
): readonly [first: ApiServer, ...others: ApiServer[]] {
  const first = createApiServer(parts, 0);
  bootstrap(first);
  let hasCrashed = false;
  first.observe({
    crashed: () => {
      hasCrashed = true;
    },
    // What it was at when it crashed, and did not get done.
    serving: () => {
      if (hasCrashed) bootstrap(first);
    },
  });
  const servers: [ApiServer, ...ApiServer[]] = [first];
  while (servers.length < parts.options.apiServers) {
    servers.push(createApiServer(parts, servers.length));
  }
  return servers;
}

/** Whether the store's watch takes a way on which something can happen to it. */
export function hasLateCaches(options: ResolvedOptions): boolean {
  const { apiServers, apiServerLagsUs, simulatedEtcd } = options;
  return apiServers > 1 || (apiServerLagsUs[0] ?? 0) > 0 || simulatedEtcd !== undefined;
}

/**
 * The API servers as a client tries them: the one it chose, for as long as that answers, and the
 * others after it.
 *
 * @param life Which of the client's lives it is for, from 1: one that begins anew chooses anew.
 */
export function serversFor(
  servers: readonly ApiServer[],
  client: ActorRef,
  life: number,
  { chance, environment, timeline }: ApiServerParts,
  atUs = timeline.nowUs,
): readonly [ApiServer, ...ApiServer[]] {
  const count = servers.length;
  let index = 0;
  if (count > 1) {
    const site = `${client.name}/#${life}`;
    const by = { family: "apiServer", name: site, max: count - 1, actor: client.name };
    const skipped = environment?.decide({ ...by, atUs }) ?? 0;
    index = (chance.integer(`api-server/${site}`, 0, count - 1) + skipped) % count;
  }
  return [...servers.slice(index), ...servers.slice(0, index)] as [ApiServer, ...ApiServer[]];
}

function createApiServer(parts: ApiServerParts, index: number): ApiServer {
  const { timeline, trace, chance, store, etcd: simulated } = parts;
  const name = `api-${index + 1}`;
  const id = index === 0 ? firstApiServerId : furtherApiServersId + index;
  const actor = { id, name };
  return new ApiServer({
    actor,
    timeline,
    trace,
    chance,
    store: simulated ? () => simulated.storeOf(actor, lagUsOf(parts, index, actor)) : store,
    kinds,
    admission: [
      namespaceLifecycle,
      serviceAccount,
      priority,
      defaultTolerationSeconds,
      taintNodesByCondition,
    ],
    fromStore: simulated === undefined ? watchOf(parts, index, actor) : undefined,
    keepsHouse: index === 0 && parts.keepsHouse,
    canCrash: parts.environment !== undefined,
  });
}

/** The way of the store's watch to an API server; `undefined` when it takes no time and cannot fail. */
function watchOf(parts: ApiServerParts, index: number, actor: ActorRef): SendFromStore | undefined {
  const { options, timeline, environment } = parts;
  if (!hasLateCaches(options)) return undefined;
  const lagUs = lagUsOf(parts, index, actor);
  if (lagUs === 0 && environment === undefined) return undefined;
  const faults = environment?.network.between(etcd.name, actor.name);
  const link = new Link(timeline, etcd, actor, lagUs, faults);
  return (handle) => link.send(handle, "changes", true);
}

function lagUsOf({ options, chance }: ApiServerParts, index: number, actor: ActorRef): number {
  const { apiServers, apiServerLagsUs, simulatedEtcd } = options;
  const lagUs = apiServerLagsUs[index];
  if (lagUs !== undefined) return lagUs;
  if (apiServers === 1 && simulatedEtcd !== undefined) return simulatedEtcd.latencyUs;
  return chance.integer(`lag/${actor.name}`, lagUsMin, lagUsMax);
}
